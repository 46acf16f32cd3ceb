"""How the effect on an outcome is measured: a difference in points, or a ratio of times."""

from typing import TypedDict

import numpy as np
import scipy.stats

from biasinit.statistics.accuracy.planning import contrast_deviation
from biasinit.statistics.judging.contrast_row import ContrastRow
from biasinit.verdicts import Outcome


class Measured(TypedDict):
    """The part of the evidence that depends on the measure."""

    estimate: float
    lower: float
    upper: float
    null: float
    margin_lower: float
    margin_upper: float
    higher_is_better: bool


class Planned(TypedDict):
    """Effect, SD over seeds and margin on a scale on which seeds are normal numbers."""

    effect: float
    deviation: float
    margin: float


def measured(row: ContrastRow) -> Measured:
    """Return estimate, interval and margin of a contrast in the unit of its verdict."""
    return _MEASURED[Outcome(row.family)](row)


def planned(row: ContrastRow) -> Planned:
    """Return what the number of seeds that a contrast needs rests on."""
    return _PLANNED[Outcome(row.family)](row)


def _difference(row: ContrastRow) -> Measured:
    """Points of accuracy, scheme minus reference."""
    return Measured(
        estimate=row["estimate"],
        lower=row["simultaneous_lower"],
        upper=row["simultaneous_upper"],
        null=0.0,
        margin_lower=-row["margin"],
        margin_upper=row["margin"],
        higher_is_better=True,
    )


def _planned_difference(row: ContrastRow) -> Planned:
    deviation = contrast_deviation(row.numbers, int(row["seeds"]))
    return Planned(effect=row["estimate"], deviation=deviation, margin=row["margin"])


def _ratio(row: ContrastRow) -> Measured:
    """Epochs to the threshold, scheme divided by reference."""
    return Measured(
        estimate=row["ratio"],
        lower=row["ratio_simultaneous_lower"],
        upper=row["ratio_simultaneous_upper"],
        null=1.0,
        margin_lower=row["margin_lower"],
        margin_upper=row["margin_upper"],
        higher_is_better=False,
    )


def _planned_ratio(row: ContrastRow) -> Planned:
    # on the log scale, where the jackknife interval of the ratio is symmetric
    effect = float(np.log(row["ratio"]))
    reach = float(np.log(row["smallest_margin"])) - abs(effect)
    error = reach / float(scipy.stats.t.isf(0.05, row["df"]))
    return Planned(
        effect=effect,
        deviation=error * float(np.sqrt(int(row["seeds"]))),
        margin=float(min(np.log(row["margin_upper"]), -np.log(row["margin_lower"]))),
    )


_MEASURED = {
    Outcome.ACCURACY: _difference,
    Outcome.INTERACTION: _difference,
    Outcome.SPEED: _ratio,
}
_PLANNED = {
    Outcome.ACCURACY: _planned_difference,
    Outcome.INTERACTION: _planned_difference,
    Outcome.SPEED: _planned_ratio,
}
