"""Restricted mean time to an event, compared within seeds.

A run that never reaches the threshold, or diverges before, counts with the whole length T of the
study. The mean over seeds is then the area under the share of runs still waiting (the restricted
mean survival time), which exists whatever is censored at T, and its paired difference needs no
assumption of proportional hazards. The ratio of two restricted means gets its standard error
from leaving out one seed at a time, on the log scale.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.stats

from biasinit.errors import NotEstimableError, RunsTableError
from biasinit.statistics.inference.arrays import Floats, column_numbers
from biasinit.statistics.inference.model_formula import as_list
from biasinit.statistics.paired.contrasts import arrange, one_sample


@dataclass(frozen=True, kw_only=True)
class RestrictedMeanContrast:
    """Difference and ratio of two restricted means, in units of time.

    ``log_ratio_error`` is the jackknife standard error of log(ratio), with ``df``.
    """

    level: str
    reference: str
    units: int
    mean: float
    reference_mean: float
    difference: float
    standard_error: float
    df: float
    p: float
    lower: float
    upper: float
    ratio: float
    log_ratio_error: float
    ratio_lower: float
    ratio_upper: float


def restricted_mean_contrast(
    data: pd.DataFrame,
    time: str,
    event: str,
    factor: str,
    level: str,
    reference: str,
    *,
    restriction: float,
    unit: str = "seed",
    average_over: str | Sequence[str] | None = (),
) -> RestrictedMeanContrast:
    """Return one level against the reference, within units.

    Args:
        data: one row per run.
        time: time of the event, or the last time seen; missing counts as not reached.
        event: true/false or 1/0: whether the event happened.
        factor: column of the levels.
        level: compared.
        reference: subtracted, or divided by.
        restriction: T, above 0; an event after it counts as not happened.
        unit: independent units.
        average_over: columns whose combinations are averaged with equal weights.

    Raises:
        RunsTableError: a column is missing, holds text, or a time is negative.
        NotEstimableError: no run has one of the two levels.

    """
    happened = column_numbers(data, event).fillna(0) > 0
    times = column_numbers(data, time)
    if (times < 0).any():
        raise RunsTableError(
            f"The column {time!r} must hold times of at least 0, got {times.min():g}."
        )
    restricted = times.where(happened, restriction).fillna(restriction)
    table = data.assign(restricted_time=np.minimum(restricted, restriction))
    array = arrange(
        table, "restricted_time", factor, unit=unit, cells=as_list(average_over), strata=[]
    )
    for name in (level, reference):
        if name not in array.levels:
            raise NotEstimableError(
                f"No run has the level {name!r}; the table has {', '.join(array.levels)}."
            )
    first, second = (
        array.cell_mean(array.values[..., array.levels.index(name)])[0]
        for name in (level, reference)
    )
    both = np.isfinite(first) & np.isfinite(second)
    first, second = first[both], second[both]
    tests = one_sample((first - second)[:, None]).iloc[0]
    ratio, error, df = jackknife_log_ratio(first, second)
    half = error * float(scipy.stats.t.isf(0.025, df)) if df > 0 else float("nan")
    return RestrictedMeanContrast(
        level=level,
        reference=reference,
        units=int(both.sum()),
        mean=float(first.mean()) if len(first) else float("nan"),
        reference_mean=float(second.mean()) if len(second) else float("nan"),
        difference=float(tests["estimate"]),
        standard_error=float(tests["standard_error"]),
        df=float(tests["df"]),
        p=float(tests["p"]),
        lower=float(tests["lower"]),
        upper=float(tests["upper"]),
        ratio=ratio,
        log_ratio_error=error,
        ratio_lower=float(ratio * np.exp(-half)),
        ratio_upper=float(ratio * np.exp(half)),
    )


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
