"""What the figures were measured on, and processes pinned to cores."""

import datetime
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
PYTHON_OF_JAX = REPOSITORY / ".venv-jax" / "bin" / "python"


def machine() -> dict[str, str | int]:
    """Return date, processor, cores and versions."""
    import torch

    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.split(":")[1].strip() for line in lines if "model name" in line), "unknown")
    flags = next((line for line in lines if line.startswith("flags")), "")
    vectors = next((name for name in ("avx512f", "avx2", "avx") if name in flags), "none")
    return {
        "date": datetime.date.today().isoformat(),
        "processor": model,
        "vectors": vectors,
        "cores": os.cpu_count() or 1,
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def started(
    command: Sequence[str],
    *,
    cores: set[int],
    environment: dict[str, str] | None = None,
    complaints: IO[str] | int = subprocess.DEVNULL,
) -> subprocess.Popen[str]:
    """Start a process on some cores, with one thread for each.

    Args:
        command: program and arguments.
        cores: numbers of the processor's cores.
        environment: further variables.
        complaints: where its standard error goes.

    """
    threads = str(len(cores))
    variables = {
        "OMP_NUM_THREADS": threads,
        "MKL_NUM_THREADS": threads,
        "JAX_PLATFORMS": "cpu",
        "PYTHONPATH": os.pathsep.join([str(HERE), str(REPOSITORY / "workflow" / "scripts")]),
    }
    return subprocess.Popen(
        list(command),
        env=os.environ | variables | (environment or {}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=complaints,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
    )


def python_of(contestant: str) -> str:
    """Return the interpreter of a contestant: JAX has an environment of its own."""
    return str(PYTHON_OF_JAX) if contestant.startswith("jax") else sys.executable
