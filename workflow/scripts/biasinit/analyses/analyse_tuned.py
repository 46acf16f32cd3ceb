"""Every scheme against the reference, each at the learning rate that suits it best."""

from collections.abc import Mapping
from typing import Any

from biasinit.analyses.columns import (
    BASIS,
    CELL,
    FRAGILE,
    MARGIN,
    NORMALIZATION,
    REFERENCE,
    SCHEME,
    contrast_tests,
)
from biasinit.analyses.contract import AnalysedStudy, Analysis, Tables, with_metric
from biasinit.runs.columns import Table, number, text

TUNED = Table(
    name="tuned",
    folder="analysis",
    note="Only where the study has several learning rates.\n"
    "Differences of final accuracy from the reference, each scheme at the learning rate of its "
    "highest mean validation accuracy: chosen by half of the seeds, judged on the other half, and "
    "the other way round, over up to 500 halves; all rows are one family.",
    columns=(
        NORMALIZATION,
        SCHEME,
        REFERENCE,
        text(
            "learning_rates",
            "chosen for the scheme (`0.02`, or `0.02 (82 %), 0.005 (18 %)` with the share of "
            "halves that chose each), by cell where other factors vary and the rates differ",
        ),
        text("reference_learning_rates", "chosen for the reference"),
        text(
            "at_edge",
            "ends of the grid that a tenth of the halves or more chose for the scheme, so that a "
            "better rate may lie beyond: `lowest`, `highest`, `lowest and highest`; empty where "
            "none",
        ),
        text("reference_at_edge", "the same of the reference"),
        CELL,
        BASIS,
        number("pairs", "pairs of runs at the chosen rates, mean over halves"),
        number(
            "set_apart",
            "pairs of runs at the chosen rates of which one failed, mean over halves; their "
            "seeds stay in the other cells",
        ),
        number("failed", "failed runs of the scheme at its chosen rates, mean over halves"),
        number("reference_failed", "the same of the reference"),
        number(
            "collapsed",
            "runs of the scheme at its chosen rates that collapsed, each held against the "
            "reference's at the same rate; mean over halves",
        ),
        number("reference_collapsed", "the same of the reference at its own"),
        number(
            "stray",
            "runs of the scheme at its chosen rates more than ten margins worse than their arm's "
            "median at the same rate, mean over halves",
        ),
        number("reference_stray", "the same of the reference at its own"),
        number(
            "seeds_trained",
            "seeds of the scheme with a trained run at its chosen rates, beside trained ones of "
            "the reference at the same rate, so that a collapse would be known; mean over halves",
        ),
        number("seeds_collapsed", "of them, those with a collapsed run; mean over halves"),
        *contrast_tests(
            "mean of the differences within seeds and halves; its standard error by jackknife "
            "over seeds, choice included",
            "points",
        ),
        MARGIN,
        FRAGILE,
    ),
)


def run(tables: Tables, plan: Mapping[str, Any]) -> Tables:
    """Return contrasts at tuned learning rates."""
    from biasinit.statistics.paired.tuned_rates import tuned_contrasts

    return {TUNED.name: tuned_contrasts(tables["runs"], **with_metric(plan))}


def has_rates(study: AnalysedStudy) -> bool:
    """Return whether there may be learning rates to choose from; brought runs show it later."""
    return (
        study.learning_rates != 1
        and {
            "learning_rate",
            "validation_accuracy",
        }
        <= study.run_columns
    )


ANALYSIS = Analysis(
    name="analyse_tuned",
    message="Comparing schemes, each at its own learning rate",
    reads=("runs",),
    plan=(
        *("reference", "schemes", "margins", "metric", "collapse_points"),
        *("alpha", "resamples", "analysis_seed"),
    ),
    makes=(TUNED,),
    run=run,
    applies=has_rates,
    memory_mb=2000,
    minutes=10,
    is_local=True,
)
