"""Who starts a job last has it; who lost it ends, and touches nothing."""

import os
import subprocess
import sys

import pytest

from biasinit.errors import SupersededError
from biasinit.execution.takeover.lease import (
    EXIT_STATUS,
    WORKFLOW_CLAIM,
    Claim,
    claim_folder,
    claimed_job,
    refuse_if_superseded,
)
from repository import REPOSITORY

JOB = """
import sys, time
from pathlib import Path
from biasinit.execution.takeover.lease import claimed_job
with claimed_job(Path("logs") / "0.claim"):
    print("started", flush=True)
    sys.stdin.readline()
Path("written").touch()
"""


@pytest.fixture(autouse=True)
def no_workflow(monkeypatch):
    """No claim to a folder, and none is left behind for the tests that come later."""
    monkeypatch.setenv(WORKFLOW_CLAIM, "")
    monkeypatch.delenv(WORKFLOW_CLAIM)


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


def test_a_job_ends_when_another_workflow_claims_the_folder(job, tmp_path):
    claim_folder(tmp_path)
    of_this_workflow = job()
    claim_folder(tmp_path)  # and another is started
    assert of_this_workflow.wait(timeout=20) == EXIT_STATUS


def test_a_job_that_waited_in_the_queue_is_refused_when_its_workflow_was_succeeded(
    tmp_path, monkeypatch
):
    refuse_if_superseded(tmp_path)  # no job: the workflow itself
    claim_folder(tmp_path)
    refuse_if_superseded(tmp_path)
    mine = os.environ[WORKFLOW_CLAIM]
    claim_folder(tmp_path)
    monkeypatch.setenv(WORKFLOW_CLAIM, mine)
    with pytest.raises(SupersededError, match="another one has been started in this folder since"):
        refuse_if_superseded(tmp_path)


def test_a_claim_holds_until_the_next_and_a_late_withdrawal_leaves_the_newer_alone(tmp_path):
    path = tmp_path / "claim"
    older = Claim.staked(path)
    assert older.holds()
    newer = Claim.staked(path)
    assert not older.holds()
    older.withdraw()
    assert newer.holds()
    newer.withdraw()
    assert not path.exists()
    assert not newer.holds()


def test_a_file_system_that_stutters_ends_no_job(tmp_path, monkeypatch):
    claim = Claim.staked(tmp_path / "claim")

    def stale(*arguments, **options):
        raise OSError(116, "Stale file handle")

    monkeypatch.setattr("pathlib.Path.read_text", stale)
    assert claim.holds()


def test_a_job_that_lost_its_claim_since_the_last_look_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("biasinit.execution.takeover.lease.POLL_SECONDS", 60)
    with claimed_job(tmp_path / "claim") as confirm:
        confirm()
        Claim.staked(tmp_path / "claim")
        with pytest.raises(SupersededError, match="Another process has taken over this job"):
            confirm()


def test_nothing_is_left_when_a_job_fails(tmp_path):
    with pytest.raises(ZeroDivisionError), claimed_job(tmp_path / "claim"):
        _ = 1 / 0
    assert list(tmp_path.iterdir()) == []
