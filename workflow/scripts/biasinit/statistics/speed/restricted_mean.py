"""Ratio of two restricted mean times to an event, compared within seeds.

A run that never reaches the threshold, or diverges before, counts with the whole length T of the
study. The mean over seeds is then the area under the share of runs still waiting (the restricted
mean survival time), which exists whatever is censored at T, and its paired difference needs no
assumption of proportional hazards. The ratio of two restricted means gets its standard error
from leaving out one seed at a time, on the log scale.
"""

import numpy as np

from biasinit.statistics.inference.arrays import Floats


def jackknife_log_ratio(first: Floats, second: Floats) -> tuple[float, float, float]:
    """Return mean(first) / mean(second), the standard error of its logarithm, and the df.

    Args:
        first: positive values, one per unit.
        second: of the same units.

    """
    count = len(first)
    if count == 0 or first.sum() <= 0 or second.sum() <= 0:
        return float("nan"), float("nan"), float("nan")
    ratio = float(first.sum() / second.sum())
    if count < 2:
        return ratio, float("nan"), float("nan")
    left_out = (first.sum() - first) / (second.sum() - second)
    if not (left_out > 0).all():
        return ratio, float("nan"), float("nan")
    logs = np.log(left_out)
    error = float(np.sqrt((count - 1) / count * ((logs - logs.mean()) ** 2).sum()))
    if error <= 1e-12:
        return ratio, float("nan"), float("nan")
    return ratio, error, count - 1.0
