"""What the package shows, and what it must not import."""

import subprocess
import sys

import biasinit.statistics as statistics


def test_public_names_are_sorted_and_exist():
    assert statistics.__all__ == sorted(statistics.__all__)
    assert all(hasattr(statistics, name) for name in statistics.__all__)


def test_statistics_import_neither_torch_nor_snakemake():
    code = (
        "import sys, biasinit.statistics; "
        "sys.exit(any(name in sys.modules for name in ('torch', 'snakemake')))"
    )
    path = ":".join(path for path in sys.path if path)
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": path}, check=False, timeout=60
    )
    assert done.returncode == 0
