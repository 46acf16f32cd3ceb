"""Run every part on a GPU within a budget of time, and write one JSON and one table.

Each part is a process of its own (``parts.py``): one that runs out of memory, or never ends, costs
no other its figures. A part's share of the time that is left is its deadline; it stops by itself
and names what it left out, and is ended if it does not. ``bench/gpu/run.sh`` calls this.
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from gpu_table import gpu_table
from machine import machine

HERE = Path(__file__).resolve().parent
BUDGET_SECONDS = 525.0  # of the nine minutes; the rest is for starting and writing
GRACE_SECONDS = 6.0  # a part that passes its deadline by this is ended
SHARES = {
    "limits": 3,
    "contract": 16,
    "agreement": 14,
    "speed": 40,
    "jobs": 12,
    "study": 15,
}
LIBRARY = ("torch", "numpy", "pandas", "pyarrow")
REPORT = ("snakemake", "pydantic", "yaml", "filelock", "pooch", "PIL", "jinja2", "rich")
REPORT += ("sklearn", "scipy", "statsmodels", "formulaic", "matplotlib", "seaborn")
NEEDED = {"agreement": ("sklearn", "scipy"), "study": REPORT}


def main() -> int:
    """Run the parts, and write what they found after each; 1 where a check failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--output", type=Path, default=HERE, help="folder for gpu.json and gpu.md")
    parser.add_argument("--part", default="", help="only parts whose name contains this")
    parser.add_argument("--seconds", type=float, default=BUDGET_SECONDS, help="for all parts")
    options = parser.parse_args()
    _use_wheels()
    missing = [name for name in LIBRARY if importlib.util.find_spec(name) is None]
    if missing:
        print(f"Training needs {', '.join(missing)}; install them, or name a PYTHON that has them.")
        return 2
    if not _has_device(options.device):
        print("PyTorch finds no GPU. DEVICE=cpu does what a CPU can do.")
        return 2
    began = time.monotonic()
    found: dict[str, Any] = {"machine": machine() | _device(options.device), "parts": {}}
    chosen = [name for name in SHARES if options.part in name]
    for place, name in enumerate(chosen):
        left = options.seconds - (time.monotonic() - began)
        share = left * SHARES[name] / sum(SHARES[other] for other in chosen[place:])
        found["parts"][name] = part(name, options.device, seconds=share)
        found["seconds"] = time.monotonic() - began
        _write(found, options.output)
    print(gpu_table(found))
    failed = [name for name, one in found["parts"].items() if one.get("failed")]
    for name in failed:
        print(f"FAILED: {name}: {found['parts'][name]['failed']}")
    return int(bool(failed))


def part(name: str, device: str, *, seconds: float) -> dict[str, Any]:
    """Return what one part found within its time, and how it ended."""
    missing = [one for one in NEEDED.get(name, ()) if importlib.util.find_spec(one) is None]
    if missing:
        print(f"{name}: left out, without {', '.join(missing)}; WHEELS=FOLDER brings them.")
        return {"left out": f"without {', '.join(missing)}"}
    print(f"{name}: up to {seconds:.0f} s", flush=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        output, log = Path(folder) / "part.json", Path(folder) / "log"
        command = [sys.executable, str(HERE / "parts.py"), name, "--device", device]
        command += [
            "--seconds",
            f"{max(seconds - GRACE_SECONDS, 1.0):.1f}",
            "--output",
            str(output),
        ]
        with log.open("w", encoding="utf-8") as complaints:
            process = subprocess.Popen(
                command, stdout=complaints, stderr=complaints, start_new_session=True
            )
            try:
                status = process.wait(timeout=seconds)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)  # its children too
                process.wait()
                status = None
        found = json.loads(output.read_text(encoding="utf-8")) if output.exists() else {}
        if status is None:
            found.setdefault("cut", []).append("ended at its deadline")
        elif status:
            last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-12:]
            found["failed"] = "\n".join(last) or f"exit status {status}"
    found["seconds"] = time.monotonic() - began
    return found


def _has_device(device: str) -> bool:
    import torch

    return device == "cpu" or torch.cuda.is_available()


def _device(device: str) -> dict[str, Any]:
    import torch

    if device == "cpu":
        return {"device": "cpu"}
    properties = torch.cuda.get_device_properties(0)
    return {
        "device": properties.name,
        "device memory, GiB": properties.total_memory / 2**30,
        "multiprocessors": properties.multi_processor_count,
        "CUDA": torch.version.cuda,
    }


def _use_wheels() -> None:
    """Put what WHEELS held last on the path, of this process and of its children."""
    site = os.environ.get("BENCH_WHEELS")
    if site:
        sys.path.append(site)
        os.environ["PYTHONPATH"] = os.pathsep.join([os.environ.get("PYTHONPATH", ""), site])


def _write(found: dict[str, Any], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "gpu.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    (folder / "gpu.md").write_text(gpu_table(found) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
