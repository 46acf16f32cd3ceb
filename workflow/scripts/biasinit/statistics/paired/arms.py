"""Per-seed differences of every arm from the reference, in each cell and over all of them.

An *arm* is a scheme at a normalisation. A pair of runs of one seed in one cell enters where both
came through (trained, or reached the threshold); where one did not, that pair alone is set apart,
and the seed stays in all other cells.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from biasinit.statistics.inference.arrays import Booleans, Floats, Integers
from biasinit.statistics.inference.study_runs import CROSSED_NORMALIZATION, levels_present
from biasinit.statistics.paired.arrangement import PairedArray, arrange
from biasinit.statistics.paired.available_pairs import seed_values
from biasinit.vocabulary import ALL_CELLS, WITHOUT_AND_WITH

EVERY_SEED = "all seeds"
BOTH_CAME_THROUGH = {
    "failed": "seeds where both trained",
    "not_reached": "seeds where both reached it",
}
LABELS = ("family", "normalization", "scheme", "reference", "cell", "basis")
GROUP = ("family", "normalization", "scheme", "reference")


@dataclass(frozen=True, kw_only=True)
class ArmDifferences:
    """Labelled columns of per-seed differences.

    Attributes:
        labels: ``family, normalization, scheme, reference, cell, basis``, one row per column of
            ``values``. The row over all cells stands before the cells behind it; where there is
            one cell, it stands for it.
        values: (units, columns); NaN where a seed has no pair. In columns over all cells
            they are ``seed_values``, whose mean is the mean over cells.
        apart: (columns,), whether pairs were set apart in it.
        fewest: (columns,), pairs of the cell with the fewest, which bounds what is known of a
            mean over cells.
        units: names of the seeds.
        places: (columns,), the cell that each column is about; the one that stands for all cells
            of its contrast too, because there is no other. That over several is about all.

    """

    labels: pd.DataFrame
    values: Floats
    apart: Booleans
    fewest: Integers
    units: tuple[str, ...]
    places: tuple[str, ...]

    @property
    def over_all_cells(self) -> Booleans:
        """Mark the columns that average over cells; the others are single cells."""
        return np.asarray(self.labels["cell"] == ALL_CELLS, dtype=bool)

    def cells_behind(self, place: int) -> Integers:
        """Return the places of the single cells behind a column over all cells."""
        own = self._groups[place]
        single = [
            cell for cell in np.flatnonzero(~self.over_all_cells) if self._groups[cell] == own
        ]
        return np.array(single, dtype=np.int64)

    @cached_property
    def _groups(self) -> list[tuple[str, ...]]:
        """What each column is a contrast of, whatever its cell."""
        return list(self.labels[list(GROUP)].itertuples(index=False, name=None))

    def select(self, chosen: Booleans) -> "ArmDifferences":
        """Return the chosen columns."""
        return ArmDifferences(
            labels=self.labels[chosen].reset_index(drop=True),
            values=self.values[:, chosen],
            apart=self.apart[chosen],
            fewest=self.fewest[chosen],
            units=self.units,
            places=tuple(self.places[column] for column in np.flatnonzero(chosen)),
        )

    def counting_events(self) -> "ArmDifferences":
        """Return the same columns as counts of events, which call for flips of their own each."""
        return replace(self, apart=np.ones(len(self.labels), dtype=bool))

    @classmethod
    def of_columns(
        cls, columns: Sequence["DifferenceColumn"], units: Sequence[str]
    ) -> "ArmDifferences":
        """Return columns that were made one by one."""
        return cls(
            labels=pd.DataFrame([column.labels for column in columns], columns=list(LABELS)),
            values=np.array([column.values for column in columns], dtype=np.float64)
            .reshape(len(columns), len(units))
            .T,
            apart=np.array([column.apart for column in columns], dtype=bool),
            fewest=np.array([column.fewest for column in columns], dtype=np.int64),
            units=tuple(units),
            places=tuple(column.place or column.labels[4] for column in columns),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceColumn:
    """One column of ``ArmDifferences``; ``place`` is its cell where its label says another."""

    labels: tuple[str, ...]
    values: Floats
    apart: bool
    fewest: int
    place: str = ""


def arm_differences(
    table: pd.DataFrame,
    outcome: str,
    *,
    family: str,
    reference: str,
    schemes: Sequence[str],
    lost: str | None = "failed",
) -> ArmDifferences:
    """Return the differences from the reference, over all cells and in each cell.

    Args:
        table: runs of treatment normalisations, from ``read_runs``.
        outcome: column of numbers.
        family: label of the rows.
        reference: name of the scheme that is subtracted.
        schemes: the schemes in the order of the study; those without runs are kept as empty
            columns, so that they are judged "not estimable" and not forgotten.
        lost: column of true and false, the runs that did not come through (a key of
            ``BOTH_CAME_THROUGH``), or None to count every run with what it reached.

    """
    among = EVERY_SEED if lost is None else BOTH_CAME_THROUGH[lost]
    seeds = sorted({str(seed) for seed in table["seed"]})
    columns = []
    for normalization in levels_present(table):
        part = table[table["normalization"] == normalization]
        outcomes = arrange(part, outcome)
        losses = outcomes.nowhere() if lost is None else arrange(part, lost)
        places = [seeds.index(unit) for unit in outcomes.units]
        for scheme in [name for name in schemes if name != reference]:
            key = (family, normalization, scheme, reference)
            columns += _columns(key, outcomes, losses, places, len(seeds), among)
    return ArmDifferences.of_columns(columns, seeds)


def _columns(
    key: tuple[str, str, str, str],
    outcomes: PairedArray,
    losses: PairedArray,
    places: Sequence[int],
    units: int,
    among: str,
) -> list[DifferenceColumn]:
    """Return the columns of one contrast: over all cells, then each cell where there are several.

    Cells without a run of one of the arms are not part of the contrast.
    """
    scheme, reference = key[2:]
    if not {scheme, reference} <= set(outcomes.levels):
        return [_no_pair(key, units)]
    lost = np.asarray(losses.of(scheme) + losses.of(reference), dtype=np.float64)
    values = np.full((len(outcomes.cells), units), np.nan)
    values[:, places] = np.where(lost > 0, np.nan, outcomes.differences(scheme, reference))
    cells = [
        cell_column(
            (*key, cell), values[place], any_lost=float(np.nansum(lost[place])) > 0, among=among
        )
        for place, cell in enumerate(outcomes.cells)
        if np.isfinite(lost[place]).any()
    ]
    return with_mean_over_cells(cells) if cells else [_no_pair(key, units)]


def _no_pair(key: tuple[str, str, str, str], units: int) -> DifferenceColumn:
    """Return the column of a contrast without any pair: it is judged, and not forgotten."""
    return DifferenceColumn(
        labels=(*key, ALL_CELLS, EVERY_SEED), values=np.full(units, np.nan), apart=False, fewest=0
    )


def cell_column(
    labels: tuple[str, ...], values: Floats, *, any_lost: bool, among: str
) -> DifferenceColumn:
    """Return the column of one cell."""
    return DifferenceColumn(
        labels=(*labels, among if any_lost else EVERY_SEED),
        values=values,
        apart=any_lost,
        fewest=int(np.isfinite(values).sum()),
    )


def with_mean_over_cells(cells: Sequence[DifferenceColumn]) -> list[DifferenceColumn]:
    """Return the cells of a contrast below their mean; a single cell is its own mean.

    A cell in which fewer than two pairs came through has no mean, and is no part of that over
    all; it keeps its row, and whoever judges must look at it.
    """
    known = [cell for cell in cells if cell.fewest >= 2] or list(cells)
    among = next((cell.labels[-1] for cell in cells if cell.apart), EVERY_SEED)
    mean = DifferenceColumn(
        labels=(*cells[0].labels[:4], ALL_CELLS, among),
        values=seed_values(np.array([cell.values for cell in known])),
        apart=any(cell.apart for cell in cells),
        fewest=min(cell.fewest for cell in known),
        place=cells[0].labels[4] if len(cells) == 1 else ALL_CELLS,
    )
    return [mean, *cells] if len(cells) > 1 else [mean]


def crossed_differences(single: ArmDifferences, *, family: str) -> ArmDifferences:
    """Return the difference of each contrast between normalisations: with minus without.

    Empty when one of the two normalisations is missing. Over all cells it is the mean of the
    cells that both have.
    """
    labels = single.labels.assign(place=single.places)
    contrasts = labels[["scheme", "reference"]].drop_duplicates()
    columns: list[DifferenceColumn] = []
    if not set(WITHOUT_AND_WITH) <= set(labels["normalization"]):
        return ArmDifferences.of_columns(columns, single.units)
    for scheme, reference in contrasts.itertuples(index=False, name=None):
        key = (family, CROSSED_NORMALIZATION, str(scheme), str(reference))
        pairs = _same_cells(labels[labels["scheme"] == scheme])
        cells = [_crossed_cell(single, first, second, key) for first, second in pairs]
        columns += with_mean_over_cells(cells) if cells else [_no_pair(key, len(single.units))]
    return ArmDifferences.of_columns(columns, single.units)


def _same_cells(rows: pd.DataFrame) -> list[tuple[int, int]]:
    """Return the columns of a cell without and with batch normalisation, for each cell of both."""
    of_cells = rows[rows["place"] != ALL_CELLS]
    off, on = (
        dict(zip(part["place"], map(int, part.index), strict=True))
        for part in (of_cells[of_cells["normalization"] == level] for level in WITHOUT_AND_WITH)
    )
    return [(column, on[cell]) for cell, column in off.items() if cell in on]


def _crossed_cell(
    single: ArmDifferences, first: int, second: int, key: tuple[str, ...]
) -> DifferenceColumn:
    cell = single.places[first]
    either = [str(single.labels["basis"].iloc[place]) for place in (first, second)]
    among = next((basis for basis in either if basis != EVERY_SEED), EVERY_SEED)
    return cell_column(
        (*key, cell),
        single.values[:, second] - single.values[:, first],
        any_lost=bool(single.apart[[first, second]].any()),
        among=among,
    )
