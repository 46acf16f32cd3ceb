import os
import resource
import subprocess
import sys

import pytest

from biasinit.errors import FolderError, StudyLockedError
from biasinit.execution.takeover.lock import HANDED_ON, hold_lock, hold_lock_in_workflow
from repository import REPOSITORY

HOLDER = """
import sys, time
from pathlib import Path
from biasinit.execution.takeover.lock import hold_lock
hold_lock(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


def start_holder(folder):
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY / "workflow" / "scripts")}
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)], stdout=subprocess.PIPE, env=environment
    )
    assert holder.stdout.readline() == b"held\n"
    return holder


def test_a_second_workflow_is_refused_and_told_who_holds_the_lock(tmp_path):
    with start_holder(tmp_path) as holder:
        try:
            with pytest.raises(StudyLockedError, match=rf"process {holder.pid}\)"):
                hold_lock(tmp_path)
        finally:
            holder.kill()


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "results").write_text("a file where a folder must be")
    with pytest.raises(FolderError, match=r"workflow\.lock cannot be written .*Make room"):
        hold_lock(tmp_path)


def test_a_full_disk_is_named_and_the_lock_let_go(tmp_path):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))  # as a full disk: writing fails
    try:
        with pytest.raises(FolderError, match=r"workflow\.lock cannot be written .*Make room"):
            hold_lock(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    os.close(hold_lock(tmp_path))


def test_the_lock_is_free_once_its_holder_was_killed(tmp_path):
    with start_holder(tmp_path) as holder:
        holder.kill()
        holder.wait()
        os.close(hold_lock(tmp_path))


def test_a_lock_that_was_handed_on_is_not_asked_for_again(tmp_path, monkeypatch):
    descriptor = hold_lock(tmp_path)
    with pytest.raises(StudyLockedError):
        hold_lock_in_workflow(tmp_path)
    monkeypatch.setenv(HANDED_ON, str(descriptor))
    hold_lock_in_workflow(tmp_path)
    os.close(descriptor)


def test_a_file_system_without_locks_is_named(tmp_path, monkeypatch):
    def refuse(*arguments):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr("fcntl.flock", refuse)
    with pytest.raises(StudyLockedError, match="cannot lock files"):
        hold_lock(tmp_path)
