"""How long a quick try of each study takes: ``--config quick=true``, from nothing to the report.

    python bench/workflow/quick_tries.py [STUDY ...] [--output FILE]

Bar: 3 minutes. Each try runs in a fresh copy of the repository, with all cores. A data set that
would be downloaded is replaced by random images of its size, which train as long. Nothing else
should be running.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
OUTPUT = Path(__file__).with_suffix(".json")
PARTS = ("config.yaml", "claims.yaml", "prevalence.yaml", "workflow", "studies")
PARTS += ("report", "profiles", "envs")
SHAPES = {"fashion_mnist": (28, 28, 1), "mnist": (28, 28, 1), "cifar10": (32, 32, 3)}
IMAGES = 2000
BAR_SECONDS = 180.0


def copy_of_repository(folder: Path) -> None:
    """Copy what a study needs, results left out."""
    for part in PARTS:
        source, place = REPOSITORY / part, folder / part
        if source.is_dir():
            shutil.copytree(source, place, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, place)


def without_downloads(study: Path, folder: Path) -> None:
    """Replace data sets that would be downloaded by random images of their size."""
    keys = yaml.safe_load(study.read_text(encoding="utf-8"))
    rng = np.random.default_rng(0)
    for place, dataset in enumerate(keys["datasets"]):
        shape = SHAPES.get(dataset["kind"])
        if shape is None:
            continue
        images = rng.integers(0, 256, (IMAGES, *shape), dtype=np.uint8)
        path = folder / f"{dataset['name']}.npz"
        np.savez(path, images=images, labels=np.arange(IMAGES) % 10)
        sizes = {"train": 1000, "validation": 500, "test": 500}
        keys["datasets"][place] = {
            "name": dataset["name"], "kind": "npz", "path": str(path), **sizes,
        }  # fmt: skip
    study.write_text(yaml.safe_dump(keys, sort_keys=False), encoding="utf-8")


def seconds_of_try(name: str) -> float:
    """Return the time of a quick try of one study on the clock."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        copy_of_repository(folder)
        study = folder / ("config.yaml" if name == "config" else f"studies/{name}.yaml")
        without_downloads(study, folder)
        command = [sys.executable, "-m", "biasinit.execution.launch", "--study", str(study)]
        command += ["--", "--config", "quick=true"]
        environment = os.environ | {
            "PYTHONPATH": str(folder / "workflow" / "scripts"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }
        began = time.perf_counter()
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        elapsed = time.perf_counter() - began
        if done.returncode or not list(folder.glob("results/*-quick/report.html")):
            sys.exit(f"The quick try of {name} failed:\n{done.stdout[-3000:]}")
    return elapsed


def main() -> int:
    """Time every study, print and write the times; exit with 1 where one is above the bar."""
    studies = sorted(path.stem for path in (REPOSITORY / "studies").glob("*.yaml"))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("studies", nargs="*", default=["config", *studies])
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args()
    output = options.output
    times = json.loads(output.read_text(encoding="utf-8")) if output.exists() else {}
    for name in options.studies:
        times[name] = round(seconds_of_try(name), 1)
        print(f"{name:15} {times[name]:6.1f} s", flush=True)
        output.write_text(json.dumps(times, indent=1) + "\n", encoding="utf-8")
    return int(max(times.values()) > BAR_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
