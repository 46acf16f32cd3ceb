import pytest

from biasinit.errors import FolderError
from biasinit.execution.progress.size import (
    ANNOUNCEMENT,
    StudySize,
    announce,
    announce_in,
    read_announcement,
)

SIZE = StudySize(study="s", folder="results/s", runs=40, shards=("a", "b"), runs_per_shard=20)


def test_the_size_of_a_study_is_announced_where_it_is_asked_for(tmp_path, monkeypatch):
    announce(SIZE)  # nobody asked
    place = tmp_path / "announcement.json"
    assert read_announcement(place) is None
    monkeypatch.setenv(ANNOUNCEMENT, str(place))
    announce(SIZE)
    assert read_announcement(place) == SIZE
    announce_in(tmp_path, SIZE)
    assert read_announcement(tmp_path / "progress" / "size.json") == SIZE


def test_a_job_on_a_machine_without_the_folder_announces_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv(ANNOUNCEMENT, str(tmp_path / "of another machine" / "announcement.json"))
    announce(SIZE)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "progress").touch()
    with pytest.raises(FolderError, match=r"progress/size\.json cannot be written"):
        announce_in(tmp_path, SIZE)
