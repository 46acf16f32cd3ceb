"""Whole shards from process start to written tables, against one process for each run."""

import dataclasses
import itertools
import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from machine import HERE, REPOSITORY, started
from shards import LIKE_CIFAR10, NETWORKS, Measured, images_of, shard_mapping

from biasinit.data.prepared import save_prepared
from biasinit.data.preparing import prepare
from biasinit.study.reading import load_study

CACHE = "TORCHINDUCTOR_CACHE_DIR"


class Shards:
    """Shards of the default study, trained by the command line on one core."""

    def __init__(self, folder: Path, *, epochs: int) -> None:
        study = load_study(REPOSITORY / "config.yaml")
        self._study, self._folder, self._epochs = study, folder, epochs
        self._data = folder / "data.npz"
        save_prepared(prepare(study.datasets[0]), self._data)

    def seconds(
        self,
        seeds: int,
        *,
        engine: str,
        cache: Path,
        normalization: str = "none",
        width: int = 20,
    ) -> tuple[float, pd.Series]:
        """Return wall time and the row of the table of jobs."""
        study = self._study
        description = study.shard_description(
            cell=study.cells[0], normalization=normalization, scheme="zeros", shard=0
        )
        description["seeds"] = [0, seeds]
        description["training"] |= {
            "engine": engine, "width": width, "epochs": self._epochs
        }  # fmt: skip
        return trained(description, self._data, self._folder, cache=cache)


def trained(
    description: Mapping[str, Any], data: Path, folder: Path, *, cache: Path
) -> tuple[float, pd.Series]:
    """Return wall time and the row of the table of jobs of a shard that a process trains."""
    path, output = folder / "shard.json", folder / "out"
    path.write_text(json.dumps(description), encoding="utf-8")
    command = list(map(str, [sys.executable, "-m", "biasinit.training", path, data, output]))
    began = time.perf_counter()
    process = started(command, cores={0}, environment={CACHE: str(cache)})
    process.communicate()
    elapsed = time.perf_counter() - began
    if process.returncode:
        raise SystemExit(f"A shard failed: {' '.join(command)}")
    return elapsed, pd.read_parquet(output / "jobs.parquet").iloc[0]


def one_process_per_run(folder: Path, runs: int) -> float:
    """Return the median wall time of a run in a process of its own."""
    times = []
    for seed in range(runs):
        began = time.perf_counter()
        command = [sys.executable, str(HERE / "one_run.py"), str(seed), str(folder / "run.json")]
        process = started(command, cores={0})
        process.communicate()
        if process.returncode:
            raise SystemExit("A run in a process of its own failed.")
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def end_to_end(*, repeats: int, large: int, epochs: int) -> dict[str, object]:
    """Return wall times for each run, ratios, and the sizes at which one way overtakes another.

    Args:
        repeats: of everything.
        large: seeds of the larger shards.
        epochs: of each run of ours; one process for a run has those of the default study.

    """
    folder = Path(tempfile.mkdtemp())
    shards = Shards(folder, epochs=epochs)
    cache = folder / "cache"
    cold, _ = shards.seconds(20, engine="compiled", cache=cache)
    sizes = (("eager", 20), ("eager", large), ("compiled", 20), ("compiled", large))
    times: dict[tuple[str, int], list[float]] = {size: [] for size in sizes}
    serial = []
    for _ in range(repeats):
        serial.append(one_process_per_run(folder, 3))
        for engine, seeds in sizes:
            times[engine, seeds].append(shards.seconds(seeds, engine=engine, cache=cache)[0])
    wall = {size: statistics.median(found) for size, found in times.items()}
    run = statistics.median(serial)
    slopes = {
        engine: (wall[engine, large] - wall[engine, 20]) / (large - 20)
        for engine in ("eager", "compiled")
    }
    compile_seconds = cold - wall["compiled", 20]
    starts = {engine: wall[engine, 20] - 20 * slopes[engine] for engine in slopes}
    gain = slopes["eager"] - slopes["compiled"]
    result = {
        "one process per run, seconds": run,
        "seconds per run": {f"{e}, {n} seeds": wall[e, n] / n for e, n in sizes},
        "times as fast": {f"{e}, {n} seeds": run * n / wall[e, n] for e, n in sizes},
        "compiling from nothing, seconds": compile_seconds,
        "break-even in runs of one shape": {
            "eager against one process per run": starts["eager"] / (run - slopes["eager"]),
            "compiled (warm) against eager": (starts["compiled"] - starts["eager"]) / gain,
            "compiled (cold) against eager": (
                (starts["compiled"] + compile_seconds - starts["eager"]) / gain
            ),
        },
    }
    shutil.rmtree(folder)
    return result


def evaluations(job: "pd.Series[Any]") -> float:
    """Return the share of a job's evaluations and probes, training being 1."""
    return job["evaluation_seconds"] / (job["duration_seconds"] - job["evaluation_seconds"])


def at_real_size(sizes: Measured, folder: Path, *, cache: Path) -> float:
    """Return the same of a shard of random images, divided into subsets as CIFAR-10 is."""
    measured = dataclasses.replace(sizes, counts=LIKE_CIFAR10, width=2)
    data = folder / "random.npz"
    save_prepared(images_of(measured), data)
    # a third of the epochs with two points each, and the test set after a tenth of them, as in the
    # study of CIFAR-10
    points = {"engine": "compiled", "points_per_epoch": 2, "test_epochs": 1}
    first = shard_mapping(measured, epochs=1, dense_epochs=1, **points)
    trained(first, data, folder, cache=cache)  # leaves its code in the cache
    _, job = trained(
        shard_mapping(measured, epochs=9, dense_epochs=3, **points), data, folder, cache=cache
    )
    return evaluations(job)


def evaluation_and_memory(*, seeds: int, epochs: int) -> dict[str, object]:
    """Return evaluations' share of training time on so many seeds, and memory against width."""
    folder = Path(tempfile.mkdtemp())
    shards = Shards(folder, epochs=epochs)
    cache = folder / "cache"
    shares = {}
    for engine in ("eager", "compiled"):
        for normalization in ("none", "batchnorm_shift"):
            shard = {"engine": engine, "cache": cache, "normalization": normalization}
            if engine == "compiled":
                shards.seconds(20, **shard)  # leaves its code in the cache
            _, job = shards.seconds(seeds, **shard)
            shares[f"digits, {engine}, {normalization}"] = evaluations(job)
    for name, sizes in NETWORKS.items():
        if not sizes.digits:
            shares[f"{name}, compiled"] = at_real_size(sizes, folder, cache=cache)
    memory = {}
    for width in (1, 20, 40, 80, 160):
        _, job = shards.seconds(width, engine="eager", cache=cache, width=width)
        memory[width] = float(job["memory_mib"])
    slopes = [
        (memory[later] - memory[earlier]) / (later - earlier)
        for earlier, later in itertools.pairwise(list(memory)[1:])
    ]
    shutil.rmtree(folder)
    return {
        "evaluation and probes / training": shares,
        "memory in MiB, by width": memory,
        "MiB for each further member": slopes,
    }
