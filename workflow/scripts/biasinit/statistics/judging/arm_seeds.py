"""Which seeds each arm of a study has runs of, and where two arms have none in common."""

from collections.abc import Sequence

import pandas as pd

from biasinit.statistics.inference.study_runs import levels_compared
from biasinit.statistics.judging.reasons import why_left_out
from biasinit.vocabulary import ALL_CELLS


class ArmSeeds:
    """The seeds of every arm of a study, whatever became of their runs."""

    def __init__(self, runs: pd.DataFrame, *, cells: Sequence[str]) -> None:
        """Find them.

        Args:
            runs: those of treatments, with ``cell``.
            cells: names of all cells of the study.

        """
        self._cells = tuple(cells)
        self._found: dict[tuple[str, str, str], set[object]] = {}
        columns = runs[["normalization", "scheme", "cell", "seed"]]
        for level, scheme, cell, seed in columns.itertuples(index=False, name=None):
            self._found.setdefault((level, scheme, cell), set()).add(seed)

    def pairs(self, level: str, scheme: str, reference: str) -> dict[str, int]:
        """Return how many seeds have runs of both arms: over all cells, and in each of several."""
        both = {
            cell: self._of(level, scheme, cell) & self._of(level, reference, cell)
            for cell in self._cells
        }
        pairs = {ALL_CELLS: len(set().union(*both.values()))}
        if len(both) > 1:
            pairs |= {cell: len(found) for cell, found in both.items()}
        return pairs

    def left_out(self, normalization: str, scheme: str, reference: str) -> str:
        """Return the cells that are no part of a comparison, and why.

        Nothing where it has none at all: then it is not estimable, and that says why.
        """
        levels = levels_compared(normalization)
        lacking: dict[tuple[bool, bool], list[str]] = {}
        for cell in self._cells:
            own, other = (
                [self._of(level, name, cell) for level in levels] for name in (scheme, reference)
            )
            if not all(mine & theirs for mine, theirs in zip(own, other, strict=True)):
                lacking.setdefault((all(own), all(other)), []).append(cell)
        if sum(map(len, lacking.values())) == len(self._cells):
            return ""
        return "; ".join(
            why_left_out(
                names, scheme=scheme, reference=reference, runs=runs, reference_runs=reference_runs
            )
            for (runs, reference_runs), names in lacking.items()
        )

    def _of(self, level: str, scheme: str, cell: str) -> set[object]:
        return self._found.get((level, scheme, cell), set())
