"""What an estimate travels with: its error, degrees of freedom, interval, p-value and method."""

from dataclasses import dataclass

import numpy as np
import scipy.stats

from biasinit.errors import NotEstimableError


@dataclass(frozen=True, kw_only=True)
class JointTest:
    """An F-test that several linear combinations are all zero."""

    F: float
    df_numerator: float
    df_denominator: float
    p: float


@dataclass(frozen=True, kw_only=True)
class Equivalence:
    """Two one-sided tests against +/- a margin, in units of the estimate.

    ``p_lower`` tests "at or below -margin", ``p_upper`` "at or above +margin", and ``p`` is the
    larger of them. ``smallest_margin`` is the smallest one that would be declared equivalent at
    5 %: the largest absolute bound of the 90 % interval.
    """

    estimate: float
    lower90: float
    upper90: float
    p_lower: float
    p_upper: float
    p: float
    smallest_margin: float


def two_one_sided(
    estimate: float, standard_error: float, df: float, margin: float, *, level: float = 0.05
) -> Equivalence:
    """Return two one-sided t-tests of equivalence.

    Args:
        estimate: in any unit.
        standard_error: of the estimate.
        df: degrees of freedom of the standard error.
        margin: above 0, in the unit of the estimate.
        level: of each one-sided test; the interval has the level 1 - 2 level.

    Raises:
        NotEstimableError: the margin is not above 0.

    Source: Schuirmann (1987), doi:10.1007/BF01068419.

    """
    if not 0 < margin < np.inf:
        raise NotEstimableError(
            f"'margin' must be a finite number above 0, in the unit of the outcome, got {margin!r}."
        )
    half = standard_error * float(scipy.stats.t.isf(level, df))
    with np.errstate(divide="ignore", invalid="ignore"):
        from_below = np.float64(estimate + margin) / standard_error
        from_above = np.float64(estimate - margin) / standard_error
    p_lower = float(scipy.stats.t.sf(from_below, df))
    p_upper = float(scipy.stats.t.cdf(from_above, df))
    return Equivalence(
        estimate=estimate,
        lower90=estimate - half,
        upper90=estimate + half,
        p_lower=p_lower,
        p_upper=p_upper,
        p=float(np.maximum(p_lower, p_upper)),
        smallest_margin=float(np.maximum(abs(estimate - half), abs(estimate + half))),
    )
