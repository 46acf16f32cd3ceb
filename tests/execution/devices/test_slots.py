"""Slots of GPUs, with pretended devices."""

import os
import signal
import subprocess
import sys
import time

import pytest

from biasinit.errors import DeviceError
from biasinit.execution.devices import slots as device_slots
from biasinit.execution.devices.slots import devices, held_device, slots_folder

HOLD = (
    "import os, sys, time, pathlib\n"
    "from biasinit.execution.devices.slots import held_device\n"
    "with held_device(pathlib.Path(sys.argv[1])) as name:\n"
    "    print(name, os.environ['CUDA_VISIBLE_DEVICES'], flush=True)\n"
    "    time.sleep(60)\n"
)


@pytest.fixture
def holder(tmp_path):
    running = []

    def start(**environment):
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(tmp_path)],
            env={"PYTHONPATH": os.pathsep.join(sys.path), "PATH": ""} | environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


def said(process):
    return process.stdout.readline().split()


def test_jobs_get_devices_of_their_own_and_a_dead_holder_frees_its_device(holder):
    first, second = (holder(CUDA_VISIBLE_DEVICES="4,7") for _ in range(2))
    names = {said(first)[0], said(second)[0]}
    assert names == {"4", "7"}
    third = holder(CUDA_VISIBLE_DEVICES="4,7")
    time.sleep(1.5)
    assert third.poll() is None  # it waits
    first.send_signal(signal.SIGKILL)
    name, visible = said(third)
    assert name == visible
    assert name in names


def test_several_jobs_share_a_device_when_asked(holder):
    jobs = [holder(CUDA_VISIBLE_DEVICES="0", BIASINIT_JOBS_PER_GPU="2") for _ in range(2)]
    assert [said(job)[0] for job in jobs] == ["0", "0"]


def test_a_slot_is_free_after_its_block_and_restores_the_variable(tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1,2")
    for _ in range(3):
        with held_device(tmp_path) as name:
            assert name == "1"
            assert os.environ["CUDA_VISIBLE_DEVICES"] == "1"
        assert os.environ["CUDA_VISIBLE_DEVICES"] == "1,2"


def test_the_gpu_that_slurm_chose_is_the_one_and_other_slurm_jobs_do_not_hold_it(
    tmp_path, monkeypatch
):
    """Confined by SLURM, every job counts its GPUs from 0: "0" is another GPU in each."""
    monkeypatch.setattr(device_slots, "TEMPORARY", tmp_path)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    monkeypatch.setenv("SLURM_JOB_ID", "12")
    with held_device() as one:
        monkeypatch.setenv("SLURM_JOB_ID", "13")
        with held_device() as other:
            assert (one, other) == ("0", "0")


def test_jobs_of_grid_engine_on_one_host_share_its_locks_unless_the_cluster_names_their_gpus():
    """Each of them has a TMPDIR of its own."""
    jobs = [
        {"SGE_CELL": "default", "JOB_ID": job, "TMPDIR": f"/tmp/{job}.1.all.q"}
        for job in ("46", "47")
    ]
    assert slots_folder(jobs[0]) == slots_folder(jobs[1]) == slots_folder({})
    named = [job | {"CUDA_VISIBLE_DEVICES": "0"} for job in jobs]
    assert slots_folder(named[0]) != slots_folder(named[1])
    assert slots_folder({"JOB_ID": "46", "CUDA_VISIBLE_DEVICES": "0"}) == slots_folder({})


def test_shards_within_one_slurm_allocation_share_out_its_gpus(holder):
    allocation = {"SLURM_JOB_ID": "12", "CUDA_VISIBLE_DEVICES": "2,3"}
    jobs = [holder(**allocation) for _ in range(2)]
    assert {said(job)[0] for job in jobs} == {"2", "3"}


def test_a_slurm_job_whose_gpus_are_not_named_holds_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "12")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    with held_device(tmp_path) as one, held_device(tmp_path) as other:
        assert (one, other) == (None, None)


@pytest.mark.parametrize(
    ("visible", "names"),
    [
        (" 3, GPU-8f2 ,", ["3", "GPU-8f2"]),
        ("", []),
        ("-1", []),
        ("NoDevFiles", []),
        ("1,-1,2", ["1"]),
    ],
)
def test_visible_devices_are_read_as_cuda_reads_them(visible, names):
    assert devices({"CUDA_VISIBLE_DEVICES": visible}) == names


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"CUDA_VISIBLE_DEVICES": ""}, "there is none: CUDA_VISIBLE_DEVICES is empty"),
        (
            {"CUDA_VISIBLE_DEVICES": "0", "BIASINIT_JOBS_PER_GPU": "many"},
            "BIASINIT_JOBS_PER_GPU must be a number of jobs, 1 or more, got 'many'",
        ),
    ],
)
def test_what_is_wrong_is_named(environment, message, tmp_path, monkeypatch):
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(DeviceError, match=message), held_device(tmp_path):
        pass
