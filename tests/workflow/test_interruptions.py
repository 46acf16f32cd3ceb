"""Whatever dies, no finished run is lost or changed: the same command goes on."""

import os
import re
import signal
import subprocess
import sys
import time

import psutil
import pytest
from workspace import Workspace

pytestmark = pytest.mark.slow

PATIENCE_SECONDS = 120


def start(workspace: Workspace) -> subprocess.Popen:
    command = [sys.executable, "-m", "biasinit.execution.launch", "--study", "tiny.yaml"]
    return subprocess.Popen(
        [*command, "--cores", "2"],
        cwd=workspace.folder,
        env=workspace.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def finish(workspace: Workspace) -> str:
    process = start(workspace)
    output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, output
    return output


def shards(workspace: Workspace):
    return {
        path: path.stat().st_mtime_ns for path in (workspace.results / "runs").rglob("*.parquet")
    }


def wait_for_half(workspace: Workspace) -> None:
    """Wait until some shards are finished and others are not."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(shards(workspace)) < 3:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert len(shards(workspace)) < 8


def processes_of(workspace: Workspace) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.cwd() == str(workspace.folder):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return found


def wait_for_silence(workspace: Workspace) -> None:
    deadline = time.monotonic() + 20
    while processes_of(workspace):
        assert time.monotonic() < deadline, processes_of(workspace)
        time.sleep(0.1)


def kill_all(workspace: Workspace) -> None:
    for process in processes_of(workspace):
        process.kill()


def assert_same_study(workspace: Workspace, finished: Workspace) -> None:
    for table in ("runs", "curves", "layers", "correct"):
        name = f"{table}.parquet"
        assert (workspace.results / name).read_bytes() == (finished.results / name).read_bytes()


@pytest.mark.parametrize(
    "how", ["SIGINT", "SIGTERM", "SIGKILL of everything", "SIGKILL of Snakemake"]
)
def test_an_interrupted_study_goes_on_to_the_same_bytes(how, finished, tmp_path):
    workspace = Workspace.fresh(tmp_path / "interrupted")
    process = start(workspace)
    wait_for_half(workspace)
    if how == "SIGKILL of everything":
        kill_all(workspace)
    elif how == "SIGKILL of Snakemake":
        (snakemake,) = psutil.Process(process.pid).children()
        snakemake.kill()
    else:
        process.send_signal(getattr(signal, how))
    output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode != 0
    wait_for_silence(workspace)  # no orphan goes on writing
    kept = shards(workspace)
    assert not (workspace.results / "runs.parquet").exists()
    if how.startswith("SIGKILL"):
        assert len(kept) >= 3
    else:
        assert "The same command goes on from here" in output

    finish(workspace)
    assert_same_study(workspace, finished)
    after = shards(workspace)
    retrained = [path for path in kept if kept[path] != after[path]]
    assert len(retrained) <= 2, retrained  # at most the shards in flight


def test_a_second_run_says_where_the_report_is_and_trains_nothing(finished, tmp_path):
    workspace = finished.copy(tmp_path / "again")
    before = shards(workspace)
    output = finish(workspace)
    assert "results/tiny/report.html" in output
    assert shards(workspace) == before


def test_a_second_study_in_the_same_folder_is_refused(tmp_path):
    workspace = Workspace.fresh(tmp_path / "busy")
    first = start(workspace)
    try:
        wait_for_half(workspace)
        second = start(workspace)
        output, _ = second.communicate(timeout=PATIENCE_SECONDS)
        assert second.returncode == 1
        assert "Another workflow is running in this folder" in output
        plain = workspace.snakemake("--nolock")
        assert plain.returncode != 0
        assert "Another workflow is running in this folder" in plain.stdout
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
    assert len({line.split("; ")[0][9:] for line in jobs}) == len(jobs) == 21
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
    assert "the same command goes on from here" in output
    assert output.endswith("-m biasinit.execution.launch --cores 2 --study tiny.yaml\n")
