"""The sign-flip distribution of a family of paired contrasts, and what follows from it.

Under the hypothesis that a scheme makes no difference, the sign of each seed's difference is a
fair coin, so flipping whole seeds (one coin per seed, common to all contrasts of the family)
gives the joint null distribution without any assumption on shape, variance or correlation.

Two single-step adjustments (Westfall & Young 1993): *max-|t|* compares each |t| with the
largest |t| of each flip; *min-p* ranks each contrast within its own flip distribution first. One
failed run in one arm makes that arm's t bounded and tiny, which max-|t| can never find (0 % power
against 100 %, docs/statistics.md), so min-p is used where runs failed.

With at most 16 units all flips are used, otherwise random ones with p = (b + 1) / (B + 1).
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from biasinit.statistics.inference.arrays import Booleans, Floats

ALL_FLIPS_UP_TO = 16  # units; 2**15 flips, as a flip and its mirror image give the same |t|
TIE = 1e-9  # relative difference of two |t| below which they are the same


class FlipMethod(StrEnum):
    """How the family is adjusted."""

    LARGEST_T = "sign flips of seeds, largest |t|"
    SMALLEST_P = "sign flips of seeds, smallest p"


@dataclass(frozen=True, slots=True, kw_only=True)
class FlipPlan:
    """What the registered plan fixes of a study's families of sign flips.

    ``alpha`` is the error rate of each family, ``resamples`` the number of random flips where
    there are more than 16 seeds, and ``analysis_seed`` keys them together with a family's name.
    """

    alpha: float
    resamples: int
    analysis_seed: int


@dataclass(frozen=True, kw_only=True)
class FlipFamily:
    """Adjusted p-values and the critical |t| of each contrast, (contrasts,).

    A contrast is rejected at ``alpha`` exactly when its |t| exceeds its critical value, so that
    p-values and intervals never disagree; the critical value is infinite where too few units
    exist to reject at all. ``single`` holds the unadjusted flip p-values.
    """

    p_adjusted: Floats
    critical: Floats
    single: Floats


def flip_family(
    differences: Floats,
    *,
    method: FlipMethod,
    alpha: float,
    resamples: int,
    rng: np.random.Generator,
) -> FlipFamily:
    """Return the family's adjusted p-values.

    Args:
        differences: one row per unit, one column per contrast, (units, contrasts); NaN where a
            unit does not enter a contrast. A column that does not vary gets NaN.
        method: largest |t| or smallest p.
        alpha: family-wise error rate of the critical values.
        resamples: number of random flips when not all are used.
        rng: the stream of the random flips.

    """
    count = differences.shape[1]
    present = ~np.isnan(differences)
    values = np.where(present, differences, 0.0)
    units = present.sum(axis=0)
    usable = (units >= 2) & varies(differences)
    p_adjusted, critical, single = (np.full(count, np.nan) for _ in range(3))
    signs, complete = coin_signs(len(differences), resamples, rng)
    if usable.any():
        observed, flipped = _absolute_t(values[:, usable], units[usable], signs)
        total = len(signs) + (0 if complete else 1)
        own = _share_at_least(flipped, observed, total, complete)
        if method is FlipMethod.LARGEST_T:
            largest = flipped.max(axis=1)
            adjusted = _share_at_least(
                np.repeat(largest[:, None], len(observed), axis=1), observed, total, complete
            )
            limits = np.full(len(observed), _order_statistic(largest, alpha, total, complete))
        else:
            adjusted, limits = _smallest_p(flipped, observed, own, alpha, total, complete)
        # a flip within TIE of |t| counts as reaching it, so |t| must pass the limit by as much;
        # otherwise an interval that should touch 0 could miss it by rounding
        p_adjusted[usable], critical[usable], single[usable] = adjusted, limits / (1 - TIE), own
    return FlipFamily(p_adjusted=p_adjusted, critical=critical, single=single)


def varies(differences: Floats) -> Booleans:
    """Return which columns hold more than rounding noise around their mean."""
    present = ~np.isnan(differences)
    units = np.maximum(present.sum(axis=0), 1)
    values = np.where(present, differences, 0.0)
    mean = values.sum(axis=0) / units
    spread = np.where(present, np.abs(differences - mean), 0.0).max(axis=0, initial=0.0)
    return np.asarray(spread > 1e-11 * np.abs(values).max(axis=0, initial=0.0))


def coin_signs(
    units: int, resamples: int, rng: np.random.Generator, *, mirrored: bool = False
) -> tuple[Floats, bool]:
    """Return signs (flips, units), and whether they are all that exist.

    Args:
        units: number of coins.
        resamples: random flips when there are more than 16 units.
        rng: the stream of the random flips.
        mirrored: whether a flip and its mirror image both appear among all flips; for |t| one
            of them is enough.

    """
    if units <= ALL_FLIPS_UP_TO:
        codes = np.arange(2 ** max(units - (0 if mirrored else 1), 0))
        bits = (codes[:, None] >> np.arange(units)) & 1
        return np.asarray(1.0 - 2.0 * bits, dtype=np.float64), True
    coins = rng.integers(0, 2, size=(resamples, units))
    return np.asarray(2.0 * coins - 1.0, dtype=np.float64), False


def _absolute_t(values: Floats, units: Floats, signs: Floats) -> tuple[Floats, Floats]:
    """Return observed |t| (contrasts,) and flipped |t| (flips, contrasts)."""
    scale = np.abs(values).max(axis=0)
    values = values / scale  # squares of values near 1e12 or 1e-200 must not overflow
    square = (values**2).sum(axis=0) / units

    def absolute_t(mean: Floats) -> Floats:
        # the flip keeps the sum of squares, so the variance follows from the mean
        variance = np.maximum(square - mean**2, 1e-24) / (units - 1)
        return np.asarray(np.abs(mean) / np.sqrt(variance))

    return absolute_t(values.sum(axis=0) / units), absolute_t(signs @ values / units)


def _share_at_least(flipped: Floats, observed: Floats, total: int, complete: bool) -> Floats:
    count = (flipped >= observed * (1 - TIE)).sum(axis=0)
    return np.asarray((count + (0 if complete else 1)) / total)


def _order_statistic(values: Floats, alpha: float, total: int, complete: bool) -> float:
    """Return the value that must be exceeded for the p-value to be at most ``alpha``."""
    allowed = int(np.floor(alpha * total + 1e-9)) - (0 if complete else 1)
    if allowed < (1 if complete else 0):
        return float(np.inf)
    # at most ``allowed`` flips may reach |t|, so |t| must exceed the next largest
    return float(np.partition(values, len(values) - 1 - allowed)[len(values) - 1 - allowed])


def _smallest_p(
    flipped: Floats, observed: Floats, own: Floats, alpha: float, total: int, complete: bool
) -> tuple[Floats, Floats]:
    """Return min-p adjusted p-values and critical |t| by contrast."""
    flips, count = flipped.shape
    ranked = np.empty_like(flipped)
    ordered = np.sort(flipped, axis=0)
    for column in range(count):
        below = np.searchsorted(ordered[:, column], flipped[:, column] * (1 - TIE), side="left")
        ranked[:, column] = flips - below  # flips at least as large, itself included
    smallest = ranked.min(axis=1)
    # an observed p counts flips at least as large, and itself when it is not among the flips
    reached = np.rint(own * total)
    count_smaller = (smallest[:, None] <= reached).sum(axis=0)
    adjusted = (count_smaller + (0 if complete else 1)) / total
    limit = -_order_statistic(-smallest, alpha, total, complete)
    critical = np.full(count, np.inf)
    if np.isfinite(limit):
        for column in range(count):
            # the count of the observed |t| must stay below ``limit``
            most = int(limit) - 1 - (0 if complete else 1)
            if most >= (1 if complete else 0):
                critical[column] = ordered[flips - 1 - most, column]
    return np.minimum(adjusted, 1.0), critical
