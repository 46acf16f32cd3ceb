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
