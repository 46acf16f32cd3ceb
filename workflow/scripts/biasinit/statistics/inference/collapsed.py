"""Runs that trained and still came to nothing: collapsed ones, and strays.

A run has *failed* when it diverged or stays within two points of chance. One that ends at half the
accuracy of its fellows has trained by that rule, and a mean of twenty hides it. *Collapsed* is
registered against the reference; a *stray* run is one that its own arm does not explain, smaller
than a collapse and yet ten times what the study calls too little to matter.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from biasinit.metric import ACCURACY, Metric
from biasinit.statistics.inference.arrays import Floats

OUTCOME = "final_accuracy"
STRAY_MARGINS = 10


def with_collapsed(
    table: pd.DataFrame,
    *,
    reference: str,
    collapse_points: float,
    margins: Mapping[str, float],
    metric: Metric = ACCURACY,
) -> pd.DataFrame:
    """Return the runs with ``collapsed``, ``stray`` and ``collapse_known``, true or false.

    Of a run that failed, and where no run of the reference trained, it is not known whether it
    collapsed.

    Args:
        table: from ``read_runs``, with ``final_accuracy``.
        reference: name of the scheme whose trained runs set the level.
        collapse_points: points below the reference's median of the cell; more is collapsed.
        margins: equivalence margin in points for each data set.
        metric: what is measured; where lower is better, a run falls above the others.

    """
    trained = table[~table["failed"]]
    cells = ["normalization", "cell"]
    level = trained[trained["scheme"] == reference].groupby(cells)[OUTCOME].median()
    own = trained.groupby([*cells, "scheme"])[OUTCOME].median()
    at = pd.MultiIndex.from_frame(table[cells])
    own_at = pd.MultiIndex.from_frame(table[[*cells, "scheme"]])
    below = metric.sign * (level.reindex(at).to_numpy() - table[OUTCOME].to_numpy())
    below_own = metric.sign * (own.reindex(own_at).to_numpy() - table[OUTCOME].to_numpy())
    is_trained = ~table["failed"].to_numpy()
    collapsed = is_trained & (below > collapse_points)
    stray = is_trained & ~collapsed & (below_own > STRAY_MARGINS * _margin_of(table, margins))
    known = is_trained & np.isfinite(below)
    return table.assign(collapsed=collapsed, stray=stray, collapse_known=known)


def _margin_of(table: pd.DataFrame, margins: Mapping[str, float]) -> Floats:
    if "dataset" in table:
        found = table["dataset"].astype(str).map(dict(margins))
        return np.asarray(found, dtype=np.float64)
    return np.full(len(table), min(margins.values(), default=np.nan))
