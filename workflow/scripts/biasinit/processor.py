"""What compiled code depends on of the machine that it runs on, and where it is kept."""

import hashlib
import os
import platform
import tempfile
from pathlib import Path

CACHE_VARIABLE = "TORCHINDUCTOR_CACHE_DIR"  # PyTorch's compiler and ours read it
CPUINFO = Path("/proc/cpuinfo")  # of Linux; elsewhere the kind of machine must do
RELEVANT = ("model name", "flags", "Features")  # lines of it, on x86 and on ARM


def processor_digest() -> str:
    """Return a digest of this processor's model and instructions."""
    try:
        lines = CPUINFO.read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    text = "\n".join(sorted({line for line in lines if line.startswith(RELEVANT)}))
    return hashlib.sha256((text or platform.machine()).encode()).hexdigest()[:12]


def cache_folder() -> Path:
    """Return the folder for compiled code: the one that the environment names, or one of the user.

    PyTorch's own function for it would import its compiler, which takes a second. What that
    compiler keeps goes to the same folder.
    """
    ours = f"{tempfile.gettempdir()}/biasinit_{os.getuid()}"
    return Path(os.environ.setdefault(CACHE_VARIABLE, ours)).absolute()
