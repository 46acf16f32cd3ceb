"""Whether a contrast is the same in all cells."""

import numpy as np
import scipy.stats

from biasinit.statistics.inference.arrays import Floats
from biasinit.statistics.paired.arms import ArmDifferences


def homogeneity_p(differences: ArmDifferences) -> Floats:
    """Return, for each row over all cells, the p-value that the difference is the same in each.

    Hotelling's test of the differences between cells, seed by seed; NaN for single cells, with
    one cell, or with too few seeds for the number of cells.
    """
    labels = differences.labels
    found = np.full(len(labels), np.nan)
    for place in np.flatnonzero(differences.over_all_cells):
        row = labels.iloc[place]
        cells = differences.single_cells_of(row["normalization"], row["scheme"])
        if len(cells) >= 2:
            values = differences.values[:, cells]
            found[place] = equal_means_p(values[np.isfinite(values).all(axis=1)])
    return found


def equal_means_p(values: Floats) -> float:
    """Return Hotelling's p-value that all columns of paired values have the same mean.

    Args:
        values: (units, columns), complete.

    """
    steps = values[:, 1:] - values[:, :1]
    units, count = steps.shape
    if units <= count + 1:
        return float("nan")
    mean, covariance = steps.mean(axis=0), np.atleast_2d(np.cov(steps.T))
    if np.linalg.cond(covariance) > 1e12:
        return float("nan")
    statistic = units * float(mean @ np.linalg.solve(covariance, mean))
    f = statistic * (units - count) / ((units - 1) * count)
    return float(scipy.stats.f.sf(f, count, units - count))
