"""Other defensible readings of a run's outcome, from its learning curve.

Accuracy: instead of the last epoch, the mean or the median of the last epochs with a test
accuracy. Speed: the time to a threshold some points lower or higher.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from biasinit.statistics.inference.model_formula import level_text
from biasinit.vocabulary import CELL_FACTORS

MEASURES = ("last epoch", "mean of the last epochs", "median of the last epochs")


def with_measures(runs: pd.DataFrame, curves: pd.DataFrame | None) -> pd.DataFrame:
    """Return the runs with one column for each name of ``MEASURES`` that can be had.

    Args:
        runs: from ``read_runs``, with ``final_accuracy``.
        curves: the table `curves`, or None: then only the last epoch is there. A run whose curve
            has no test accuracy gets its last epoch in all three.

    """
    table = runs.assign(**{MEASURES[0]: runs["final_accuracy"].astype(float)})
    if curves is None or "test_accuracy" not in curves:
        return table
    curves = _as_text(curves)
    keys = _keys(runs, curves)
    tested = curves[curves["test_accuracy"].notna()]
    summary = tested.groupby(keys, sort=False)["test_accuracy"].agg(["mean", "median"])
    found = table[keys].merge(summary.reset_index(), on=keys, how="left")
    failed = table["failed"].to_numpy(dtype=bool)
    for measure, column in zip(MEASURES[1:], ("mean", "median"), strict=True):
        values = found[column].to_numpy(dtype=float)
        # a diverged run scores chance, which stands in `runs` and not in its curve
        own = failed | np.isnan(values)
        table[measure] = np.where(own, table[MEASURES[0]], values)
    return table


def with_threshold(
    runs: pd.DataFrame,
    curves: pd.DataFrame,
    *,
    thresholds: Mapping[str, float],
    offset: float,
    epochs: float,
) -> "pd.Series[float]":
    """Return the epochs of each run to its threshold moved by ``offset``.

    Args:
        runs: from ``read_runs``.
        curves: the table `curves`.
        thresholds: percent for each data set; a single one serves runs without ``dataset``.
        offset: points added to the threshold.
        epochs: length of a run; where the threshold is not reached within it, or the run failed,
            there is no time.

    """
    curves = _as_text(curves)
    keys = _keys(runs, curves)
    ordered = curves.sort_values([*keys, "epoch"], kind="stable")
    if "dataset" in ordered:
        wanted = ordered["dataset"].astype(str).map(dict(thresholds)).to_numpy(dtype=float)
    else:
        wanted = np.full(len(ordered), next(iter(thresholds.values()), np.nan))
    above = ordered["validation_accuracy"].to_numpy(dtype=float) >= wanted + offset
    group = ordered.groupby(keys, sort=False).ngroup().to_numpy()
    followed = np.append(above[1:] & (group[1:] == group[:-1]), False)
    last = np.append(group[1:] != group[:-1], True)
    # the first of two consecutive points; the last point has no successor to confirm it
    reached = ordered[above & followed & ~last]
    first = reached.groupby(keys, sort=False)["epoch"].first().rename("first").reset_index()
    found = runs[keys].merge(first, on=keys, how="left")["first"].to_numpy(dtype=float)
    late = runs["failed"].to_numpy(dtype=bool) | (found > epochs)
    return pd.Series(np.where(late, np.nan, found), index=runs.index)


def _keys(runs: pd.DataFrame, curves: pd.DataFrame) -> list[str]:
    names = ["normalization", "scheme", "seed", *CELL_FACTORS]
    return [name for name in names if name in runs and name in curves]


def _as_text(curves: pd.DataFrame) -> pd.DataFrame:
    """Return the curves with scheme and normalisation as text, as ``read_runs`` has them."""
    texts = {
        name: [level_text(value) for value in curves[name]]
        for name in ("scheme", "normalization")
        if name in curves
    }
    return curves.assign(**texts)
