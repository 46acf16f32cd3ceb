import json
import resource
from contextlib import contextmanager

import pytest

from biasinit.errors import FolderError
from biasinit.execution.progress.notes import Note, ProgressNote, note_path, read_note


def test_a_note_is_read_back_with_the_time_that_all_takes(tmp_path, monkeypatch):
    path = note_path(tmp_path, "none/a/0")
    now = 1000.0
    monkeypatch.setattr("time.time", lambda: now)
    note = ProgressNote(path)
    assert read_note(path) == Note(0.0, 1000.0)
    note(0.4)  # it went on from a checkpoint, so that 0.4 took no time
    assert read_note(path) == Note(0.4, 1000.0)
    now = 1030.0
    note(0.5)
    assert read_note(path).seconds == pytest.approx(300)


@pytest.mark.parametrize("content", [None, '{"share": 0.', "[]", '{"share": 0.5}'])
def test_a_half_written_note_counts_as_nothing(content, tmp_path):
    path = tmp_path / "note.json"
    if content is not None:
        path.write_text(content)
    assert read_note(path) == Note()


def test_a_disk_that_fills_up_ends_no_training_and_keeps_the_note_before(tmp_path):
    path = note_path(tmp_path, "sgd/0.02/a/0")
    note = ProgressNote(path)
    note(0.25)
    with full_disk():
        note(0.5)
    assert json.loads(path.read_text())["share"] == 0.25
    assert list(path.parent.iterdir()) == [path]
    note(0.75)
    assert json.loads(path.read_text())["share"] == 0.75


def test_a_folder_that_refuses_the_first_note_is_named_before_training(tmp_path):
    with full_disk(), pytest.raises(FolderError, match=r"sgd/0\.02/a/0\.json"):
        ProgressNote(note_path(tmp_path, "sgd/0.02/a/0"))


@contextmanager
def full_disk():
    """Let every write fail, as on a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
