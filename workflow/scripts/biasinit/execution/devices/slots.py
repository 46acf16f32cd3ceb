"""Which GPU a job may use: Snakemake counts GPUs, and never says which one is free.

A job holds a slot of a device by a lock on a file, and sees that device alone while it does. The
kernel drops the lock when the process ends, however it ends. Of all devices only those are used
that CUDA_VISIBLE_DEVICES names, where it is set.

Within a SLURM job that variable names what SLURM has given to the job. One GPU for one shard
is free at once; several, in an allocation that a whole workflow runs in, are shared out like
those of a machine. Such slots are the SLURM job's own: where SLURM confines jobs to their
devices, each counts its GPUs from 0, and equal names mean different GPUs.

Grid Engine counts GPUs as Snakemake does, and names none unless the cluster was set up for it:
then its jobs are as those of SLURM, and otherwise they find a free GPU as jobs of one machine do.
"""

import logging
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path

from filelock import FileLock, Timeout

from biasinit.errors import DeviceError

VISIBLE = "CUDA_VISIBLE_DEVICES"
JOBS_PER_DEVICE = "BIASINIT_JOBS_PER_GPU"
SLURM_JOB = "SLURM_JOB_ID"
GRID_ENGINE_JOB = "JOB_ID"  # a name that others use too: it counts beside Grid Engine's cell
GRID_ENGINE_CELL = "SGE_CELL"
NO_DEVICE = ("-1", "NoDevFiles", "void")  # CUDA ends the list here; SLURM and NVIDIA write these
POLL_SECONDS = 0.5
# not the one of TMPDIR: Grid Engine gives each job another, and all would take the first GPU
TEMPORARY = Path("/tmp")

log = logging.getLogger(__name__)


def devices(environment: Mapping[str, str]) -> list[str]:
    """Return the names of the GPUs that may be used: those made visible, or all of the machine."""
    visible = environment.get(VISIBLE)
    if visible is not None:
        names = (name.strip() for name in visible.split(","))
        return list(takewhile(lambda name: name not in NO_DEVICE, filter(None, names)))
    # CUDA counts from 0 what it finds, also in a container that was given /dev/nvidia3 alone
    found = len(list(Path("/dev").glob("nvidia[0-9]*")))
    return [str(number) for number in range(found)]


def slots_folder(environment: Mapping[str, str]) -> Path:
    """Return the folder of the locks: a user's on this machine, or a cluster job's own."""
    folder = TEMPORARY / f"biasinit-gpus-{os.getuid()}"
    if SLURM_JOB in environment:
        return folder / f"slurm-{environment[SLURM_JOB]}"
    if {GRID_ENGINE_CELL, GRID_ENGINE_JOB, VISIBLE} <= set(environment):
        return folder / f"sge-{environment[GRID_ENGINE_JOB]}"
    return folder


@contextmanager
def held_device(folder: Path | None = None) -> Iterator[str | None]:
    """Wait for a free slot of a GPU, and make that GPU the only visible one of this process.

    Yields:
        The name of the GPU; None within a SLURM job whose GPUs SLURM does not name: the job
        has its node, and nothing to choose from.

    Raises:
        DeviceError: there is no GPU, or the number of jobs for each is not one.

    """
    if SLURM_JOB in os.environ and VISIBLE not in os.environ:
        yield None
        return
    places = _places(slots_folder(os.environ) if folder is None else folder)
    before = os.environ.get(VISIBLE)
    name, lock = _wait_for(places)
    os.environ[VISIBLE] = name
    log.info("Holds GPU %s.", name)
    try:
        yield name
    finally:
        lock.release()
        if before is None:
            del os.environ[VISIBLE]
        else:
            os.environ[VISIBLE] = before


def _places(folder: Path) -> list[tuple[str, Path]]:
    """Return the device and the lock of every slot; first slots of all devices come first."""
    names = devices(os.environ)
    if not names:
        raise DeviceError(
            f"The job asks for a GPU, and there is none: {VISIBLE} is empty, or the machine has no "
            "device files. Make one visible, or run without the resource 'gpu'."
        )
    asked = os.environ.get(JOBS_PER_DEVICE, "1")
    if not asked.isdecimal() or int(asked) < 1:
        raise DeviceError(
            f"{JOBS_PER_DEVICE} must be a number of jobs, 1 or more, got {asked!r}. Correct it."
        )
    folder.mkdir(parents=True, exist_ok=True)
    return [
        (name, folder / f"{name.replace('/', '_')}.{slot}.lock")
        for slot in range(int(asked))
        for name in names
    ]


def _wait_for(places: list[tuple[str, Path]]) -> tuple[str, FileLock]:
    told = False
    while True:
        for name, path in places:
            lock = FileLock(path)
            try:
                lock.acquire(blocking=False)
            except Timeout:
                continue
            return name, lock
        if not told:
            log.info("Waiting for one of %d slots on GPUs.", len(places))
            told = True
        time.sleep(POLL_SECONDS)
