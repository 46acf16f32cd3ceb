"""Whether a quantity of the start goes with accuracy, from scheme to scheme within seeds.

All schemes of a seed share weights, images and batches, so that a slope within seeds compares
schemes and nothing else. It is one least-squares slope with a level of its own for each seed; seeds
are independent, so its error is that of a ratio of means over seeds (Cochran 1977, "Sampling
techniques", section 6.3; the same as errors clustered by seed), with t of one fewer than seeds. A
mean of the seeds' own slopes would be ruled by seeds in which all schemes are nearly alike.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.stats

from biasinit.statistics.inference.arrays import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class WithinSeeds:
    """What accuracy does from the scheme with the least of a quantity to that with the most.

    Attributes:
        least, most: smallest and largest mean of a scheme.
        schemes: how many were compared.
        seeds: that have every scheme.
        left_out: those that lack one.
        change: points of accuracy over the whole way; NaN where no seed has schemes that differ.
        standard_error: of the change.

    """

    least: float
    most: float
    schemes: int
    seeds: int
    left_out: int
    change: float
    standard_error: float

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the interval of the change; endless where there is no error."""
        if math.isnan(self.standard_error):
            return -math.inf, math.inf
        half = self.standard_error * float(scipy.stats.t.ppf((1 + level) / 2, self.seeds - 1))
        return self.change - half, self.change + half

    def p_different(self) -> float:
        """Return the p-value of no change."""
        return min(1.0, 2 * self._tail(abs(self.change)))

    def p_equivalent(self, margin: float) -> float:
        """Return the larger p-value of the two one-sided tests that it is within a margin."""
        return max(self._tail(margin - self.change), self._tail(margin + self.change))

    def _tail(self, distance: float) -> float:
        if math.isnan(self.standard_error):
            return 1.0
        if self.standard_error == 0:
            return 0.0 if distance > 0 else 1.0
        return float(scipy.stats.t.sf(distance / self.standard_error, self.seeds - 1))


def within_seeds(quantity: pd.DataFrame, accuracy: pd.DataFrame) -> WithinSeeds:
    """Return how accuracy changes with a quantity from scheme to scheme.

    Args:
        quantity: by seed and scheme, one row for each seed and one column for each scheme.
        accuracy: the same, in points.

    """
    whole = (quantity.notna() & accuracy.notna()).all(axis=1)
    told = quantity[whole].to_numpy(dtype=np.float64)
    seeds = len(told)
    means = told.mean(axis=0) if seeds else np.full(quantity.shape[1], math.nan)
    slope, error = _slope(told, accuracy[whole].to_numpy(dtype=np.float64))
    way = float(means.max() - means.min())
    return WithinSeeds(
        least=float(means.min()),
        most=float(means.max()),
        schemes=quantity.shape[1],
        seeds=seeds,
        left_out=len(quantity) - seeds,
        change=way * slope,
        standard_error=way * error,
    )


def _slope(quantity: Floats, accuracy: Floats) -> tuple[float, float]:
    """Return the slope within seeds and its standard error; NaN where nothing gives them."""
    seeds = len(quantity)
    if not seeds:
        return math.nan, math.nan
    centred = quantity - quantity.mean(axis=1, keepdims=True)
    squares = (centred**2).sum(axis=1)
    products = (centred * accuracy).sum(axis=1)
    if squares.sum() == 0:
        return math.nan, math.nan
    slope = float(products.sum() / squares.sum())
    if seeds == 1:
        return slope, math.nan
    rest = products - slope * squares
    return slope, float(rest.std(ddof=1) / math.sqrt(seeds) / squares.mean())
