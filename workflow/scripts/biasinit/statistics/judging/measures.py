"""How a row of contrasts is read: a difference in points, or a ratio of times."""

from collections.abc import Mapping
from typing import Any, TypedDict

import numpy as np

from biasinit.metric import Metric
from biasinit.statistics.inference.margin_probabilities import margin_probabilities
from biasinit.statistics.judging.evidence import Evidence
from biasinit.verdicts import Outcome

Row = Mapping[str, Any]


class Measured(TypedDict):
    """The part of the evidence that depends on the measure."""

    estimate: float
    lower: float
    upper: float
    equivalence_lower: float
    equivalence_upper: float
    null: float
    margin_lower: float
    margin_upper: float
    higher_is_better: bool


def measured(row: Row, outcome: Outcome, metric: Metric) -> Measured:
    """Return estimate, intervals and margin of a contrast in the unit of its verdict."""
    return _ratio(row) if outcome is Outcome.SPEED else _difference(row, metric)


def evidence_of(
    row: Row, outcome: Outcome, *, metric: Metric, lost: int, reference_lost: int, alpha: float
) -> Evidence:
    """Return what a row of contrasts says, in the unit of its verdict.

    Args:
        row: of a table of contrasts.
        outcome: what it is about.
        metric: what is measured at the end of a run.
        lost: runs of the scheme that did not come through.
        reference_lost: runs of the reference that did not.
        alpha: level of the decisions.

    """
    return Evidence(
        outcome=outcome,
        **measured(row, outcome, metric),
        equivalence_level=float(row["equivalence_level"]),
        p_adjusted=float(row["p_adjusted"]),
        p_equivalence_adjusted=float(row["p_equivalence_adjusted"]),
        alpha=alpha,
        identical=bool(row["identical"]),
        seeds=int(row["seeds"]),
        lost=lost,
        reference_lost=reference_lost,
    )


def probabilities(row: Row, outcome: Outcome) -> tuple[float, float, float]:
    """Return how probable it is that the effect lies below, within and above the margin.

    Under a flat prior; NaN where there is no standard error.
    """
    numbers = (float(row["estimate"]), float(row["standard_error"]), float(row["df"]))
    lower, upper = _margins(row, outcome)
    found = margin_probabilities(*numbers, lower, upper)
    return float(found.below), float(found.inside), float(found.above)


def _margins(row: Row, outcome: Outcome) -> tuple[float, float]:
    """Return the ends of the margin on the scale of the estimate."""
    if outcome is Outcome.SPEED:
        return float(np.log(row["margin_lower"])), float(np.log(row["margin_upper"]))
    return -float(row["margin"]), float(row["margin"])


def _difference(row: Row, metric: Metric) -> Measured:
    """Points of accuracy, or the unit of another metric, scheme minus reference."""
    return Measured(
        estimate=float(row["estimate"]),
        lower=float(row["simultaneous_lower"]),
        upper=float(row["simultaneous_upper"]),
        equivalence_lower=float(row["equivalence_lower"]),
        equivalence_upper=float(row["equivalence_upper"]),
        null=0.0,
        margin_lower=-float(row["margin"]),
        margin_upper=float(row["margin"]),
        higher_is_better=metric.better == "higher",
    )


def _ratio(row: Row) -> Measured:
    """Epochs to the threshold, scheme divided by reference."""
    return Measured(
        estimate=float(row["ratio"]),
        lower=float(row["ratio_simultaneous_lower"]),
        upper=float(row["ratio_simultaneous_upper"]),
        equivalence_lower=float(row["ratio_equivalence_lower"]),
        equivalence_upper=float(row["ratio_equivalence_upper"]),
        null=1.0,
        margin_lower=float(row["margin_lower"]),
        margin_upper=float(row["margin_upper"]),
        higher_is_better=False,
    )
