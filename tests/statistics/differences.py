"""Tables of per-seed differences that are given, and not computed from runs."""

from collections.abc import Sequence

import numpy as np

from biasinit.statistics.inference.arrays import Floats
from biasinit.statistics.paired.arms import (
    ArmDifferences,
    cell_column,
    with_mean_over_cells,
)


def contrasts_of(*contrasts: Floats, failed: Sequence[Floats] = ()) -> ArmDifferences:
    """Return contrasts from their differences by cell, (cells, seeds) each.

    NaN where a pair is missing; without ``failed``, where it was set apart.
    """
    columns = []
    for number, values in enumerate(contrasts):
        key = ("accuracy", "none", f"scheme {number}", "zeros")
        lost = failed[number] if failed else np.isnan(values)
        cells = [
            cell_column(
                (*key, f"learning_rate {place}"),
                np.where(lost[place], np.nan, row),
                any_lost=bool(lost[place].any()),
                among="seeds where both trained",
            )
            for place, row in enumerate(values)
        ]
        columns += with_mean_over_cells(cells)
    seeds = [str(seed) for seed in range(contrasts[0].shape[1])]
    return ArmDifferences.of_columns(columns, seeds)
