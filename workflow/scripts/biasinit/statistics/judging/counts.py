"""How many runs of each arm there are, and what befell them, by condition."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import pandas as pd

from biasinit.statistics.inference.binomial import clopper_pearson
from biasinit.vocabulary import ALL_CELLS


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Runs of an arm in a condition, or in all.

    ``seeds_trained`` and ``seeds_collapsed`` count seeds: those with a trained run beside trained
    ones of the reference, so that a collapse would be known, and those with a collapsed one.
    """

    runs: int = 0
    failed: int = 0
    collapsed: int = 0
    stray: int = 0
    not_reached: int = 0
    seeds_trained: int = 0
    seeds_collapsed: int = 0

    @property
    def undetected(self) -> float:
        """The largest share of collapsed seeds that a 95 % interval (Clopper-Pearson) allows."""
        return clopper_pearson(self.seeds_collapsed, self.seeds_trained)[1]


class ArmCounts:
    """Counts of every arm of a study."""

    def __init__(self, runs: pd.DataFrame) -> None:
        """Count.

        Args:
            runs: from ``with_events``; columns that it does not have count as zero.

        """
        for event in ("collapsed", "stray", "collapse_known", "not_reached"):
            if event not in runs:
                runs = runs.assign(**{event: False})
        self._found = {
            (str(level), str(scheme), str(cell)): _counted(part)
            for by in (["cell"], [])
            for (level, scheme, cell), part in _groups(runs, by)
        }

    def of(self, levels: Sequence[str], scheme: str, cell: str) -> Counts:
        """Return the counts of an arm in a cell, or in all; over several normalisations their sum.

        Seeds are summed too: a seed is another draw under another normalisation.
        """
        found = [self._found.get((level, scheme, cell), Counts()) for level in levels]
        return Counts(
            **{item.name: sum(getattr(one, item.name) for one in found) for item in fields(Counts)}
        )


def _groups(
    runs: pd.DataFrame, by: Sequence[str]
) -> list[tuple[tuple[str, str, str], pd.DataFrame]]:
    table = runs if by else runs.assign(cell=ALL_CELLS)
    keys = ["normalization", "scheme", "cell"]
    return [
        ((str(level), str(scheme), str(cell)), part)
        for (level, scheme, cell), part in table.groupby(keys, sort=False)
    ]


def _counted(part: pd.DataFrame) -> Counts:
    trained = part[part["collapse_known"]].groupby("seed")["collapsed"].any()
    sums = {name: int(part[name].sum()) for name in ("failed", "collapsed", "stray", "not_reached")}
    return Counts(
        runs=len(part),
        **sums,
        seeds_trained=len(trained),
        seeds_collapsed=int(trained.sum()),
    )
