"""Per-seed differences of every arm from the reference, with failed runs set apart.

An *arm* is a scheme at a normalisation. Where any run of either arm failed, the difference is
taken among the seeds where both trained in every cell: a selected set, and labelled so.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from biasinit.statistics.inference.arrays import Booleans, Floats, Integers
from biasinit.statistics.inference.study_runs import (
    ALL_CELLS,
    CROSSED_NORMALIZATION,
    levels_present,
)
from biasinit.statistics.paired.arrangement import PairedArray, arrange
from biasinit.vocabulary import TREATMENTS

EVERY_SEED = "all seeds"
BOTH_TRAINED = "seeds where both trained"
LABELS = ("family", "normalization", "scheme", "reference", "cell", "basis")


@dataclass(frozen=True, kw_only=True)
class ArmDifferences:
    """Labelled columns of per-seed differences.

    ``labels``: ``family, normalization, scheme, reference, cell, basis``, one row per column of
    ``values`` (units, columns); ``failed`` (columns,) marks those with a failed run in an arm.
    """

    labels: pd.DataFrame
    values: Floats
    failed: Booleans
    units: tuple[str, ...]

    @property
    def counted(self) -> Booleans:
        """Mark the columns that count failed runs among all seeds; others set them apart."""
        return np.asarray(self.failed & (self.labels["basis"] == EVERY_SEED).to_numpy(), dtype=bool)

    @property
    def over_all_cells(self) -> Booleans:
        """Mark the columns that average over cells; the others are single cells."""
        return np.asarray(self.labels["cell"] == ALL_CELLS, dtype=bool)

    def single_cells_of(self, normalization: str, scheme: str) -> Integers:
        """Return the places of the columns of an arm's single cells."""
        arm = (self.labels["normalization"] == normalization) & (self.labels["scheme"] == scheme)
        return np.flatnonzero(arm.to_numpy() & ~self.over_all_cells)

    def select(self, chosen: Booleans) -> "ArmDifferences":
        """Return the chosen columns."""
        return ArmDifferences(
            labels=self.labels[chosen].reset_index(drop=True),
            values=self.values[:, chosen],
            failed=self.failed[chosen],
            units=self.units,
        )


def arm_differences(
    table: pd.DataFrame,
    outcome: str,
    *,
    family: str,
    reference: str,
    schemes: Sequence[str],
    set_failed_apart: bool,
) -> ArmDifferences:
    """Return the differences from the reference, averaged over cells and in each cell.

    Args:
        table: runs of treatment normalisations, from ``read_runs``.
        outcome: column of numbers.
        family: label of the rows.
        reference: name of the scheme that is subtracted.
        schemes: the schemes in the order of the study; those without runs are kept as empty
            columns, so that they are judged "not estimable" and not forgotten.
        set_failed_apart: restrict to seeds where both trained when a run of either arm failed.

    """
    seeds = sorted({str(seed) for seed in table["seed"]})
    rows: list[dict[str, str]] = []
    columns: list[Floats] = []
    failed: list[bool] = []
    for normalization in levels_present(table):
        part = table[table["normalization"] == normalization]
        outcomes, failures = arrange(part, outcome), arrange(part, "failed")
        places = [seeds.index(unit) for unit in outcomes.units]
        for scheme in [name for name in schemes if name != reference]:
            for cell, values, any_failed in _columns(
                outcomes, failures, scheme, reference, set_failed_apart
            ):
                column = np.full(len(seeds), np.nan)
                column[places] = values
                columns.append(column)
                failed.append(any_failed)
                apart = any_failed and set_failed_apart
                basis = BOTH_TRAINED if apart else EVERY_SEED
                row = (family, normalization, scheme, reference, cell, basis)
                rows.append(dict(zip(LABELS, row, strict=True)))
    return ArmDifferences(
        labels=pd.DataFrame(rows, columns=list(LABELS)),
        values=np.array(columns).reshape(len(columns), len(seeds)).T,
        failed=np.array(failed, dtype=bool),
        units=tuple(seeds),
    )


def crossed_differences(single: ArmDifferences, *, family: str) -> ArmDifferences:
    """Return the difference of each contrast between normalisations: with minus without.

    Empty when one of the two normalisations is missing.
    """
    labels = single.labels
    off = labels[labels["normalization"] == TREATMENTS[0]]
    rows, columns, failed = [], [], []
    for place, row in off.iterrows():
        same = (
            (labels["normalization"] == TREATMENTS[1])
            & (labels["scheme"] == row["scheme"])
            & (labels["cell"] == row["cell"])
        )
        for other in np.flatnonzero(same):
            first = int(str(place))
            columns.append(single.values[:, other] - single.values[:, first])
            any_failed = bool(single.failed[other] or single.failed[first])
            failed.append(any_failed)
            either = {row["basis"], labels["basis"].iloc[int(other)]}
            rows.append(
                {
                    **row.to_dict(),
                    "family": family,
                    "normalization": CROSSED_NORMALIZATION,
                    "basis": BOTH_TRAINED if BOTH_TRAINED in either else EVERY_SEED,
                }
            )
    return ArmDifferences(
        labels=pd.DataFrame(rows, columns=labels.columns),
        values=np.array(columns).reshape(len(columns), len(single.units)).T,
        failed=np.array(failed, dtype=bool),
        units=single.units,
    )


def _columns(
    outcomes: PairedArray,
    failures: PairedArray,
    scheme: str,
    reference: str,
    set_failed_apart: bool,
) -> list[tuple[str, Floats, bool]]:
    """Return cell, per-seed difference and whether a run failed: the mean over cells, then each."""
    if not {scheme, reference} <= set(outcomes.levels):
        return [(ALL_CELLS, np.full(len(outcomes.units), np.nan), False)]
    differences = outcomes.differences(scheme, reference)
    lost = (failures.of(scheme) > 0) | (failures.of(reference) > 0)
    if set_failed_apart:
        differences = np.where(lost, np.nan, differences)
    found = [(ALL_CELLS, outcomes.cell_mean(differences), bool(lost.any()))]
    if len(outcomes.cells) > 1:
        found += [
            (cell, differences[place], bool(lost[place].any()))
            for place, cell in enumerate(outcomes.cells)
        ]
    return found
