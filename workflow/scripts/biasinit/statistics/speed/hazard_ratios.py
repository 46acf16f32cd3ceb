"""Hazard ratios of reaching the threshold, the second analysis of speed."""

import numpy as np
import pandas as pd

from biasinit.errors import NotEstimableError
from biasinit.statistics.inference.study_runs import levels_present
from biasinit.statistics.speed.hazard import discrete_hazard
from biasinit.vocabulary import ALL_CELLS

COLUMNS = ("hazard_ratio", "hazard_lower", "hazard_upper", "hazard_p")


def hazard_ratios(table: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """Return the hazard ratio of each contrast: one model over all cells, and one in each cell.

    Args:
        table: runs with ``restricted_epochs`` and ``reached``.
        labels: ``normalization, scheme, reference, cell`` of the contrasts.

    """
    frame = pd.DataFrame(np.nan, index=labels.index, columns=list(COLUMNS))
    grid = np.unique(table.loc[table["reached"], "restricted_epochs"])
    # a run without the event is at risk at every point where others have theirs
    position = np.searchsorted(grid, table["restricted_epochs"], side="left") + 1
    table = table.assign(point=np.where(table["reached"], position, max(len(grid), 1)))
    for level in levels_present(table):
        part = table[table["normalization"] == level]
        rows = labels[labels["normalization"] == level]
        for cell, chosen in rows.groupby("cell", sort=False):
            runs = part if cell == ALL_CELLS else part[part["cell"] == cell]
            frame.loc[chosen.index] = _of_one_model(runs, chosen)
    return frame


def _of_one_model(part: pd.DataFrame, chosen: pd.DataFrame) -> pd.DataFrame:
    """Return the hazard ratios of the rows ``chosen`` from one model of the runs ``part``."""
    frame = pd.DataFrame(np.nan, index=chosen.index, columns=list(COLUMNS))
    reference = chosen["reference"].iloc[0]
    if not bool((part["scheme"] == reference).any()):
        return frame
    # the reference must sort first to be the base of the model
    order = {scheme: f"{place + 1:03d}" for place, scheme in enumerate(chosen["scheme"])}
    order[reference] = "000"
    part = part.assign(arm=part["scheme"].map(order))
    try:
        fit = discrete_hazard(part, "point", "reached", "arm", "cell", "seed")
    except NotEstimableError:
        return frame
    terms = [f"arm[T.{order[scheme]}]" for scheme in chosen["scheme"]]
    found = fit.table.reindex(terms)
    frame[["hazard_ratio", "hazard_lower", "hazard_upper"]] = np.exp(
        found[["estimate", "lower", "upper"]].to_numpy(dtype=float)
    )
    frame["hazard_p"] = found["p"].to_numpy()
    return frame
