"""Two arms' risks of failing, compared within seeds.

Only pairs in which exactly one of the two failed speak, and under equal risk each of them is a
fair coin (McNemar's exact test; over several cells the coins are the seeds, since failures of one
seed in different cells are not independent).
"""

import numpy as np
import scipy.stats

from biasinit.statistics.failure.risk_difference import MOST_PAIRS, exact_risk_difference
from biasinit.statistics.inference.arrays import Booleans, Floats
from biasinit.statistics.inference.binomial import clopper_pearson


def paired_risks(first: Floats, second: Floats, alpha: float) -> dict[str, float] | None:
    """Return the comparison of two arms, or None without failures.

    Args:
        first: 1 for each failed run and 0 for the others, (cells, seeds); NaN without a run.
        second: of the other arm.
        alpha: two-sided level of the interval.

    """
    both = np.isfinite(first) & np.isfinite(second)
    differences = np.where(both, first - second, 0.0)
    pairs = int(both.sum())
    if pairs == 0 or not (np.where(both, first + second, 0.0) > 0).any():
        return None
    only_first, only_second = int((differences > 0).sum()), int((differences < 0).sum())
    p = exact_sign_p(differences.sum(axis=0))
    lower, upper = risk_difference_interval(only_first, only_second, pairs, alpha=alpha, p=p)
    if len(first) > 1:
        lower, upper = _allowing_for_seeds(differences, both, (lower, upper), alpha=alpha, p=p)
    return {
        "pairs": pairs,
        "only_scheme_failed": only_first,
        "only_reference_failed": only_second,
        "risk_difference": (only_first - only_second) / pairs,
        "lower": lower,
        "upper": upper,
        "p": p,
        "p_adjusted": np.nan,
    }


def exact_sign_p(differences: Floats) -> float:
    """Return the two-sided p-value that whole-numbered differences are symmetric about zero.

    The exact distribution of the sum over all sign flips, by convolution. For differences in
    {-1, 0, 1} it is McNemar's exact test.
    """
    sizes = np.abs(np.rint(differences)).astype(int)
    sizes = sizes[sizes > 0]
    if len(sizes) == 0:
        return 1.0
    total = int(sizes.sum())
    chance = np.zeros(2 * total + 1)
    chance[total] = 1.0
    for size in sizes:
        chance = (np.roll(chance, size) + np.roll(chance, -size)) / 2
    observed = abs(int(np.rint(differences.sum())))
    sums = np.abs(np.arange(-total, total + 1))
    return float(min(1.0, chance[sums >= observed].sum()))


def risk_difference_interval(
    only_first: int, only_second: int, pairs: int, *, alpha: float, p: float
) -> tuple[float, float]:
    """Return an interval for P(only first) - P(only second) with at least 1 - alpha coverage.

    Exact by ``risk_difference`` up to 100 pairs; beyond, the two discordant probabilities get
    Clopper-Pearson intervals at 1 - alpha/2 each. Where the interval and the exact p-value
    disagree on zero, the end near zero is moved there.
    """
    if pairs <= MOST_PAIRS:
        lower, upper = exact_risk_difference(only_first, only_second, pairs, alpha=alpha)
    else:
        level = 1 - alpha / 2
        first = clopper_pearson(only_first, pairs, level=level)
        second = clopper_pearson(only_second, pairs, level=level)
        lower, upper = first[0] - second[1], first[1] - second[0]
    if p > alpha:
        return min(lower, 0.0), max(upper, 0.0)
    if only_first > only_second:
        return max(lower, 0.0), upper
    return lower, min(upper, 0.0)


def _allowing_for_seeds(
    differences: Floats,
    both: Booleans,
    interval: tuple[float, float],
    *,
    alpha: float,
    p: float,
) -> tuple[float, float]:
    """Return the interval, widened where the failures of one seed come together.

    The exact interval takes the pairs of one seed in several cells as independent. The t-interval
    of the seeds' means does not, but is too short when few seeds failed; the wider end of the two
    holds on each side.
    """
    present = both.sum(axis=0) > 0
    means = differences.sum(axis=0)[present] / both.sum(axis=0)[present]
    seeds = len(means)
    if seeds < 2:
        return interval
    half = float(scipy.stats.t.isf(alpha / 2, seeds - 1) * means.std(ddof=1) / np.sqrt(seeds))
    middle = float(differences.sum() / both.sum())
    lower, upper = min(interval[0], middle - half), max(interval[1], middle + half)
    if p <= alpha:  # the exact test of the seeds has decided; the interval must not contradict it
        lower, upper = (max(lower, 0.0), upper) if middle > 0 else (lower, min(upper, 0.0))
    return max(lower, -1.0), min(upper, 1.0)
