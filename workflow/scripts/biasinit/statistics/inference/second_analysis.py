"""The analysis that stands beside the one that decides: its p-values, and where it disagrees."""

import numpy as np

from biasinit.statistics.inference.arrays import Booleans, Floats
from biasinit.statistics.inference.multiplicity import benjamini_hochberg, holm


def adjusted_beside(p_values: Floats, family: Booleans) -> Floats:
    """Return p-values by Holm within the family, by Benjamini-Hochberg among the other rows."""
    adjusted = np.full(len(p_values), np.nan)
    adjusted[family] = holm(p_values[family])
    adjusted[~family] = benjamini_hochberg(p_values[~family])
    return adjusted


def fragile(p_adjusted: Floats, second: Floats, opposite: Booleans, *, alpha: float) -> Booleans:
    """Return where two analyses decide differently, or both for effects of opposite sign.

    Args:
        p_adjusted: of the analysis that decides, (rows,).
        second: adjusted p-values of the other; where either is NaN, nothing is fragile.
        opposite: whether their estimates have opposite signs.
        alpha: level of both decisions.

    """
    known = ~np.isnan(p_adjusted) & ~np.isnan(second)
    decided, modelled = p_adjusted <= alpha, second <= alpha
    return np.asarray(known & ((decided != modelled) | (decided & opposite)))
