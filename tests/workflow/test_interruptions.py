"""Whatever dies, no finished run is lost or changed: the same command goes on."""

import contextlib
import os
import re
import signal
import time

import psutil
import pytest

from biasinit.execution.takeover.lease import WORKFLOW_FILE, WORKFLOW_LEASE
from biasinit.files import UNFINISHED
from faults import LOCAL, TABLES, Strike, finished_shards, named, running_shards
from struck import (
    GOES_ON,
    PATIENCE_SECONDS,
    REFUSED,
    TO_THE_TABLES,
    fill,
    finish,
    kill_all,
    small_disk,
    start,
    wait_for_silence,
)
from workspace import Workspace

pytestmark = pytest.mark.slow


def wait_for_half(workspace: Workspace) -> None:
    """Wait until some shards are finished, and a job is training another."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(finished_shards(workspace)) < 3 or not running_shards(workspace):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert len(finished_shards(workspace)) < 8


def kill_a_job(workspace: Workspace) -> None:
    """Kill a process that has the lease of a shard: a lease names its host and its process.

    A job may end between the look at its lease and the kill; then another one is taken.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        for path in (workspace.results / "logs" / "train").rglob("*.lease"):
            with contextlib.suppress(FileNotFoundError, IndexError, psutil.NoSuchProcess):
                psutil.Process(int(path.read_text().split()[1])).kill()
                return
        time.sleep(0.01)
    raise AssertionError("No job has the lease of a shard.")


@pytest.mark.parametrize(
    "fault", [fault for fault in LOCAL if fault.name != "disk full"], ids=lambda fault: fault.name
)
def test_an_interrupted_study_goes_on_to_the_same_bytes(fault, finished, tmp_path):
    workspace = Workspace.fresh(tmp_path / "interrupted")
    until = () if fault.name == "SIGINT" else TO_THE_TABLES  # once to the report will do
    process = start(workspace, *until, in_background_of_script=fault.name == "SIGTERM")
    wait_for_half(workspace)
    strike = Strike(fault, workspace)
    lease = (workspace.folder / WORKFLOW_FILE).read_text()
    if fault.name == "SIGKILL of all processes":
        kill_all(workspace)
    elif fault.name == "SIGKILL of Snakemake":
        (snakemake,) = psutil.Process(process.pid).children()
        snakemake.kill()
    elif fault.name == "SIGKILL of a job":
        kill_a_job(workspace)
    else:
        process.send_signal(getattr(signal, fault.name))
    output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode != 0
    wait_for_silence(workspace)  # no orphan goes on writing
    assert not (workspace.results / "runs.parquet").exists()
    if fault.name.startswith("SIGKILL"):
        assert strike.kept >= 3
    else:
        assert f"The {GOES_ON}" in output
        assert "Failed:" not in output  # a job that the stop ended did not fail
        # ends the jobs of a cluster that Snakemake forgot to cancel
        assert (workspace.folder / WORKFLOW_FILE).read_text() != lease

    finish(workspace, *until)
    strike.assert_harmless(finished)


@pytest.fixture
def disk(tmp_path):
    """A file system of 100 MB, which a test can fill."""
    try:
        with small_disk(tmp_path / "disk", megabytes=100) as folder:
            yield folder
    except OSError as error:
        pytest.skip(str(error))


def test_a_study_whose_disk_was_full_goes_on_to_the_same_bytes(disk, finished):
    workspace = Workspace.fresh(disk / "full")
    process = start(workspace, *TO_THE_TABLES)
    wait_for_half(workspace)
    strike = Strike(named(LOCAL, "disk full"), workspace)
    filler = disk / "filler"
    while process.poll() is None:  # what jobs remove is filled up again
        fill(filler)
        time.sleep(0.05)
    output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode != 0, output
    assert "The disk of results/ is full: make room first." in output
    assert "This is a fault of biasinit" not in output
    wait_for_silence(workspace)
    filler.unlink()

    finish(workspace, *TO_THE_TABLES)
    strike.assert_harmless(finished)


def test_a_job_of_a_killed_workflow_is_refused_before_its_output_is_touched(workspace, monkeypatch):
    """It waited in the queue of a cluster while its workflow was killed and another one ended."""
    before = finished_shards(workspace)
    monkeypatch.setenv(WORKFLOW_LEASE, "the lease of a workflow that was killed")
    as_a_job = ("--force", "--no-hooks", "--nolock", "--ignore-incomplete", "--allowed-rules")
    shard = next(iter(before))
    done = workspace.snakemake(*as_a_job, "train", "--", f"results/tiny/runs/{shard}")
    assert done.returncode != 0
    assert "This job belongs to a workflow that was killed" in done.stdout
    assert "Traceback" not in done.stdout
    assert finished_shards(workspace) == before
    assert (workspace.results / "runs" / shard).exists()


def test_what_jobs_were_writing_when_they_were_killed_is_gone_in_the_end(finished, tmp_path):
    """Jobs are seldom killed in the moment of writing, so the tests above do not see it."""
    workspace = finished.copy(tmp_path / "killed while writing")
    table = next((workspace.results / "runs").rglob("*.parquet"))
    leftovers = [
        path.with_name(f"{path.name}.n1-4711{UNFINISHED}")
        for path in (table, workspace.results / "curves.parquet")
    ]
    for leftover in leftovers:
        leftover.write_bytes(table.read_bytes()[:100])
    finish(workspace, "--", "--dry-run")
    assert all(leftover.exists() for leftover in leftovers)
    (workspace.results / "report.html").unlink()
    before = finished_shards(workspace)
    finish(workspace)
    assert not list(workspace.results.rglob(f"*{UNFINISHED}"))
    assert finished_shards(workspace) == before


@pytest.mark.slow
def test_a_clock_that_was_ahead_for_a_while_trains_nothing_again_and_stops_nothing(
    finished, tmp_path
):
    """Snakemake refuses outputs that are older than their inputs, for two days here."""
    workspace = finished.copy(tmp_path / "ahead")
    tomorrow = time.time() + 86_400
    for path in (workspace.folder / "results").rglob("*"):
        os.utime(path, (tomorrow, tomorrow))
    shard = min(finished_shards(workspace))
    for name in (f"jobs/{shard}", "jobs.parquet", "report.html"):
        (workspace.results / name).unlink()
    before = finished_shards(workspace)
    output = finish(workspace)
    log = (workspace.folder / "results" / "snakemake.log").read_text(encoding="utf-8")
    assert "dated in the future, as by a clock that was ahead, are dated now: " in log
    after = finished_shards(workspace)
    assert set(after) == {*before, shard}, output
    assert {name: after[name] for name in before} == before
    for name in TABLES:
        table = f"{name}.parquet"
        assert (workspace.results / table).read_bytes() == (finished.results / table).read_bytes()


def test_a_second_run_says_where_the_report_is_and_trains_nothing(finished, tmp_path):
    workspace = finished.copy(tmp_path / "again")
    before = finished_shards(workspace)
    output = finish(workspace)
    assert "results/tiny/report.html" in output
    assert finished_shards(workspace) == before


def test_a_second_study_in_the_same_folder_is_refused(tmp_path):
    workspace = Workspace.fresh(tmp_path / "busy")
    first = start(workspace)
    try:
        wait_for_half(workspace)
        second = start(workspace)
        output, _ = second.communicate(timeout=PATIENCE_SECONDS)
        assert second.returncode == 1
        assert REFUSED in output
        plain = workspace.snakemake("--nolock")
        assert plain.returncode != 0
        assert REFUSED in plain.stdout
        assert "Traceback" not in plain.stdout
    finally:
        kill_all(workspace)
        first.communicate()


def test_progress_is_shown_without_noise(tmp_path):
    workspace = Workspace.fresh(tmp_path / "progress")
    output = finish(workspace)
    lines = [line for line in output.splitlines() if line.strip()]
    jobs = [line for line in lines if "jobs done" in line]
    # a line for each job, whose names differ, and few others
    assert sum("train: Training " in line for line in jobs) == 8
    assert len({line.split("; ")[0][9:] for line in jobs}) == len(jobs)
    assert f"{len(jobs)} of {len(jobs)} jobs done" in jobs[-1]
    assert any("of 32 runs trained" in line for line in lines)
    assert len(lines) < len(jobs) + 10
    assert "The report: results/tiny/report.html" in output


def test_a_failing_study_shows_the_log_and_how_to_go_on(finished, tmp_path):
    workspace = finished.copy(tmp_path / "failing")
    (workspace.results / "data" / "digits.npz").write_bytes(b"damaged")
    process = start(workspace)
    output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode != 0
    assert re.search(r"^Failed: Training zeros, none, learning rate 0.02, shard 0", output, re.M)
    assert "The end of its log, results/tiny/logs/train/digits/" in output
    assert "digits.npz cannot be read" in output
    assert f"the {GOES_ON}" in output
    assert output.endswith("-m biasinit.execution.launch --cores 2 --study tiny.yaml\n")
