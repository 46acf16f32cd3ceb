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

from biasinit.statistics.inference.arrays import Floats

TAIL_POINTS = 16  # log2 of the number of points for a p-value; below 0.5 % relative error
NODES = 5  # interpolation nodes for quantiles of many degrees of freedom
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


class LargestT:
    """The distribution of max |T_j| of a multivariate t with a given correlation.

    The union of tail events is sampled from its own pieces: pick j evenly, draw T_j from its
    tail and the others given T_j, and average 1 / (number of tails that were hit) over a Sobol
    sequence. The relative error stays below 0.5 % however small the probability is, which
    plain integration of the complement does not achieve, and singular correlations need no care.
    Source: Adler, Blanchet & Liu (2012), doi:10.1214/11-AAP792, for Gaussian fields.
    """

    def __init__(self, correlation: Floats) -> None:
        """Prepare the conditional distributions of all others given each contrast.

        Args:
            correlation: of the contrasts, (m, m), possibly singular.

        """
        self.correlation = correlation
        self.count = len(correlation)
        self._halving = max(0, int(np.ceil(np.log2(max(self.count, 1) / 8))))
        columns = correlation.T
        conditional = correlation[None] - columns[:, :, None] * columns[:, None, :]
        values, vectors = np.linalg.eigh(conditional)
        self._factors = vectors * np.sqrt(np.maximum(values, 0))[:, None, :]

    def tail(self, threshold: float, df: float, *, points: int = TAIL_POINTS) -> float:
        """Return P(max |T_j| >= threshold).

        Args:
            threshold: at least 0.
            df: degrees of freedom, possibly infinite.
            points: log2 of the number of points for up to 8 contrasts; halved per doubling
                beyond.

        """
        single = 2 * float(scipy.stats.t.sf(threshold, df))
        if threshold <= 0:
            return 1.0
        if self.count == 1:
            return single
        exponent = max(10, points - self._halving)
        uniforms = _sobol(self.count + 3, exponent)
        start = np.minimum((uniforms[:, 0] * self.count).astype(np.int64), self.count - 1)
        sign = np.where(uniforms[:, 1] < 0.5, -1.0, 1.0)
        along = 2 * uniforms[:, 1] % 1
        first = sign * scipy.stats.t.isf(along * single / 2, df)
        spread = np.ones(len(first))
        if np.isfinite(df):
            chi_square = _chi_square(self.count + 3, exponent, df + 1)
            spread = np.sqrt((df + first**2) / chi_square)
        hits = np.empty(len(first))
        for index in range(self.count):
            chosen = start == index
            others = first[chosen, None] * self.correlation[:, index]
            others += spread[chosen, None] * (
                _normals(self.count + 3, exponent)[chosen] @ self._factors[index].T
            )
            others[:, index] = first[chosen]
            hits[chosen] = (np.abs(others) >= threshold * (1 - 1e-12)).sum(axis=1)
        return min(1.0, single * self.count * float(np.mean(1 / hits)))

    def quantile(self, level: float, df: float) -> float:
        """Return q with P(max |T_j| >= q) = ``level``."""
        low = float(scipy.stats.t.isf(level / 2, df))
        high = float(scipy.stats.t.isf(level / (2 * self.count), df)) + 1e-6
        if self.count == 1:
            return low

        def excess(threshold: float) -> float:
            tail = self.tail(threshold, df, points=QUANTILE_POINTS)
            return float(np.log(tail / level))

        if excess(low) <= 0:
            return low
        if excess(high) >= 0:
            return high
        return float(scipy.optimize.brentq(excess, low, high, xtol=1e-4))

    def quantiles(self, level: float, df: Floats) -> Floats:
        """Return the quantile for each of many degrees of freedom, (contrasts,).

        The quantile is smooth in 1 / df, so beyond a few distinct values it is interpolated
        through Chebyshev nodes; the error is below that of the nodes themselves.
        """
        inverse = 1 / df
        distinct = np.unique(np.round(inverse, 8))
        if len(distinct) <= NODES:
            found = {
                value: self.quantile(level, 1 / value if value else np.inf) for value in distinct
            }
            return np.array([found[value] for value in np.round(inverse, 8)])
        low, high = float(inverse.min()), float(inverse.max())
        angles = (2 * np.arange(NODES) + 1) / (2 * NODES) * np.pi
        nodes = (low + high) / 2 + (high - low) / 2 * np.cos(angles)
        values = [self.quantile(level, 1 / node) for node in nodes]
        fitted = np.polynomial.Chebyshev.fit(nodes, values, NODES - 1, domain=[low, high])
        return np.asarray(fitted(inverse))


@lru_cache(maxsize=64)
def _chi_square(dimensions: int, exponent: int, df: float) -> Floats:
    return np.asarray(scipy.stats.chi2.ppf(_sobol(dimensions, exponent)[:, 2], df))


@lru_cache(maxsize=8)
def _normals(dimensions: int, exponent: int) -> Floats:
    return np.asarray(scipy.special.ndtri(_sobol(dimensions, exponent)[:, 3:]))


@lru_cache(maxsize=8)
def _sobol(dimensions: int, exponent: int) -> Floats:
    """Return 2**exponent scrambled Sobol points; fixed, so that a p-value is a pure function."""
    engine = scipy.stats.qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng(20150611))
    points = engine.random_base2(exponent)
    return np.asarray(np.clip(points, 1e-12, 1 - 1e-12))
