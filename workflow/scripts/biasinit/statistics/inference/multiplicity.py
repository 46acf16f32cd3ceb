"""Adjusting p-values of several contrasts at once, by their order alone.

By statsmodels' `multipletests`, which has no answer where one p-value is missing; here a NaN stays
NaN and does not count. Its Holm is the exception: it collects Python's garbage in every call, 34 ms
for eight p-values against 6 µs here, and a simulated study needs some ten calls.
"""

import numpy as np
from statsmodels.stats.multitest import multipletests

from biasinit.statistics.inference.arrays import Floats


def holm(p_values: Floats) -> Floats:
    """Return Holm's step-down adjusted p-values: the error of the family, however dependent."""
    adjusted = np.full(len(p_values), np.nan)
    known = np.flatnonzero(~np.isnan(p_values))
    order = known[np.argsort(p_values[known], kind="stable")]
    factors = len(order) - np.arange(len(order))
    adjusted[order] = np.minimum(1, np.maximum.accumulate(factors * p_values[order]))
    return adjusted


def benjamini_hochberg(p_values: Floats) -> Floats:
    """Return Benjamini-Hochberg adjusted p-values: the false discovery rate, if independent."""
    return _false_discovery(p_values, "fdr_bh")


def benjamini_yekutieli(p_values: Floats) -> Floats:
    """Return Benjamini-Yekutieli adjusted p-values: the false discovery rate, however dependent.

    Source: Benjamini & Yekutieli (2001), doi:10.1214/aos/1013699998.
    """
    return _false_discovery(p_values, "fdr_by")


def _false_discovery(p_values: Floats, method: str) -> Floats:
    adjusted = np.full(len(p_values), np.nan)
    known = ~np.isnan(p_values)
    if known.any():
        adjusted[known] = multipletests(p_values[known], method=method)[1]
    return adjusted


def holm_levels(p_values: Floats, alpha: float) -> Floats:
    """Return the level at which Holm's procedure decides each hypothesis.

    A p-value is below its level exactly where ``holm`` is below alpha: rejected ones have the
    level of their step, all others that of the step at which the procedure stopped. An interval
    at this level and a decision never disagree. NaN stays NaN.
    """
    levels = np.full(len(p_values), np.nan)
    known = np.flatnonzero(~np.isnan(p_values))
    order = known[np.argsort(p_values[known], kind="stable")]
    steps = alpha / (len(order) - np.arange(len(order)))
    stopped = np.flatnonzero(~(p_values[order] < steps))
    if len(stopped):
        steps[stopped[0] :] = steps[stopped[0]]
    levels[order] = steps
    return levels
