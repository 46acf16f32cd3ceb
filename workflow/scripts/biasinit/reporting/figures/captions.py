"""Words that the captions of several figures share."""

from collections.abc import Mapping

import pandas as pd

from biasinit import numbers
from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.selection import run_cells, table, treatments, without_replicate

INTERVALS = (
    "Thick bars are 95 % intervals of each contrast, thin bars and the numbers hold for the whole "
    "family of contrasts at once."
)
DECIDING = "Bars and numbers are the intervals that decide."
LANES = (
    "For each scheme stand the verdict over all conditions, each condition (small), and the scheme "
    "at its own best learning rate (star), where there are such; a mean over conditions that "
    "differ is not drawn."
)
ARROWS = "Arrows leave the scale."


def margin_words(study: StudyFacts) -> str:
    """Return the equivalence margins of accuracy: '±0.5', or several where data sets differ."""
    margins = sorted(set(study.analysis.margins.values()))
    return numbers.joined([f"±{numbers.plain(margin)}" for margin in margins])


def compared_runs(tables: Mapping[str, pd.DataFrame], study: StudyFacts) -> pd.DataFrame:
    """Return the runs that enter means, with their cells: no identity check, no A/A arm."""
    return without_replicate(treatments(run_cells(table(tables, "runs"))), study)


def failed_count(runs: pd.DataFrame) -> int:
    """Return how many runs failed."""
    return int(runs["failed"].astype(bool).sum()) if "failed" in runs else 0


def failures_in_words(runs: pd.DataFrame, *, none: str, some: str) -> str:
    """Return what is to be said of failed runs; of runs that do not tell, that they do not.

    Args:
        runs: the runs.
        none: where none failed.
        some: where some did.

    """
    if "failed" not in runs:
        return "The table does not say which runs failed."
    return some if failed_count(runs) else none
