"""Adjusting p-values and intervals for several contrasts at once.

The single-step adjustments use the joint multivariate t of all contrasts:
``p_adjusted = P(max_j |T_j| >= |t|)`` with the contrasts' own correlation, which is Tukey's
adjustment for all pairs and Dunnett's for comparisons with a reference, exact in unbalanced and
correlated designs too (R: ``emmeans(adjust = "mvt")``).
"""

from functools import lru_cache

import numpy as np
import scipy.optimize
import scipy.special
import scipy.stats
import scipy.stats.qmc

from biasinit.statistics.arrays import Floats

TAIL_POINTS = 15  # log2 of the number of points for a p-value; 0.1 % relative error
QUANTILE_POINTS = 13  # the same for a quantile, whose error is a tenth of the tail's


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


def largest_t_tail(
    threshold: float, correlation: Floats, df: float, *, points: int = TAIL_POINTS
) -> float:
    """Return P(max |T_j| >= threshold) for a multivariate t.

    The union of tail events is sampled from its own pieces: pick j evenly, draw T_j from its
    tail and the others given T_j, and average 1 / (number of tails that were hit) over a Sobol
    sequence. The relative error stays below about 0.2 % however small the probability is, which
    plain integration of the complement does not achieve, and singular correlations need no care.
    Source: Adler, Blanchet & Liu (2012), doi:10.1214/11-AAP792, for Gaussian fields.

    Args:
        threshold: at least 0.
        correlation: of the contrasts, (m, m), possibly singular.
        df: degrees of freedom, possibly infinite.
        points: log2 of the number of points for up to 8 contrasts; halved per doubling beyond.

    """
    count = len(correlation)
    tail = 2 * float(scipy.stats.t.sf(threshold, df))
    if count == 1 or threshold <= 0:
        return min(1.0, tail) if threshold > 0 else 1.0
    exponent = max(10, points - max(0, int(np.ceil(np.log2(count / 8)))))
    uniforms = _sobol(count + 3, exponent)
    start = np.minimum((uniforms[:, 0] * count).astype(np.int64), count - 1)
    sign = np.where(uniforms[:, 1] < 0.5, -1.0, 1.0)
    along = 2 * uniforms[:, 1] % 1
    first = sign * scipy.stats.t.isf(along * tail / 2, df)
    if np.isfinite(df):
        spread = np.sqrt((df + first**2) / _chi_square(count + 3, exponent, df + 1))
    else:
        spread = np.ones(len(first))
    hits = np.empty(len(first))
    for index in range(count):
        chosen = start == index
        column = correlation[:, index]
        values, vectors = np.linalg.eigh(correlation - np.outer(column, column))
        factor = vectors * np.sqrt(np.maximum(values, 0))
        normals = scipy.special.ndtri(uniforms[chosen, 3:])
        others = first[chosen, None] * column + spread[chosen, None] * (normals @ factor.T)
        others[:, index] = first[chosen]
        hits[chosen] = (np.abs(others) >= threshold * (1 - 1e-12)).sum(axis=1)
    return min(1.0, tail * count * float(np.mean(1 / hits)))


def largest_t_quantile(level: float, correlation: Floats, df: float) -> float:
    """Return q with P(max |T_j| >= q) = ``level`` for a multivariate t."""
    low = float(scipy.stats.t.isf(level / 2, df))
    high = float(scipy.stats.t.isf(level / (2 * len(correlation)), df)) + 1e-6
    if len(correlation) == 1:
        return low

    def excess(threshold: float) -> float:
        return float(
            np.log(largest_t_tail(threshold, correlation, df, points=QUANTILE_POINTS) / level)
        )

    if excess(low) <= 0:
        return low
    if excess(high) >= 0:
        return high
    return float(scipy.optimize.brentq(excess, low, high, xtol=1e-4))


@lru_cache(maxsize=64)
def _chi_square(dimensions: int, exponent: int, df: float) -> Floats:
    return np.asarray(scipy.stats.chi2.ppf(_sobol(dimensions, exponent)[:, 2], df))


@lru_cache(maxsize=8)
def _sobol(dimensions: int, exponent: int) -> Floats:
    """Return 2**exponent scrambled Sobol points; fixed, so that a p-value is a pure function."""
    engine = scipy.stats.qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng(20150611))
    points = engine.random_base2(exponent)
    return np.asarray(np.clip(points, 1e-12, 1 - 1e-12))
