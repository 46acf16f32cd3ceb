"""Every run that failed, one row each."""

import pandas as pd

from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.items.kinds import Listing, Shown, TableItem, Tables
from biasinit.reporting.page.columns import CELL, OF_METRIC, SCHEME, WHERE, count, decimals, words
from biasinit.reporting.selection import run_cells, table


def rows(tables: Tables, _study: StudyFacts) -> pd.DataFrame:
    """Return the runs that failed, identity check and A/A arm included."""
    runs = run_cells(table(tables, "runs"))
    return runs[runs["failed"].astype(bool)] if "failed" in runs else runs.head(0)


ITEM = TableItem(
    listing=Listing(
        note="Failed runs stay in the study and keep what they ended with{if_diverged}.",
        columns=(
            WHERE,
            CELL,
            SCHEME,
            count("seed", "seed"),
            words("what happened", "failure_kind"),
            count("at step", "diverged_at"),
            decimals("{at_the_end}, {level_unit}", "final_accuracy", OF_METRIC),
        ),
        rows=rows,
        file="runs.parquet",
        folded="Every failed run",
    ),
    sentences=(),
    rules=(),
    shown=Shown.ALWAYS,
)
