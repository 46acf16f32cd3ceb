"""What compiled code depends on of the machine that it runs on."""

import hashlib
import platform
from pathlib import Path

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
