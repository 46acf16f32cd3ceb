"""What every verdict of a study asks of the study's tables, indexed once."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from biasinit.statistics.inference.study_runs import (
    ALL_CELLS,
    CROSSED_NORMALIZATION,
    levels_present,
    varying_factors,
)

Interval = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Lookup:
    """The tables of a study as verdicts ask them.

    ``levels`` are the normalisations; ``cells`` has the varying factors of each cell. ``effects``
    by (family, normalisation, scheme) and ``failed`` by (normalisation, scheme) are indexed by
    cell; ``totals`` holds runs and failed runs by the same. ``new_intervals`` are those for a new
    test set, by (family, normalisation, scheme).
    """

    levels: Sequence[str]
    cells: pd.DataFrame
    effects: Mapping[tuple[str, ...], "pd.Series[float]"]
    failed: Mapping[tuple[str, ...], "pd.Series[float]"]
    totals: Mapping[tuple[str, ...], tuple[int, int]]
    new_intervals: Mapping[tuple[str, ...], Interval]

    def levels_of(self, normalization: str) -> Sequence[str]:
        """Return the levels that a row of contrasts compares runs of."""
        return self.levels if normalization == CROSSED_NORMALIZATION else [normalization]

    def arm(self, levels: Sequence[str], scheme: str) -> tuple[int, int]:
        """Return the runs of an arm and how many failed."""
        found = [self.totals.get((level, scheme), (0, 0)) for level in levels]
        return sum(runs for runs, _ in found), sum(failed for _, failed in found)

    def failures(
        self, levels: Sequence[str], schemes: Sequence[str], cells: "pd.Index[str]"
    ) -> "pd.Series[float]":
        """Return the failed runs of several arms in each cell."""
        total = pd.Series(0.0, index=cells)
        for key in itertools.product(levels, schemes):
            if key in self.failed:
                total = total + self.failed[key].reindex(cells).fillna(0.0)
        return total


def lookup_of(
    runs: pd.DataFrame,
    contrasts: Sequence[pd.DataFrame],
    rates: pd.DataFrame,
    new_intervals: Mapping[tuple[str, ...], Interval],
) -> Lookup:
    """Return the tables of a study, indexed.

    Args:
        runs: from ``read_runs``, treatments only.
        contrasts: tables of contrasts, with a row for each cell.
        rates: the table `failure_rates`.
        new_intervals: for a new test set, by family, normalisation and scheme.

    """
    single, whole = rates[rates["cell"] != ALL_CELLS], rates[rates["cell"] == ALL_CELLS]
    effects: dict[tuple[str, ...], pd.Series[float]] = {}
    for table in contrasts:
        cells = table[table["cell"] != ALL_CELLS]
        for key, part in cells.groupby(["family", "normalization", "scheme"], sort=False):
            effects[_texts(key)] = part.set_index("cell")["estimate"].astype(float)
    columns = (whole[name].tolist() for name in ("normalization", "scheme", "runs", "failed"))
    return Lookup(
        levels=levels_present(runs),
        cells=runs.drop_duplicates("cell").set_index("cell")[varying_factors(runs)],
        effects=effects,
        failed={
            _texts(key): part.set_index("cell")["failed"].astype(float)
            for key, part in single.groupby(["normalization", "scheme"], sort=False)
        },
        totals={
            (str(level), str(scheme)): (int(of), int(failed))
            for level, scheme, of, failed in zip(*columns, strict=True)
        },
        new_intervals=new_intervals,
    )


def _texts(key: object) -> tuple[str, ...]:
    return tuple(map(str, key)) if isinstance(key, tuple) else (str(key),)
