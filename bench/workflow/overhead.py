"""Where the core time of a finished study went: its work, and what it took to get it done.

    python bench/workflow/overhead.py results/digits [results/snakemake.log]

Core time is cores × time on the clock of the whole workflow. Of it, training, evaluation and
compiling are what shards note themselves (table `jobs`), analysis is what the other jobs worked
after they had started (last line of their logs). The rest is overhead: starting processes and
importing, reading and writing of shards' tables (benchmark files less work), and Snakemake itself
with cores that wait (what no job had). The log must be of the run that did everything, from
nothing to the report.
"""

import argparse
import re
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from biasinit.errors import BiasinitError
from biasinit.execution.costs.benchmarks import TRAINING, read_costs
from biasinit.tables import read_table

WORKED = re.compile(r"Started within ([\d.]+) s of a processor, worked for ([\d.]+) s\.")
CORES = re.compile(r"^Provided cores: (\d+)", re.MULTILINE)
ELAPSED = re.compile(r"^Elapsed time: (?:(\d+) days?, )?(\d+):(\d+):([\d.]+)", re.MULTILINE)
JOBS_PLANNED = re.compile(r"^total +(\d+)$", re.MULTILINE)
COLUMNS = ["jobs", "clock_s", "work_s", "cpu_s", "start_cpu_s"]
BAR = 0.30  # of core time, on the default study
BAR_OF_LONG_SHARDS = 0.05  # where shards train a minute or longer
LONG_SHARD_SECONDS = 60.0


def core_time(text: str, *, jobs: int) -> tuple[int, float]:
    """Return cores, and seconds on the clock, of the run that Snakemake's log tells of."""
    cores, elapsed, planned = CORES.search(text), ELAPSED.search(text), JOBS_PLANNED.search(text)
    if not (cores and elapsed and planned):
        sys.exit("Snakemake's log does not tell of a run from its start to its end.")
    if int(planned[1]) <= jobs:  # the rule 'all' has no benchmark
        sys.exit(
            f"Snakemake's log tells of {planned[1]} jobs, and the study has {jobs} and one more. "
            "Run it from nothing: the log must be of the run that did everything."
        )
    days, hours, minutes, seconds = elapsed.groups(default="0")
    return int(cores[1]), (int(days) * 24 + int(hours)) * 3600 + int(minutes) * 60 + float(seconds)


def shares(folder: Path, log: Path) -> tuple[dict[str, float], float, Mapping[str, list[float]]]:
    """Return seconds of core time by part, their sum, and the columns of each rule's row."""
    jobs = read_table(folder / "jobs.parquet")
    costs = list(read_costs(folder))
    cores, elapsed = core_time(log.read_text(encoding="utf-8"), jobs=len(costs))
    evaluation = float(jobs["evaluation_seconds"].sum())
    compiling = float(jobs["compiling_seconds"].sum())
    training = float(jobs["duration_seconds"].sum()) - evaluation - compiling
    rules: defaultdict[str, list[float]] = defaultdict(lambda: [0.0] * len(COLUMNS))
    for cost in costs:
        path = folder / "logs" / (f"{cost.rule}/{cost.job}.log" if cost.job else f"{cost.rule}.log")
        found = WORKED.search(path.read_text(encoding="utf-8"))
        to_start, worked = map(float, found.groups()) if found else (0.0, cost.wall_seconds)
        for place, value in enumerate((1, cost.wall_seconds, worked, cost.cpu_seconds, to_start)):
            rules[cost.rule][place] += value
    analysis = sum(worked for rule, (_, _, worked, *_) in rules.items() if rule != TRAINING)
    in_jobs = sum(wall for _, wall, *_ in rules.values())
    parts = {
        "training": training,
        "compiling, loading compiled code": compiling,
        "evaluation and probes": evaluation,
        "analysis, data and report": analysis,
        "overhead: start of processes, imports": in_jobs
        - sum((training, compiling, evaluation, analysis)),
        "overhead: Snakemake, waiting cores": cores * elapsed - in_jobs,
    }
    return parts, cores * elapsed, rules


def main() -> int:
    """Print the parts; exit with 1 where overhead is above its bar."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="results/STUDY")
    parser.add_argument("log", type=Path, nargs="?", default=Path("results/snakemake.log"))
    options = parser.parse_args()
    try:
        parts, whole, rules = shares(options.folder, options.log)
    except BiasinitError as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"{error.filename} cannot be read ({error.strerror}). Run the study to its end.")
    for part, seconds in parts.items():
        print(f"{part:40} {seconds:9.1f} s  {seconds / whole:6.1%}")
    table = pd.DataFrame.from_dict(rules, orient="index", columns=COLUMNS)
    table["start_cpu_s_each"] = table["start_cpu_s"] / table["jobs"]
    print(table.sort_values("clock_s", ascending=False).round(2).to_string())
    used, to_start = table["cpu_s"].sum(), table["start_cpu_s"].sum()
    # on a machine that is busy with something else, the clock says little
    print(f"of {used:.1f} s that jobs used of processors, {to_start / used:.1%} went into starting")
    overhead = sum(value for name, value in parts.items() if name.startswith("overhead")) / whole
    compiling = parts["compiling, loading compiled code"]
    shard = (parts["training"] + parts["evaluation and probes"] + compiling) / rules[TRAINING][0]
    bar = BAR_OF_LONG_SHARDS if shard >= LONG_SHARD_SECONDS else BAR
    print(f"overhead {overhead:.1%} of core time; shards train {shard:.1f} s; bar {bar:.0%}")
    if compiling:
        # of the engine, not of the workflow; for who counts it otherwise
        print(f"with compiling {overhead + compiling / whole:.1%}")
    return int(overhead > bar)


if __name__ == "__main__":
    sys.exit(main())
