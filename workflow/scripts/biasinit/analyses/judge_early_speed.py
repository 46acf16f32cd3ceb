"""Who is ahead early: verdicts on the time to a threshold half-way to that of the study.

The analysis is that of the registered threshold with other times; its contrasts are a family of
their own, and the two times of a run are not independent.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from biasinit.analyses.contract import AnalysedStudy, Analysis, Tables, with_metric
from biasinit.analyses.verdict_columns import VERDICT_COLUMNS
from biasinit.runs.columns import Table

if TYPE_CHECKING:
    import pandas as pd

EARLY = "epochs_to_early_threshold"
OUTCOMES = ("speed", "not reached")

EARLY_VERDICTS = Table(
    name="early_verdicts",
    folder="analysis",
    note="Verdicts on the time to the early threshold, and on not reaching it, in the columns of "
    "`verdicts`; only of studies whose runs tell of it.",
    columns=VERDICT_COLUMNS,
)


def run(tables: Tables, plan: Mapping[str, Any]) -> Tables:
    """Return the verdicts on the time to the early threshold."""
    from biasinit.statistics.failure.analysis import analyse_failure
    from biasinit.statistics.judging.schemes import judge_schemes
    from biasinit.statistics.speed.analysis import analyse_speed

    runs = with_early_times(tables["runs"])
    common = {name: plan[name] for name in ("reference", "schemes", "alpha", "analysis_seed")}
    events = with_metric(
        {name: plan[name] for name in ("margins", "metric", "collapse_points", "epochs")}
    )
    speed = analyse_speed(
        runs,
        None,
        **common,
        **{name: plan[name] for name in ("speed_margin", "epochs", "resamples")},
    )
    failure = analyse_failure(runs, resamples=plan["resamples"], **common, **events)
    verdicts = judge_schemes(
        runs,
        accuracy_contrasts=None,
        speed_contrasts=speed.contrasts,
        failure_contrasts=failure.contrasts,
        **common,
        **events,
    )
    of_time = verdicts["outcome"].isin(OUTCOMES)
    return {EARLY_VERDICTS.name: verdicts[of_time].reset_index(drop=True)}


def with_early_times(runs: "pd.DataFrame") -> "pd.DataFrame":
    """Return the runs as if the early threshold were that of the study."""
    return runs.assign(epochs_to_threshold=runs[EARLY], reached=runs[EARLY].notna())


def has_early_times(study: AnalysedStudy) -> bool:
    """Return whether the runs say when they reached the early threshold, and how long they are."""
    return EARLY in study.run_columns and study.plan["epochs"] is not None


ANALYSIS = Analysis(
    name="judge_early_speed",
    message="Judging the time to the early threshold",
    reads=("runs",),
    plan=(
        *("reference", "schemes", "margins", "metric", "collapse_points", "speed_margin"),
        *("epochs", "alpha", "resamples", "analysis_seed"),
    ),
    makes=(EARLY_VERDICTS,),
    run=run,
    applies=has_early_times,
    memory_mb=4000,
    minutes=30,
    is_local=True,
)
