"""Whether a contrast is the same in all cells.

Under the hypothesis that it is, the distances of a seed's differences from their own mean over
cells have mean zero, and their signs flip together. All of them, of all contrasts of a family,
form one family of sign flips: a contrast whose effect changes in one of many cells is found as
well as one that changes in all, and none "depends on" a factor by chance more often than alpha.
"""

import warnings

import numpy as np

from biasinit.statistics.inference.arrays import Floats
from biasinit.statistics.inference.sign_flips import FlipPlan
from biasinit.statistics.paired.arms import ArmDifferences
from biasinit.statistics.paired.seed_tests import family_table


def homogeneity_p(differences: ArmDifferences, plan: FlipPlan, *, name: str) -> Floats:
    """Return, for each row over all cells, the adjusted p-value that it is the same in each.

    NaN for single cells, and where nothing can be said: one cell, or differences that do not vary.

    Args:
        differences: the contrasts.
        plan: of the family.
        name: of the family; keys its flips.

    """
    found = np.full(len(differences.labels), np.nan)
    behind = {
        int(place): differences.cells_behind(int(place))
        for place in np.flatnonzero(differences.over_all_cells)
    }
    behind = {place: cells for place, cells in behind.items() if len(cells) >= 2}
    if not behind:
        return found
    deviations = [_deviations(differences.values[:, cells]) for cells in behind.values()]
    owner = np.repeat(list(behind), [len(cells) for cells in behind.values()])
    family = family_table(
        np.concatenate(deviations, axis=1),
        plan,
        any_failed=bool(differences.apart.any()),
        name=f"{name}, between cells",
    )
    for place in behind:
        found[place] = _smallest(family["p_adjusted"].to_numpy()[owner == place])
    return found


def _deviations(values: Floats) -> Floats:
    """Return the distances from each seed's mean over the cells that it has, (units, cells)."""
    several = np.isfinite(values).sum(axis=1, keepdims=True) >= 2
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a seed without any pair
        mean = np.nanmean(values, axis=1, keepdims=True)
    return np.asarray(np.where(several, values - mean, np.nan))


def _smallest(values: Floats) -> float:
    known: Floats = values[np.isfinite(values)]
    return float(known.min()) if len(known) else float("nan")
