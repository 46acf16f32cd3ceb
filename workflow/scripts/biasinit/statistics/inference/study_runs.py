"""The runs of a study as the analyses see them: checked, labelled, without the identity check.

A *cell* is a combination of the factors without normalisation; its label names only the factors
that vary in the study, such as ``learning_rate 0.02``.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from biasinit.errors import RunsTableError
from biasinit.statistics.inference.arrays import Booleans, column_numbers, require_columns
from biasinit.statistics.inference.model_formula import level_text
from biasinit.vocabulary import CELL_FACTORS, TREATMENTS, WITHOUT_AND_WITH

TRUE_OR_FALSE = ("failed", "reached")
ONLY_CELL = "the only cell"
CROSSED_NORMALIZATION = f"{WITHOUT_AND_WITH[1]} - {WITHOUT_AND_WITH[0]}"


def read_runs(runs: pd.DataFrame, *, needed: Sequence[str] = ()) -> pd.DataFrame:
    """Return the runs with the columns that every analysis uses.

    Args:
        runs: the table `runs` of docs/tables.md, or one brought from outside with at least
            ``scheme, seed`` and the columns in ``needed``.
        needed: further columns that must be there.

    Returns:
        A copy with a fresh index, ``normalization`` ("none" where the table has none), text
        ``scheme``, true/false ``failed``, and ``cell``.

    Raises:
        RunsTableError: a column is missing, a key is missing, or a run stands there twice.

    """
    require_columns(runs, ["scheme", "seed", *needed], table="table of runs")
    table = runs.reset_index(drop=True).copy()
    for name in [name for name in needed if name not in TRUE_OR_FALSE]:
        table[name] = column_numbers(table, name)
    if "normalization" not in table:
        table["normalization"] = TREATMENTS[0]
    keys = ["normalization", "scheme", "seed", *(f for f in CELL_FACTORS if f in table)]
    if table[keys].isna().any(axis=None):
        empty = [name for name in keys if table[name].isna().any()]
        raise RunsTableError(
            f"The table of runs lacks values in {', '.join(empty)}. "
            "Each run needs its scheme, its seed and all factors."
        )
    table["scheme"] = [level_text(value) for value in table["scheme"]]
    table["normalization"] = [level_text(value) for value in table["normalization"]]
    failed = table["failed"] if "failed" in table else pd.Series(False, index=table.index)
    table["failed"] = failed.fillna(False).astype(bool)
    table["cell"] = cell_labels(table)
    repeated = table.duplicated(["normalization", "cell", "scheme", "seed"])
    if repeated.any():
        shown = "; ".join(
            f"scheme {row.scheme}, seed {row.seed}, normalization {row.normalization}, {row.cell}"
            for row in table[repeated].head(5).itertuples()
        )
        raise RunsTableError(
            f"{int(repeated.sum())} runs stand in the table more than once ({shown}). "
            "Remove the duplicates, or add the factor that tells them apart."
        )
    return table


def treatments(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows whose normalisation enters models."""
    return table[table["normalization"].isin(TREATMENTS)].reset_index(drop=True)


def levels_present(table: pd.DataFrame) -> list[str]:
    """Return the treatment normalisations that occur, in their usual order."""
    return [level for level in TREATMENTS if bool((table["normalization"] == level).any())]


def levels_compared(normalization: str) -> tuple[str, ...]:
    """Return the normalisations whose runs a contrast is of: two of them for an interaction."""
    return WITHOUT_AND_WITH if normalization == CROSSED_NORMALIZATION else (normalization,)


def cell_labels(table: pd.DataFrame) -> "pd.Series[str]":
    """Return the label of each row's cell, from the factors that vary in the table."""
    varying = varying_factors(table)
    if not varying:
        return pd.Series(ONLY_CELL, index=table.index)
    codes = table.groupby(varying, sort=False, dropna=False).ngroup()
    first = table.loc[~codes.duplicated(), varying]
    labels = [
        ", ".join(f"{name} {level_text(row[name])}" for name in varying)
        for _, row in first.iterrows()
    ]
    by_code = dict(zip(codes[first.index], labels, strict=True))
    return codes.map(by_code).astype(str)


def varying_factors(table: pd.DataFrame) -> list[str]:
    """Return the factors of a cell that take more than one value."""
    return [
        name for name in CELL_FACTORS if name in table and table[name].nunique(dropna=False) > 1
    ]


def common_margin(margins: Mapping[str, float], table: pd.DataFrame) -> float:
    """Return the margin for a mean over the cells of ``table``: the strictest of its data sets.

    NaN when a data set has no margin, so that equivalence is never claimed by default.
    """
    names = table["dataset"].unique() if "dataset" in table else list(margins)
    found = [margins.get(str(name), np.nan) for name in names]
    return float(np.min(found)) if len(found) else float("nan")


def constant_groups(table: pd.DataFrame, outcome: str, by: Sequence[str]) -> Booleans:
    """Return which rows belong to a group of at least two whose outcome does not vary.

    Also rows alone in their group: neither has a residual standard deviation of its own.
    """
    groups = table.groupby(list(by), sort=False)[outcome]
    spread = groups.transform("max") - groups.transform("min")
    size = table[outcome].abs()
    return np.asarray((spread <= 1e-11 * size) | (groups.transform("size") < 2))
