"""Files are written whole or not at all."""

import os
import signal
import subprocess
import sys

import pandas as pd
import pytest

from biasinit.errors import FolderError
from biasinit.files import date_back, lasting_file, remove_with_unfinished, whole_file
from biasinit.tables import write_table
from repository import REPOSITORY


@pytest.mark.parametrize("writer", [whole_file, lasting_file])
def test_a_file_appears_with_all_of_its_content(writer, tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    with writer(path) as unfinished:
        unfinished.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("writer", [whole_file, lasting_file])
def test_a_write_that_fails_leaves_the_file_as_it_was(writer, tmp_path):
    path = tmp_path / "file"
    path.write_text("old")

    def write_half():
        with writer(path) as unfinished:
            unfinished.write_text("half")
            raise OSError(28, "No space left on device")

    with pytest.raises(FolderError, match=r"/file cannot be written \(No space left.*Make room"):
        write_half()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_where_nothing_can_be_written_the_file_is_named_and_not_what_is_to_become_it(tmp_path):
    (tmp_path / "folder").touch()
    with (
        pytest.raises(
            FolderError, match=r"folder/file cannot be written \(Not a directory\)"
        ) as error,
        whole_file(tmp_path / "folder" / "file") as unfinished,
    ):
        unfinished.write_text("new")
    assert "unfinished" not in str(error.value)


def test_machines_with_equal_process_numbers_write_to_names_of_their_own(tmp_path, monkeypatch):
    names = []
    for host in ("n1", "n2"):
        monkeypatch.setattr("socket.gethostname", lambda host=host: host)
        with whole_file(tmp_path / "file") as unfinished:
            unfinished.touch()
            names.append(unfinished.name)
    assert len(set(names)) == 2


def test_what_a_killed_writer_left_is_removed_with_the_file(tmp_path):
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom biasinit.files import whole_file\n"
        "with whole_file(Path(sys.argv[1])) as unfinished:\n"
        "    unfinished.write_text('half')\n    os.kill(os.getpid(), 9)\n"
    )
    path = tmp_path / "file"
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        env=os.environ | {"PYTHONPATH": str(REPOSITORY / "workflow" / "scripts")},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert not path.exists()
    assert len(list(tmp_path.iterdir())) == 1
    path.write_text("whole")
    remove_with_unfinished(path)
    assert list(tmp_path.iterdir()) == []


def test_two_writers_of_one_table_leave_the_bytes_of_either(tmp_path, monkeypatch):
    """The table of a shard, written by the job that was given up and by the one that took over."""
    frame = pd.DataFrame({"seed": range(1000), "accuracy": [0.1 * seed for seed in range(1000)]})
    path, alone = tmp_path / "table.parquet", tmp_path / "alone.parquet"
    write_table(frame, alone)
    write = pd.DataFrame.to_parquet

    def interrupted(self, place, **options):
        monkeypatch.setattr(pd.DataFrame, "to_parquet", write)
        monkeypatch.setattr("socket.gethostname", lambda: "n2")
        write_table(frame, path)  # another machine writes the table meanwhile
        assert path.read_bytes() == alone.read_bytes()
        write(self, place, **options)

    monkeypatch.setattr(pd.DataFrame, "to_parquet", interrupted)
    write_table(frame, path)
    assert path.read_bytes() == alone.read_bytes()
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["alone.parquet", "table.parquet"]


def test_files_from_the_future_are_dated_now_and_others_stay(tmp_path, monkeypatch):
    now = (tmp_path / "now").write_text("") or (tmp_path / "now").stat().st_mtime
    dates = {"before": 1000.0, "ahead": now + 60, "folder/far ahead": now + 9e5}
    (tmp_path / "folder").mkdir()
    for name, date in dates.items():
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (date, date))
    (tmp_path / "to nothing").symlink_to(tmp_path / "missing")
    # the clock of files is another than that of the machine
    monkeypatch.setattr("time.time", lambda: now + 1e6)
    assert date_back(tmp_path) == 2
    assert (tmp_path / "before").stat().st_mtime == 1000.0
    assert (tmp_path / "now").stat().st_mtime == now
    for name in ("ahead", "folder/far ahead"):
        assert now <= (tmp_path / name).stat().st_mtime <= now + 30
    assert date_back(tmp_path) == 0
    assert date_back(tmp_path / "missing") == 0
