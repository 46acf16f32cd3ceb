"""What a study costs: time and memory of its jobs, by rule and by scheme.

Time on the clock, of processors, and memory are from Snakemake's benchmark files; time of
training, of evaluation and of a GPU from what training jobs say of themselves.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from biasinit.execution.costs.benchmarks import TRAINING, JobCost, read_costs
from biasinit.study.shards import Shard

ALL = "all"
REPORT = "write_report"  # shows the costs, so that its own cost is not known yet
SUMMED = (
    "jobs",
    "runs",
    "wall_seconds",
    "cpu_seconds",
    "gpu_seconds",
    "training_seconds",
    "evaluation_seconds",
)
LARGEST = ("memory_mib", "device_memory_mib")


def costs_by_rule(folder: Path, jobs: pd.DataFrame | None) -> pd.DataFrame:
    """Return what the jobs of the study in ``folder`` cost.

    Args:
        folder: of the study, with the benchmark files.
        jobs: the table `jobs`, one row per trained shard; None for imported runs.

    Returns:
        A row for the shards of each scheme (rule ``train``), one for each rule (scheme ``all``),
        the longest first, and one for everything (rule and scheme ``all``). Seconds are sums over
        jobs, memory is the largest of any job. A shard without a benchmark counts with the time
        that it notes itself. Empty where nothing is known.

    Raises:
        RunsTableError: a benchmark file is damaged.

    """
    costs = {(cost.rule, cost.job): cost for cost in read_costs(folder)}
    rows = [
        *(_row_of_rule(cost) for cost in costs.values() if cost.rule not in {TRAINING, REPORT}),
        *_rows_of_shards(costs, jobs),
    ]
    if not rows:
        return pd.DataFrame(columns=["rule", "scheme", *SUMMED, *LARGEST])
    frame = pd.DataFrame(rows)
    how = dict.fromkeys(SUMMED, "sum") | dict.fromkeys(LARGEST, "max")
    shards = frame[frame["rule"] == TRAINING]
    by_scheme = shards.groupby(["rule", "scheme"], sort=False).agg(how)
    by_rule = frame.assign(scheme=ALL).groupby(["rule", "scheme"], sort=False).agg(how)
    everything = frame.assign(rule=ALL, scheme=ALL).groupby(["rule", "scheme"]).agg(how)
    by_rule = by_rule.sort_values("wall_seconds", ascending=False, kind="stable")
    return pd.concat([by_scheme, by_rule, everything]).reset_index()


def _row_of_rule(cost: JobCost) -> dict[str, object]:
    return {
        "rule": cost.rule,
        "scheme": ALL,
        "jobs": 1,
        "runs": 0,
        "wall_seconds": cost.wall_seconds,
        "cpu_seconds": cost.cpu_seconds,
        "gpu_seconds": 0.0,
        "training_seconds": 0.0,
        "evaluation_seconds": 0.0,
        "memory_mib": cost.memory_mib,
        "device_memory_mib": 0.0,
    }


def _rows_of_shards(
    costs: Mapping[tuple[str, str], JobCost], jobs: pd.DataFrame | None
) -> Iterator[dict[str, object]]:
    """Yield a row for each shard of the study; benchmarks of shards that it left are not read."""
    records: list[dict[str, Any]] = [] if jobs is None else jobs.to_dict("records")  # type: ignore[assignment]
    for job in records:
        noted = JobCost(
            rule=TRAINING,
            job=Shard.of_job(job).path,
            wall_seconds=float(job["duration_seconds"]),
            cpu_seconds=float(job["duration_seconds"]) * int(job["threads"]),
            memory_mib=float(job["memory_mib"]),
        )
        cost = costs.get((TRAINING, noted.job), noted)
        seconds = float(job["duration_seconds"])
        evaluation = float(job["evaluation_seconds"])
        yield _row_of_rule(cost) | {
            "scheme": str(job["scheme"]),
            "runs": int(job["runs"]),
            "gpu_seconds": 0.0 if job["device"] == "cpu" else seconds,
            "training_seconds": seconds - evaluation,
            "evaluation_seconds": evaluation,
            # Snakemake looks now and then; a job knows its peak
            "memory_mib": max(cost.memory_mib, noted.memory_mib),
            "device_memory_mib": float(job["device_memory_mib"]),
        }
