"""Exact intervals from sign flips, for contrasts within seeds that count failed runs.

A run that never gets to the threshold counts with its whole length. Among 20 seeds one such
outlier widens a t-interval more than it moves the mean, so that the interval covers too often
(97 % instead of 95 %, bench/statistics). Under the hypothesis that the differences are symmetric
around theta, every subset of the seeds has its mean below theta with probability one half, and
the means of all subsets cut the line into pieces that hold theta with equal probability: they
are *typical values* (Hartigan 1969, J. Am. Stat. Assoc. 64, 1303-1317). Their quantiles are the
inverted sign-flip test, exact whatever the shape. The same holds of the ratio of two sums over a
subset when first - ratio x second is symmetric around zero.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from biasinit.statistics.inference.arrays import Booleans, Floats
from biasinit.statistics.inference.sign_flips import FlipPlan, coin_signs
from biasinit.streams import Purpose, stream


@dataclass(frozen=True, kw_only=True)
class TypicalInterval:
    """An interval and the two-sided p-value of its null value, which it excludes iff p <= alpha.

    The ends are infinite where too few units exist for the level.
    """

    lower: float
    upper: float
    p: float


def typical_interval(
    first: Floats,
    second: Floats | None = None,
    *,
    null: float = 0.0,
    alpha: float = 0.05,
    resamples: int,
    rng: np.random.Generator,
) -> TypicalInterval:
    """Return the interval of mean(first), or of mean(first) / mean(second).

    Args:
        first: one value per unit, (units,), without NaN.
        second: positive values of the same units, for a ratio.
        null: value of no effect, for the p-value.
        alpha: one minus the level.
        resamples: random subsets when there are more than 16 units, otherwise all are used.
        rng: the stream of the random subsets.

    """
    units = len(first)
    if units == 0:
        return TypicalInterval(lower=np.nan, upper=np.nan, p=np.nan)
    signs, complete = coin_signs(units, resamples, rng, mirrored=True)
    chosen = (signs < 0).astype(float)
    size = chosen @ (np.ones(units) if second is None else second)
    drawn = size > 0
    values = (chosen[drawn] @ first) / size[drawn]
    # The empty subset says nothing: it counts against both ends. Random subsets are joined by
    # the empty one, which stands for the signs that were observed.
    empty = 1 if complete else int((~drawn).sum()) + 1
    total = len(values) + empty
    reach = int(np.floor(alpha / 2 * total + 1e-9)) - empty
    ordered = np.sort(values)
    tie = 1e-12 * max(float(np.abs(ordered).max(initial=0.0)), abs(null))
    below = int((ordered <= null + tie).sum()) + empty
    above = int((ordered >= null - tie).sum()) + empty
    lower, upper = -np.inf, np.inf
    if reach >= 0:
        lower, upper = float(ordered[reach]), float(ordered[len(ordered) - 1 - reach])
    return TypicalInterval(lower=lower, upper=upper, p=min(1.0, 2 * min(below, above) / total))


def with_typical_intervals(
    tests: pd.DataFrame,
    differences: Floats,
    counted: Booleans,
    plan: FlipPlan,
    *,
    name: str,
) -> pd.DataFrame:
    """Return ``tests`` with ``p, lower, upper`` of the counted columns from sign flips.

    Args:
        tests: of ``one_sample``, one row per column of ``differences``.
        differences: (units, contrasts), NaN where a unit does not enter.
        counted: (contrasts,), which columns count failed runs among their values.
        plan: how the flips are drawn.
        name: of the family.

    """
    ends = tests[["p", "lower", "upper"]].to_numpy(dtype=float).copy()
    for column in np.flatnonzero(counted & ~np.isnan(ends[:, 0])):
        values = differences[:, column]
        found = typical_interval(
            values[~np.isnan(values)],
            resamples=plan.resamples,
            rng=typical_stream(plan.analysis_seed, name),
        )
        ends[column] = found.p, found.lower, found.upper
    return tests.assign(p=ends[:, 0], lower=ends[:, 1], upper=ends[:, 2])


def typical_stream(analysis_seed: int, name: str) -> np.random.Generator:
    """Return the stream of the random subsets, the same for every contrast of a family."""
    return stream(analysis_seed, 0, Purpose.ANALYSIS, name=f"typical values, {name}")
