"""Whether a quantity of the start goes with accuracy, from scheme to scheme within seeds.

All schemes of a seed share weights, images and batches, so that a slope within a seed compares
schemes and nothing else. The slopes of seeds are independent, and their mean is tested by t: the
method of summary measures (Matthews, Altman, Campbell and Royston 1990, BMJ 300:230).
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
        seeds: with a slope; those where all schemes have the same value have none.
        left_out: seeds that lack a scheme, or have no slope.
        change: points of accuracy over the whole way, the mean of seeds.
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
        """Return the interval of the change; endless with fewer than two seeds."""
        if self.seeds < 2:
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
        if self.seeds < 2:
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
    slopes = _slopes(told, accuracy[whole].to_numpy(dtype=np.float64))
    slopes = slopes[np.isfinite(slopes)]
    means = told.mean(axis=0) if len(told) else np.full(quantity.shape[1], math.nan)
    way, seeds = float(means.max() - means.min()), len(slopes)
    spread = float(slopes.std(ddof=1)) if seeds > 1 else math.nan
    return WithinSeeds(
        least=float(means.min()),
        most=float(means.max()),
        schemes=quantity.shape[1],
        seeds=seeds,
        left_out=len(quantity) - seeds,
        change=way * float(slopes.mean()) if seeds else math.nan,
        standard_error=way * spread / math.sqrt(max(seeds, 1)),
    )


def _slopes(quantity: Floats, accuracy: Floats) -> Floats:
    """Return the least-squares slope of each row, (seeds,); NaN where the quantity is constant."""
    centred = quantity - quantity.mean(axis=1, keepdims=True)
    squares = (centred**2).sum(axis=1)
    products = (centred * accuracy).sum(axis=1)
    found = np.full(len(squares), np.nan)
    np.divide(products, squares, out=found, where=squares > 0)
    return found
