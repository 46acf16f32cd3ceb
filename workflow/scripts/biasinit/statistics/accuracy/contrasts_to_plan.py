"""What planning uses of a table of contrasts: its families, and each mean with its conditions."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from biasinit.statistics.accuracy.planning import PlannedContrast, PlannedFamily, planned_family
from biasinit.vocabulary import ALL_CELLS

Place = tuple[PlannedFamily, int]
"""A contrast: its family and its place there."""


def places_to_plan(
    contrasts: pd.DataFrame,
    *,
    by: Sequence[str],
    alpha: float,
    analysis_seed: int,
    name: str,
) -> Mapping[int, Place]:
    """Return the family and the place of each row: over all conditions, and of single ones.

    Args:
        contrasts: those of one outcome: ``cell, estimate, standard_error, df, seeds,
            simultaneous_upper`` and ``margin``, or ``margin_lower, margin_upper`` of a ratio whose
            logarithm the others are about. Any index of whole numbers.
        by: columns that tell contrasts apart; rows that share them are the conditions of one.
        alpha: error rate of each family.
        analysis_seed: keys the simulation, together with the name.
        name: of the outcome.

    """
    found: dict[int, Place] = {}
    planned = dict(zip(contrasts.index, _planned(contrasts), strict=True))
    whole = contrasts["cell"] == ALL_CELLS
    for _, part in contrasts.groupby(list(by), sort=False):
        conditions = tuple(planned[row] for row in part.index[~whole[part.index]])
        for row in part.index[whole[part.index]]:
            planned[row] = replace(planned[row], conditions=conditions)
    for rows, which in ((whole, "all cells"), (~whole, "single cells")):
        members = contrasts.index[rows]
        family = planned_family(
            [planned[row] for row in members],
            alpha=alpha,
            analysis_seed=analysis_seed,
            name=f"{name}, {which}",
        )
        found |= {int(row): (family, place) for place, row in enumerate(members)}
    return found


def _planned(rows: pd.DataFrame) -> list[PlannedContrast]:
    numbers = {
        name: rows[name].to_numpy(dtype=float)
        for name in ("estimate", "standard_error", "df", "seeds", "simultaneous_upper")
    }
    if "margin" in rows:
        margins = rows["margin"].to_numpy(dtype=float)
    else:  # of a ratio: the nearer end on the scale of its logarithm
        ends = rows[["margin_lower", "margin_upper"]].to_numpy(dtype=float)
        margins = np.abs(np.log(ends)).min(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        half = numbers["simultaneous_upper"] - numbers["estimate"]
        critical = half / numbers["standard_error"]
    deviations = numbers["standard_error"] * np.sqrt(numbers["seeds"])
    return [
        PlannedContrast(
            effect=float(effect),
            deviation=float(deviation),
            deviation_df=float(df),
            margin=float(margin),
            critical=float(limit),
        )
        for effect, deviation, df, margin, limit in zip(
            numbers["estimate"], deviations, numbers["df"], margins, critical, strict=True
        )
    ]
