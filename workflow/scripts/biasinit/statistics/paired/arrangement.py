"""Outcomes of runs arranged by cell, seed and scheme, and the complete seeds among them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from biasinit.errors import NotEstimableError, RunsTableError
from biasinit.statistics.inference.arrays import Floats, Integers, column_numbers, require_columns
from biasinit.statistics.inference.model_formula import level_codes


@dataclass(frozen=True, kw_only=True)
class PairedArray:
    """Outcomes arranged as (cells, units, levels), NaN where there is no run; a unit is a seed."""

    values: Floats
    cells: tuple[str, ...]
    units: tuple[str, ...]
    levels: tuple[str, ...]

    def of(self, level: str) -> Floats:
        """Return the outcomes of one level, (cells, units).

        Raises:
            NotEstimableError: no run has the level.

        """
        if level not in self.levels:
            raise NotEstimableError(
                f"No run has the level {level!r}; the table has {', '.join(self.levels)}."
            )
        return np.asarray(self.values[..., self.levels.index(level)])

    def differences(self, level: str, reference: str) -> Floats:
        """Return level minus reference, (cells, units)."""
        return self.of(level) - self.of(reference)

    def nowhere(self) -> "PairedArray":
        """Return the same places, with zero where there is a run."""
        return replace(self, values=self.values * 0.0)

    def cell_mean(self, values: Floats) -> Floats:
        """Return the mean over cells of (cells, units), one for each unit.

        A unit that lacks one of the cells gets NaN: a mean over other cells would be the answer
        to another question.
        """
        return np.asarray((values * (1 / len(self.cells))).sum(axis=0))


def arrange(
    runs: pd.DataFrame,
    outcome: str,
    *,
    factor: str = "scheme",
    cells: Sequence[str] = ("cell",),
) -> PairedArray:
    """Return the outcomes by cell, seed and level of ``factor``.

    Args:
        runs: one row per run, with ``seed``; any index and order. A row without one of its labels
            is left out, an outcome that is not finite counts as missing.
        outcome: column of numbers, or of true and false.
        factor: column whose levels are compared.
        cells: columns whose combinations are the cells.

    Raises:
        RunsTableError: a column is missing, or two rows claim the same place.
        NotEstimableError: no row is left.

    """
    labels = ["seed", *cells, factor]
    require_columns(runs, [outcome, *labels])
    frame = runs[[outcome, *labels]].reset_index(drop=True)
    frame = frame[frame[labels].notna().all(axis=1)]
    if frame.empty:
        raise NotEstimableError("The table has no rows that can be compared.")
    places = [level_codes(frame, columns) for columns in (cells, ["seed"], [factor])]
    shape = tuple(len(names) for _, names in places)
    flat = np.ravel_multi_index(tuple(codes for codes, _ in places), shape)
    _refuse_shared_places(frame, flat, [*cells, factor, "seed"])
    values = np.full(int(np.prod(shape)), np.nan)
    values[flat] = column_numbers(frame, outcome).to_numpy()
    values[~np.isfinite(values)] = np.nan
    return PairedArray(
        values=values.reshape(shape),
        cells=places[0][1],
        units=places[1][1],
        levels=places[2][1],
    )


def _refuse_shared_places(frame: pd.DataFrame, places: Integers, labels: Sequence[str]) -> None:
    repeated = frame[pd.Series(places, index=frame.index).duplicated()].head(5)
    if len(repeated):
        shown = "; ".join(
            ", ".join(f"{name} {row[name]}" for name in labels) for _, row in repeated.iterrows()
        )
        raise RunsTableError(
            f"Several rows share one place ({shown}). Remove duplicates, or name the columns "
            "that tell the rows apart."
        )
