"""Adjusting p-values of several contrasts at once, by their order alone."""

import numpy as np

from biasinit.statistics.inference.arrays import Floats


def holm(p_values: Floats) -> Floats:
    """Return Holm's step-down adjusted p-values; NaN stays NaN and does not count."""
    adjusted = np.full(len(p_values), np.nan)
    known = np.flatnonzero(~np.isnan(p_values))
    order = known[np.argsort(p_values[known], kind="stable")]
    factors = len(order) - np.arange(len(order))
    adjusted[order] = np.minimum(1, np.maximum.accumulate(factors * p_values[order]))
    return adjusted


def benjamini_hochberg(p_values: Floats) -> Floats:
    """Return Benjamini-Hochberg adjusted p-values; NaN stays NaN and does not count."""
    adjusted = np.full(len(p_values), np.nan)
    known = np.flatnonzero(~np.isnan(p_values))
    order = known[np.argsort(-p_values[known], kind="stable")]
    factors = len(order) / np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(1, np.minimum.accumulate(factors * p_values[order]))
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
