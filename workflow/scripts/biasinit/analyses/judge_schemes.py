"""The answer: each scheme against the reference, one verdict for each outcome and condition."""

from collections.abc import Mapping
from typing import Any

from biasinit.analyses.contract import Analysis, Tables, with_metric
from biasinit.analyses.verdict_columns import VERDICT_COLUMNS
from biasinit.runs.columns import Table

VERDICTS = Table(
    name="verdicts",
    folder="analysis",
    note="The answer: one row per outcome, normalisation, scheme and condition.\n"
    "Estimate, bounds and margins are in the unit of the row: points, ratio or share of seeds.\n"
    "What each verdict means, and which interval is printed with it, is the table of verdicts in "
    "docs/statistics.md.",
    columns=VERDICT_COLUMNS,
)


def run(tables: Tables, plan: Mapping[str, Any]) -> Tables:
    """Return the table of verdicts from the tables of the analyses."""
    from biasinit.statistics.judging.schemes import judge_schemes

    verdicts = judge_schemes(
        tables["runs"],
        accuracy_contrasts=tables["accuracy_contrasts"],
        speed_contrasts=tables.get("speed_contrasts"),
        failure_contrasts=tables["failure_contrasts"],
        tuned_contrasts=tables.get("tuned"),
        correct=tables.get("correct"),
        **with_metric(plan),
    )
    return {VERDICTS.name: verdicts}


ANALYSIS = Analysis(
    name="judge_schemes",
    message="Judging each scheme against {params.plan[reference]}",
    reads=("runs", "accuracy_contrasts", "failure_contrasts"),
    reads_if_there=("speed_contrasts", "tuned", "correct"),
    plan=(
        *("reference", "schemes", "margins", "metric", "collapse_points", "epochs"),
        *("alpha", "analysis_seed", "test_images"),
    ),
    makes=(VERDICTS,),
    run=run,
    memory_mb=4000,
    minutes=30,
    is_local=True,
)
