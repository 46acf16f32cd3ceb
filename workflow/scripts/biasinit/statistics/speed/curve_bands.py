"""Bands that hold for a whole mean curve at once.

A pointwise interval covers the mean at each epoch in 95 % of studies, and the mean at all epochs
in far fewer (9 % of independent-looking curves of 36 points over 10 seeds, simulated). The band is
mean +/- c * standard error with one critical value c for the whole curve: the 95 % quantile, over
random signs of whole seeds, of the largest studentised mean of the centred curves (a multiplier
bootstrap with Rademacher weights). Under normality it covers 94 to 97 % with 10 to 40 seeds;
strongly skewed outcomes, as near a ceiling, are covered less often.
Source: sup-t bands, Montiel Olea & Plagborg-Moller (2019), doi:10.1002/jae.2656.
"""

import numpy as np

from biasinit.statistics.inference.arrays import Floats

FEWEST_SEEDS = 6  # with fewer, the flips are too few for a quantile of 95 %


def largest_t_quantile(curves: Floats, signs: Floats, *, level: float = 0.95) -> float:
    """Return the critical value of a band for the mean of curves.

    Args:
        curves: (seeds, points), NaN where a seed has no point.
        signs: of whole seeds, (flips, seeds).
        level: of the band.

    Returns:
        NaN with fewer than six seeds, or where no point varies.

    """
    present = ~np.isnan(curves)
    count = present.sum(axis=0)
    mean = np.where(present, curves, 0.0).sum(axis=0) / np.maximum(count, 1)
    around = np.where(present, curves - mean, 0.0)
    largest = np.abs(np.where(present, curves, 0.0)).max(axis=0, initial=0.0)
    usable = (count >= FEWEST_SEEDS) & (np.abs(around).max(axis=0, initial=0.0) > 1e-11 * largest)
    if not usable.any():
        return float("nan")
    around, count = around[:, usable], count[usable]
    flipped = signs @ around / count
    # the flip keeps the sum of squares, so the variance follows from the mean
    square = (around**2).sum(axis=0) / count
    variance = np.maximum(square - flipped**2, 1e-24 * square) / (count - 1)
    t = np.abs(flipped) / np.sqrt(variance)
    return float(np.quantile(t.max(axis=1), level, method="higher"))
