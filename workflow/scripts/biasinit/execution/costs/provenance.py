"""Where results come from: versions, machines and cost, for the report."""

import platform
import subprocess
from importlib import metadata
from pathlib import Path

import pandas as pd

import biasinit

PACKAGES = ("torch", "numpy", "pandas", "scipy", "statsmodels", "snakemake", "matplotlib")


def provenance(jobs: pd.DataFrame | None) -> dict[str, object]:
    """Return versions, machines and training cost as plain values.

    Args:
        jobs: the table `jobs`, one row per trained shard; None for imported runs.

    """
    return {
        "biasinit": biasinit.__version__,
        "source": _revision() or "not a git checkout",
        "python": platform.python_version(),
        "packages": {name: metadata.version(name) for name in PACKAGES},
        "training": "imported runs" if jobs is None else _training(jobs),
        "system": f"{platform.system()} {platform.machine()}",
    }


def _training(jobs: pd.DataFrame) -> dict[str, object]:
    return {
        "runs": int(jobs["runs"].sum()),
        "jobs": len(jobs),
        "core hours": round(float((jobs["duration_seconds"] * jobs["threads"]).sum()) / 3600, 3),
        "devices": sorted(jobs["device"].unique()),
        "machines": int(jobs["host"].nunique()),
        "torch": sorted(jobs["torch_version"].unique()),
    }


def _revision() -> str | None:
    """Return the commit of the source, marked when it was changed since; None outside git."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() or None
