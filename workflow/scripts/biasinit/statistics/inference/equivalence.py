"""Two one-sided tests that an estimate lies within a margin: of one, and of a whole table."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.stats

from biasinit.errors import NotEstimableError
from biasinit.statistics.inference.arrays import Booleans, Floats
from biasinit.statistics.inference.multiplicity import holm

LEVEL = 0.05  # of each one-sided test; the interval has the level 1 - 2 LEVEL


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


def two_one_sided(estimate: float, standard_error: float, df: float, margin: float) -> Equivalence:
    """Return two one-sided t-tests of equivalence.

    Args:
        estimate: in any unit.
        standard_error: of the estimate.
        df: degrees of freedom of the standard error.
        margin: above 0, in the unit of the estimate.

    Raises:
        NotEstimableError: the margin is not above 0.

    Source: Schuirmann (1987), doi:10.1007/BF01068419.

    """
    if not 0 < margin < np.inf:
        raise NotEstimableError(
            f"'margin' must be a finite number above 0, in the unit of the outcome, got {margin!r}."
        )
    half = standard_error * float(scipy.stats.t.isf(LEVEL, df))
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


def equivalence_columns(
    estimate: Floats, standard_error: Floats, df: Floats, margin: Floats, *, family: Booleans
) -> pd.DataFrame:
    """Return ``p_equivalence, p_equivalence_adjusted, smallest_margin``.

    Args:
        estimate: (rows,), in the unit of the margin.
        standard_error: (rows,).
        df: (rows,).
        margin: (rows,), NaN where none is set; then only the smallest margin is given.
        family: rows adjusted together by Holm; the others keep their own p-value.

    """
    single = np.full(len(estimate), np.nan)
    smallest = np.full(len(estimate), np.nan)
    for row in range(len(estimate)):
        if not np.isfinite(standard_error[row]) or not df[row] > 0:
            continue
        known = bool(margin[row] > 0)
        tests = two_one_sided(
            float(estimate[row]),
            float(standard_error[row]),
            float(df[row]),
            float(margin[row]) if known else 1.0,
        )
        smallest[row] = tests.smallest_margin
        single[row] = tests.p if known else np.nan
    adjusted = single.copy()
    adjusted[family] = holm(single[family])
    return pd.DataFrame(
        {
            "p_equivalence": single,
            "p_equivalence_adjusted": adjusted,
            "smallest_margin": smallest,
        }
    )


def equivalence_of(contrasts: pd.DataFrame, *, family: Booleans) -> pd.DataFrame:
    """Return the columns of ``equivalence_columns`` for a table of contrasts.

    Args:
        contrasts: with ``estimate, standard_error, df`` and ``margin``.
        family: rows adjusted together by Holm; the others keep their own p-value.

    """
    names = ("estimate", "standard_error", "df", "margin")
    numbers = (contrasts[name].to_numpy(dtype=float) for name in names)
    return equivalence_columns(*numbers, family=family)
