"""Who starts a job last has it; who lost it ends, and touches nothing."""

import os
import subprocess
import sys

import pytest

from biasinit.errors import SupersededError
from biasinit.execution.takeover.lease import (
    EXIT_STATUS,
    WORKFLOW_LEASE,
    Lease,
    leased_job,
    refuse_if_superseded,
    take_folder,
)
from repository import REPOSITORY

JOB = """
import sys, time
from pathlib import Path
from biasinit.execution.takeover.lease import leased_job
with leased_job(Path("logs") / "0.lease"):
    print("started", flush=True)
    sys.stdin.readline()
Path("written").touch()
"""


@pytest.fixture(autouse=True)
def no_workflow(monkeypatch):
    """No lease of a folder, and none is left behind for the tests that come later."""
    monkeypatch.setenv(WORKFLOW_LEASE, "")
    monkeypatch.delenv(WORKFLOW_LEASE)


@pytest.fixture
def job(tmp_path):
    running = []

    def start(**environment):
        library = str(REPOSITORY / "workflow" / "scripts")
        process = subprocess.Popen(
            [sys.executable, "-c", JOB],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": library} | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        assert process.stdout.readline() == "started\n"
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


def test_a_job_ends_when_another_process_starts_the_same_one(job, tmp_path):
    first = job()
    second = job()
    assert first.wait(timeout=20) == EXIT_STATUS
    assert not (tmp_path / "written").exists()
    assert second.poll() is None
    second.communicate("go on\n", timeout=20)
    assert second.returncode == 0
    assert (tmp_path / "written").exists()


def test_a_job_ends_when_another_workflow_takes_the_folder(job, tmp_path):
    take_folder(tmp_path)
    of_this_workflow = job()
    take_folder(tmp_path)  # and another is started
    assert of_this_workflow.wait(timeout=20) == EXIT_STATUS


def test_a_job_that_waited_in_the_queue_is_refused_when_its_workflow_was_succeeded(
    tmp_path, monkeypatch
):
    refuse_if_superseded(tmp_path)  # no job: the workflow itself
    take_folder(tmp_path)
    refuse_if_superseded(tmp_path)
    mine = os.environ[WORKFLOW_LEASE]
    take_folder(tmp_path)
    monkeypatch.setenv(WORKFLOW_LEASE, mine)
    with pytest.raises(SupersededError, match="another one has been started in this folder since"):
        refuse_if_superseded(tmp_path)


def test_a_lease_holds_until_the_next_and_who_gives_it_back_late_leaves_the_newer_alone(tmp_path):
    path = tmp_path / "lease"
    older = Lease.taken(path)
    assert older.holds()
    newer = Lease.taken(path)
    assert not older.holds()
    older.give_back()
    assert newer.holds()
    newer.give_back()
    assert not path.exists()
    assert not newer.holds()


def test_a_file_system_that_stutters_ends_no_job(tmp_path, monkeypatch):
    lease = Lease.taken(tmp_path / "lease")

    def stale(*arguments, **options):
        raise OSError(116, "Stale file handle")

    monkeypatch.setattr("pathlib.Path.read_text", stale)
    assert lease.holds()


def test_a_job_that_lost_its_lease_since_the_last_look_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("biasinit.execution.takeover.lease.POLL_SECONDS", 60)
    with leased_job(tmp_path / "lease") as confirm:
        confirm()
        Lease.taken(tmp_path / "lease")
        with pytest.raises(SupersededError, match="Another process has taken over this job"):
            confirm()


def test_nothing_is_left_when_a_job_fails(tmp_path):
    with pytest.raises(ZeroDivisionError), leased_job(tmp_path / "lease"):
        _ = 1 / 0
    assert list(tmp_path.iterdir()) == []
