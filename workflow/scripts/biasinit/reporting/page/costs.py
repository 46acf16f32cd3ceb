"""What the study cost, and what more seeds would, in sentences with their numbers."""

from collections.abc import Mapping

import pandas as pd

from biasinit.reporting import numbers
from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.selection import table

TRAINING = "train"
# rules whose work does not grow with the number of seeds
FIXED = ("prepare_data", "predict_layers")


def cost_sentences(tables: Mapping[str, pd.DataFrame], study: StudyFacts) -> tuple[str, ...]:
    """Return the cost of the study, and the predicted cost of twice the seeds."""
    frame = table(tables, "costs")
    if frame.empty:
        return ("Cost: not in this table.",)
    rules = frame[frame["scheme"].astype(str) == "all"].set_index("rule")
    sentences = (_spent(rules), _longest(frame), _twice_the_seeds(rules, study))
    return tuple(text for text in sentences if text)


def _spent(rules: pd.DataFrame) -> str:
    everything = rules.drop(columns="scheme").astype(float).loc["all"].to_dict()
    jobs = everything["jobs"]
    wall, gpu = everything["wall_seconds"], everything["gpu_seconds"]
    evaluated = everything["evaluation_seconds"]
    trained = everything["training_seconds"] + evaluated
    on_gpu = f", {_duration(gpu)} of them on a GPU" if gpu > 0 else ""
    within = f" {numbers.percent(trained / wall)} of it is training" if wall > 0 and trained else ""
    share = numbers.percent(evaluated / trained) if trained else ""
    within += f", {share} of which evaluates learning curves and probes." if within else ""
    return (
        f"Cost: the {numbers.count(jobs)} job{'s' if jobs != 1 else ''} before this report took "
        f"{_duration(wall)} in all{on_gpu}, and {_duration(everything['cpu_seconds'])} of "
        f"processors.{within} The largest used {numbers.count(everything['memory_mib'])} "
        "MiB of memory."
    )


def _longest(frame: pd.DataFrame) -> str:
    schemes = frame[(frame["rule"] == TRAINING) & (frame["scheme"].astype(str) != "all")]
    if len(schemes) < 2:
        return ""
    seconds = (schemes["wall_seconds"] / schemes["runs"]).to_numpy()
    first, last = schemes.iloc[int(seconds.argmin())], schemes.iloc[int(seconds.argmax())]
    return (
        f"A run of the cheapest scheme, {first['scheme']}, took {_duration(float(seconds.min()))} "
        f"on average, of the dearest, {last['scheme']}, {_duration(float(seconds.max()))}."
    )


def _twice_the_seeds(rules: pd.DataFrame, study: StudyFacts) -> str:
    """Predict from what was measured; analyses take at least as long as now, at most twice."""
    if study.imported or TRAINING not in rules.index:
        return ""
    wall = rules["wall_seconds"]
    training = float(wall[TRAINING])
    analysis = float(wall.drop(["all", TRAINING, *(name for name in FIXED if name in wall)]).sum())
    bounds = [_duration(training + analysis), _duration(training + 2 * analysis)]
    between = bounds[0] if bounds[0] == bounds[1] else f"{bounds[0]} to {bounds[1]}"
    return (
        f"Twice the seeds ({2 * study.seeds}) would take about {between} of jobs more, shared out "
        f"between cores: {_duration(training)} to train the new seeds, as the present ones "
        "took, and the analysis once more."
    )


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{numbers.number(seconds, decimals=1 if seconds < 10 else 0)} s"
    if seconds < 100 * 60:
        return f"{numbers.number(seconds / 60, decimals=1)} min"
    return f"{numbers.number(seconds / 3600, decimals=1)} h"
