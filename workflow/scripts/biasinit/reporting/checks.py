"""Checks that failed: what a reader must know before the verdicts, in sentences.

They stand on the first screen of the page and above the answer as Markdown.
"""

from collections.abc import Mapping

import pandas as pd

from biasinit import numbers
from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.selection import cell_labels, records, table
from biasinit.vocabulary import IDENTITY, WITHOUT_AND_WITH

Tables = Mapping[str, pd.DataFrame]

_MEND_BROUGHT = (
    f"If the scheme starts the shift of batch normalisation in these runs, their 'normalization' "
    f"is {WITHOUT_AND_WITH[1]!r} and not {IDENTITY!r}: write that in the table, and they are "
    "compared. "
    "Otherwise they differ by something else than their biases."
)
_MEND_TRAINED = "These runs differ by something else than their biases."


def failed_checks(tables: Tables, study: StudyFacts) -> tuple[str, ...]:
    """Return what is wrong, the mend last; nothing where every check passed."""
    found = identity_failures(tables, study)
    mend = _MEND_BROUGHT if study.imported else _MEND_TRAINED
    return (*found, mend) if found else ()


def identity_failures(tables: Tables, study: StudyFacts) -> tuple[str, ...]:
    """Return where schemes differ that must agree, the largest difference of each first."""
    frame = table(tables, "identity")
    if "fails" not in frame or not frame["fails"].astype(bool).any():
        return ()
    failing = frame[frame["fails"].astype(bool)]
    order = failing["mean_accuracy_difference"].abs().sort_values(ascending=False).index
    several = frame["cell"].nunique() > 1
    return tuple(
        _difference(records(rows)[0], study, len(rows), several=several)
        for _, rows in failing.loc[order].groupby("scheme", sort=False)
    )


def _difference(
    row: Mapping[str, object], study: StudyFacts, conditions: int, *, several: bool
) -> str:
    difference = numbers.as_float(row["mean_accuracy_difference"])
    cell = str(row["cell"])
    where = f" at {cell_labels([cell])[cell]}" if several else ""
    others = conditions - 1
    more = f", and in {numbers.counted(others, 'more condition')}" if others else ""
    return (
        f"The identity check fails: with biases before batch normalisation ({IDENTITY!r}), which "
        f"cancels them, {row['scheme']} differs from {row['reference']} by "
        f"{numbers.signed(difference, decimals=study.places)} {study.metric.unit} on average over "
        f"{numbers.count(numbers.as_float(row['seeds']))} seeds{where}{more}."
    )


def rows_left_out(tables: Tables) -> int:
    """Return how many rows of a brought table are in no comparison at all."""
    notes = table(tables, "import_notes")
    if notes.empty:
        return 0
    out = (notes["done"] == "left out") & (notes["of"] == "row")
    return int(notes.loc[out, "count"].sum())
