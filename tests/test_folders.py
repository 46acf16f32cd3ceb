"""What lies below a folder, and the version that changes with it."""

import os
import shutil

import pytest

from biasinit.folders import Entry, all_below, is_hidden, version_of_folder


@pytest.fixture
def folder(tmp_path):
    for name in ("b/2", "b/10", "a/x/1"):
        (tmp_path / "mine" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "mine" / name).write_text(name)
    return tmp_path / "mine"


def test_everything_is_there_once_sorted_by_names(folder):
    found = ["/".join(below.parts) for below in all_below(folder)]
    assert found == ["a", "a/x", "a/x/1", "b", "b/10", "b/2"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [(".DS_Store", True), ("__MACOSX", True), ("Thumbs.db", True), ("desktop.ini", True),
     ("thumbs.dbx", False), ("a.png", False)],
)  # fmt: skip
def test_what_systems_leave_behind_is_hidden(name, expected):
    assert is_hidden(name) is expected


@pytest.mark.parametrize("change", ["a new file", "one less", "a renamed one", "another size",
                                    "another time", "a new folder"])  # fmt: skip
def test_every_change_of_a_file_changes_the_version(change, folder):
    before = version_of_folder(folder)
    file = folder / "b" / "2"
    if change == "a new file":
        (folder / "a" / "3").write_text("")
    elif change == "one less":
        file.unlink()
    elif change == "a renamed one":
        file.rename(folder / "b" / "3")
    elif change == "another size":
        times = file.stat()
        file.write_text("longer than before")
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    elif change == "another time":
        os.utime(file, (1, 1))
    else:
        (folder / "c").mkdir()
    assert version_of_folder(folder) != before


def test_a_copy_that_keeps_times_and_what_is_hidden_change_nothing(folder, tmp_path):
    before = version_of_folder(folder)
    shutil.copytree(folder, tmp_path / "copy")
    (tmp_path / "copy" / "b" / ".DS_Store").write_text("x")
    (tmp_path / "copy" / ".git").mkdir()
    (tmp_path / "copy" / ".git" / "x").write_text("x")
    os.utime(tmp_path / "copy")
    assert version_of_folder(tmp_path / "copy") == before


def test_links_are_followed_and_change_with_what_they_lead_to(folder, tmp_path):
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "a").symlink_to(folder)
    before = version_of_folder(tmp_path / "linked")
    (folder / "b" / "3").write_text("")
    assert version_of_folder(tmp_path / "linked") != before


def test_a_link_back_is_told_and_not_followed(folder):
    (folder / "b" / "back").symlink_to(folder)
    entries = {"/".join(below.parts): below.entry for below in all_below(folder)}
    assert entries["b/back"] is Entry.LOOP
    assert len(entries) == 7


def test_a_folder_that_is_not_there_has_a_version_of_its_own(folder):
    """So that the job says what is wrong, and no plan of the workflow fails for it."""
    before = version_of_folder(folder)
    shutil.rmtree(folder)
    assert version_of_folder(folder) not in ("", before)
