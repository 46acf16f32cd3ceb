"""One number for each seed where some of its pairs are set apart.

The mean over cells of the means of each cell's pairs is an estimate in which a run that failed in
one cell takes nothing from the others. Seeds are independent of each other, not the pairs of one
seed, so its variance is that of the influence of whole seeds (the linearisation of survey
statistics; Cochran 1977, section 6.3).
"""

import numpy as np

from biasinit.statistics.inference.arrays import Floats


def seed_values(differences: Floats) -> Floats:
    """Return one number for each seed, whose mean is the mean over cells of the cells' means.

    Where no pair is missing they are the seeds' own means over the cells.

    Args:
        differences: (cells, seeds), NaN where a pair is missing or set apart.

    Returns:
        (seeds,); NaN where a seed has no pair in any cell, and everywhere when a cell has none: a
        mean over the other cells would be the answer to another question.

    """
    present = ~np.isnan(differences)
    pairs = present.sum(axis=1, keepdims=True)
    used = np.asarray(present.any(axis=0))
    if not pairs.all():
        return np.full(len(used), np.nan)
    means = np.where(present, differences, 0.0).sum(axis=1, keepdims=True) / pairs
    share = used.sum() / pairs  # a cell of half the pairs counts each twice
    influence = np.where(present, (differences - means) * share, 0.0)
    return np.where(used, means.mean() + influence.mean(axis=0), np.nan)
