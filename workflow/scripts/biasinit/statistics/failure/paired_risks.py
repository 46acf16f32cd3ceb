"""Two arms' risks of an event, compared within seeds.

Only pairs in which exactly one of the two has the event speak, and under equal risk each of them
is a fair coin (McNemar's exact test).
"""

import numpy as np
import scipy.stats

from biasinit.statistics.failure.risk_difference import MOST_PAIRS, exact_risk_difference
from biasinit.statistics.inference.arrays import Floats
from biasinit.statistics.inference.binomial import clopper_pearson


def paired_risks(first: Floats, second: Floats, alpha: float) -> dict[str, float] | None:
    """Return the comparison of two arms, or None where neither has the event.

    Args:
        first: 1 for each seed with the event and 0 for the others, (seeds,); NaN without a pair.
        second: of the other arm.
        alpha: two-sided level of the interval.

    """
    both = np.isfinite(first) & np.isfinite(second)
    pairs = int(both.sum())
    events = int((first[both] > 0).sum()), int((second[both] > 0).sum())
    if not any(events):
        return None
    only_first = int(((first > 0) & ~(second > 0) & both).sum())
    only_second = int(((second > 0) & ~(first > 0) & both).sum())
    p = exact_sign_p(only_first, only_second)
    lower, upper = risk_difference_interval(only_first, only_second, pairs, alpha=alpha, p=p)
    return {
        "pairs": pairs,
        "scheme_events": events[0],
        "reference_events": events[1],
        "only_scheme": only_first,
        "only_reference": only_second,
        "risk_difference": (only_first - only_second) / pairs,
        "lower": lower,
        "upper": upper,
        "p": p,
        "p_adjusted": np.nan,
    }


def exact_sign_p(only_first: int, only_second: int) -> float:
    """Return McNemar's exact two-sided p-value; 1 without a pair that speaks."""
    speaking = only_first + only_second
    if speaking == 0:
        return 1.0
    return float(scipy.stats.binomtest(only_first, speaking).pvalue)


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
