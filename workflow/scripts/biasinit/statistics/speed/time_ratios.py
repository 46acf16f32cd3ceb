"""Ratios of times to the threshold: the rows of `speed_contrasts`.

Judged is the mean over seeds of the logarithm of the ratio of two times, among seeds where both
arms reached the threshold: its exponential is the ratio of geometric means, and everything that
holds of differences of accuracy holds of it. How often an arm does not reach the threshold is a
risk of its own. The ratio of *restricted* means, in which a run that never gets there counts with
the whole length of the study, mixes the two; it is printed, and decides nothing.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import scipy.stats

from biasinit.statistics.inference.arrays import Floats
from biasinit.statistics.paired.arrangement import PairedArray
from biasinit.vocabulary import ALL_CELLS

RATIOS = {
    "ratio": "estimate",
    "ratio_lower": "lower",
    "ratio_upper": "upper",
    "ratio_simultaneous_lower": "simultaneous_lower",
    "ratio_simultaneous_upper": "simultaneous_upper",
    "ratio_equivalence_lower": "equivalence_lower",
    "ratio_equivalence_upper": "equivalence_upper",
    "ratio_smallest_margin": "smallest_margin",
}
RESTRICTED = ("restricted_ratio", "restricted_lower", "restricted_upper")


def as_ratios(tests: pd.DataFrame) -> pd.DataFrame:
    """Return the columns ``RATIOS`` of tests of logarithms."""
    with np.errstate(over="ignore"):
        return pd.DataFrame({name: np.exp(tests[column]) for name, column in RATIOS.items()})


def restricted_ratios(arrays: Mapping[str, PairedArray], labels: pd.DataFrame) -> pd.DataFrame:
    """Return the ratio of restricted means of each contrast, with a plain 95 % interval.

    Args:
        arrays: restricted times by normalisation.
        labels: ``normalization, scheme, reference, cell`` of the contrasts.

    """
    rows = []
    for row in labels.itertuples():
        array = arrays[str(row.normalization)]
        pairs = _complete_pairs(array, str(row.scheme), str(row.reference), str(row.cell))
        ratio, error, df = jackknife_log_ratio(*pairs)
        half = error * float(scipy.stats.t.isf(0.025, df)) if df > 0 else np.nan
        with np.errstate(over="ignore"):
            rows.append((ratio, ratio * np.exp(-half), ratio * np.exp(half)))
    return pd.DataFrame(rows, index=labels.index, columns=list(RESTRICTED))


def jackknife_log_ratio(first: Floats, second: Floats) -> tuple[float, float, float]:
    """Return mean(first) / mean(second), the standard error of its logarithm, and the df.

    Args:
        first: positive values, one per unit.
        second: of the same units.

    """
    count = len(first)
    if count == 0 or first.sum() <= 0 or second.sum() <= 0:
        return float("nan"), float("nan"), float("nan")
    ratio = float(first.sum() / second.sum())
    if count < 2:
        return ratio, float("nan"), float("nan")
    left_out = (first.sum() - first) / (second.sum() - second)
    if not (left_out > 0).all():
        return ratio, float("nan"), float("nan")
    logs = np.log(left_out)
    error = float(np.sqrt((count - 1) / count * ((logs - logs.mean()) ** 2).sum()))
    if error <= 1e-12:
        return ratio, float("nan"), float("nan")
    return ratio, error, count - 1.0


def _complete_pairs(
    array: PairedArray, scheme: str, reference: str, cell: str
) -> tuple[Floats, Floats]:
    """Return the times of two arms in a cell, or over all, for the seeds that have both."""
    if not {scheme, reference} <= set(array.levels):
        return np.zeros(0), np.zeros(0)
    if cell == ALL_CELLS:
        first, second = (array.cell_mean(array.of(name)) for name in (scheme, reference))
    else:
        place = array.cells.index(cell)
        first, second = (array.of(name)[place] for name in (scheme, reference))
    both = np.isfinite(first) & np.isfinite(second)
    return first[both], second[both]
