"""Time and memory of Snakemake for a study of 10,000 planned runs, before its first job.

5 schemes, 2 normalisations, 10 cells, 100 seeds; shards of 100, 20 and 10 seeds. Run in the
repository: python bench/workflow/dry_run.py
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).parents[2]
SEEDS, ARMS = 100, 100
SEEDS_PER_SHARD = (100, 20, 10)


def large_study(seeds_per_shard: int) -> dict[str, object]:
    """Return the default study with levels and seeds added up to 10,000 runs."""
    study = yaml.safe_load((REPOSITORY / "config.yaml").read_text(encoding="utf-8"))
    study["schemes"].append({"name": "pytorch", "kind": "fan_in_uniform"})
    return study | {
        "study": "large",
        "seeds": SEEDS,
        "seeds_per_shard": seeds_per_shard,
        "replicate": None,
        "normalizations": ["none", "batchnorm_shift"],
        "optimizers": [{"name": f"sgd{m}", "kind": "sgd", "momentum": m} for m in (0.0, 0.9)],
        "learning_rates": [0.1, 0.05, 0.02, 0.01, 0.005],
    }


def dry_run(study: Path) -> tuple[float, float]:
    """Return wall and processor seconds of a dry run."""
    command = [sys.executable, "-m", "snakemake", "-n", "--quiet", "--configfile", str(study)]
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, used


def main() -> None:
    """Print a table, one row for each size of shards."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds-per-shard", nargs="+", type=int, default=list(SEEDS_PER_SHARD))
    sizes = parser.parse_args().seeds_per_shard
    print("| seeds per shard | training jobs | wall, s | processor, s | peak memory, MiB |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for seeds_per_shard in sizes:
            path = Path(folder) / f"large_{seeds_per_shard}.yaml"
            path.write_text(yaml.safe_dump(large_study(seeds_per_shard)), encoding="utf-8")
            wall, used = dry_run(path)
            # of the largest child so far: shards become more from row to row
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
            jobs = ARMS * SEEDS // seeds_per_shard
            print(f"| {seeds_per_shard} | {jobs} | {wall:.1f} | {used:.1f} | {peak:.0f} |")


if __name__ == "__main__":
    main()
