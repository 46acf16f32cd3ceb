"""What only Linux and its C library have is taken away: everything goes on without it.

It stands for systems such as macOS, where nothing was run.
"""

import ctypes
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from biasinit import processor
from biasinit.execution.command import parser, side_by_side
from biasinit.execution.takeover import guard
from biasinit.training import loop
from biasinit.training.engines import fused
from repository import REPOSITORY

JOB = """
import os, time
{taken_away}
from biasinit.execution.takeover import guard
guard.POLL_SECONDS = 0.05
guard.end_with_workflow()
print("started", flush=True)
time.sleep(60)
"""
REFUSED = """
def refused(process):
    raise PermissionError
os.pidfd_open = refused
"""


@pytest.mark.parametrize("taken_away", ["del os.pidfd_open", REFUSED], ids=["missing", "refused"])
def test_a_job_ends_with_its_workflow_without_descriptors_of_processes(taken_away):
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY / "workflow" / "scripts")}
    with (
        subprocess.Popen(["sleep", "60"]) as workflow,
        subprocess.Popen(
            [sys.executable, "-c", JOB.format(taken_away=taken_away)],
            stdout=subprocess.PIPE,
            env=environment | {guard.WORKFLOW_PROCESS: str(workflow.pid)},
        ) as job,
    ):
        assert job.stdout.readline() == b"started\n"
        assert job.poll() is None
        workflow.kill()
        workflow.wait()
        assert job.wait(timeout=10) == guard.EXIT_STATUS


def test_cores_are_counted_without_a_set_of_those_that_one_may_use(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 7)
    assert side_by_side(parser().parse_args([])) == 7


def test_a_processor_is_told_by_its_kind_without_cpuinfo(monkeypatch, tmp_path):
    here = processor.processor_digest()
    monkeypatch.setattr(processor, "CPUINFO", tmp_path / "cpuinfo")
    monkeypatch.setattr("platform.machine", lambda: "arm64")
    of_arm = processor.processor_digest()
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    assert len({here, of_arm, processor.processor_digest()}) == 3


def test_training_does_without_an_allocator_that_takes_options(monkeypatch):
    asked = []
    monkeypatch.setattr(
        ctypes, "CDLL", lambda name: SimpleNamespace(mallopt=lambda *x: asked.append(x))
    )
    fused._keep_freed_memory()
    assert len(asked) == 2
    monkeypatch.setattr(ctypes, "CDLL", lambda name: SimpleNamespace())
    fused._keep_freed_memory()
    assert len(asked) == 2


@pytest.mark.parametrize(("system", "unit"), [("linux", 2**10), ("darwin", 1)])
def test_the_memory_of_a_job_is_in_the_unit_of_its_system(system, unit, monkeypatch):
    """Linux counts in KiB, macOS in bytes."""
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(
        "resource.getrusage", lambda who: SimpleNamespace(ru_maxrss=300 * 2**20 // unit)
    )
    assert loop.peak_memory_mib() == 300
