"""What was done to a table of runs that was brought."""

import pandas as pd

from biasinit import numbers
from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.items.kinds import OPEN, Listing, Shown, TableItem, Tables
from biasinit.reporting.page.columns import count, words
from biasinit.reporting.selection import records, table


def rows(tables: Tables, _study: StudyFacts) -> pd.DataFrame:
    """Return the notes, the gravest first, as they are."""
    return table(tables, "import_notes")


def sentence(tables: Tables, study: StudyFacts) -> str:
    """Return what was done, in counts."""
    parts = [
        f"{row['done']}: {numbers.count(numbers.as_float(row['count']))} {row['of']}"
        f"{'' if row['count'] == 1 else 's'}" + (f" of {row['column']}" if row["column"] else "")
        for row in records(rows(tables, study))
    ]
    return f"The table of runs was not taken as it is. {'; '.join(parts)}."


ITEM = TableItem(
    listing=Listing(
        note="Nothing else was left out, or read in another form than it stands there.",
        columns=(
            words("done", "done"),
            count("how many", "count"),
            words("of", "of"),
            words("column", "column"),
            words("what", "said"),
        ),
        rows=rows,
        file="import_notes.parquet",
        folded=OPEN,
    ),
    sentences=(sentence,),
    rules=(),
    shown=Shown.WITH_ROWS,
)
