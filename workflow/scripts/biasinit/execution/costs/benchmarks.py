"""What jobs cost: the benchmark file that Snakemake keeps for each of them, read back.

A benchmark file tells of the job that made what is there now: it is replaced when the job runs
again, and a job that failed or was interrupted leaves none. Snakemake looks at a job once in a
while, so CPU time and memory of jobs of a few seconds are lower bounds.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from biasinit.errors import RunsTableError

FOLDER = "benchmarks"
TRAINING = "train"  # the rule whose jobs are shards
# Snakemake's columns: s, seconds on the clock; cpu_time, seconds; max_rss, MiB
COLUMNS = ("s", "cpu_time", "max_rss")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCost:
    """One job: its rule, what tells it from others of its rule, and what it took.

    Attributes:
        rule: name of the rule.
        job: path below the rule's folder, such as the shard; empty where a rule has one job.
        wall_seconds: time on the clock, start of the process included.
        cpu_seconds: time of processors, of the process and its children.
        memory_mib: largest use of main memory.

    """

    rule: str
    job: str
    wall_seconds: float
    cpu_seconds: float
    memory_mib: float


def benchmark_path(folder: Path, rule: str, job: str = "") -> Path:
    """Return where Snakemake keeps the benchmark of a job of the study in ``folder``."""
    return folder / FOLDER / (f"{rule}/{job}.tsv" if job else f"{rule}.tsv")


def read_costs(folder: Path) -> Iterator[JobCost]:
    """Yield the costs of all jobs of the study in ``folder`` that have a benchmark file.

    Raises:
        RunsTableError: a benchmark file is damaged.

    """
    root = folder / FOLDER
    for path in sorted(root.rglob("*.tsv")):
        # a name may hold dots, so that only the last ending is taken off
        rule, _, job = str(path.relative_to(root))[: -len(".tsv")].partition("/")
        yield read_cost(path, rule=rule, job=job)


def read_cost(path: Path, *, rule: str, job: str = "") -> JobCost:
    """Return the cost of one job from its benchmark file.

    Raises:
        RunsTableError: the file is missing or damaged.

    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            # of several repetitions the last one made the output
            *_, row = csv.DictReader(file, delimiter="\t")
        wall, cpu, memory = (_number(row[name]) for name in COLUMNS)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunsTableError(
            f"The benchmark {path} cannot be read ({error!r}). Delete the file; the job's costs "
            "are then left out until it runs again."
        ) from None
    return JobCost(rule=rule, job=job, wall_seconds=wall, cpu_seconds=cpu, memory_mib=memory)


def _number(text: str) -> float:
    # Snakemake writes 'NA' or '-' for what it could not measure in so short a job
    return 0.0 if text in {"NA", "-"} else float(text)
