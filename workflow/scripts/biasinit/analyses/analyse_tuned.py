"""Every scheme against the reference, each at the learning rate that suits it best."""

from collections.abc import Mapping
from typing import Any

from biasinit.analyses.columns import (
    BASIS,
    DEGREES_OF_FREEDOM,
    EQUIVALENCE,
    MARGIN,
    NORMALIZATION,
    REFERENCE,
    SCHEME,
    SEEDS,
    STANDARD_ERROR,
    family_of_flips,
    interval,
)
from biasinit.analyses.contract import AnalysedStudy, Analysis, Tables
from biasinit.runs.columns import Table, flag, number, text

TUNED = Table(
    name="tuned",
    folder="analysis",
    note="Only where the study sets `analysis.tuning_seeds`.\n"
    "Differences of final accuracy from the reference, each scheme at the learning rate of its "
    "highest mean validation accuracy among the first `tuning_seeds` seeds, on the other seeds "
    "alone; all rows are one family.",
    columns=(
        NORMALIZATION,
        SCHEME,
        REFERENCE,
        text(
            "learning_rates",
            "chosen for the scheme, one for each cell without the learning rate",
        ),
        text("reference_learning_rates", "chosen for the reference"),
        flag(
            "at_edge",
            "whether one of them is the smallest or the largest tried, so that a better one may "
            "lie beyond",
        ),
        BASIS,
        SEEDS,
        number("estimate", "mean of the differences within seeds", unit="points"),
        number("standard_error", STANDARD_ERROR, unit="points"),
        number("df", DEGREES_OF_FREEDOM),
        *interval("points"),
        number("p", "of the row alone, by one-sample t"),
        *family_of_flips("points"),
        MARGIN,
        *EQUIVALENCE,
    ),
)


def run(tables: Tables, plan: Mapping[str, Any]) -> Tables:
    """Return contrasts at tuned learning rates."""
    from biasinit.statistics.paired.tuned_rates import tuned_contrasts

    return {TUNED.name: tuned_contrasts(tables["runs"], **plan)}


def tunes(study: AnalysedStudy) -> bool:
    """Return whether some seeds choose learning rates."""
    return study.plan["tuning_seeds"] > 0


ANALYSIS = Analysis(
    name="analyse_tuned",
    message="Comparing schemes, each at its own learning rate",
    reads=("runs",),
    plan=(
        "reference",
        "schemes",
        "margins",
        "alpha",
        "resamples",
        "analysis_seed",
        "tuning_seeds",
    ),
    makes=(TUNED,),
    run=run,
    applies=tunes,
    memory_mb=2000,
    minutes=10,
    is_local=True,
)
