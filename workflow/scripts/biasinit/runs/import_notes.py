"""What was done to a brought table before it could be judged, counted and named.

Nothing is dropped, turned into something else or taken for granted without a note. Notes stand in
the log, on the page and in the table `import_notes`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

import pandas as pd

from biasinit.numbers import counted
from biasinit.runs.tables import IMPORT_NOTES

SHOWN = 5  # rows and names that are shown of many


class Done(StrEnum):
    """What was done, from what takes most from the table to what takes nothing."""

    LEFT_OUT = "left out"
    """Runs that are in no comparison at all, or files and columns that nobody read."""
    UNPAIRED = "without a partner"
    """Runs that are in some comparisons only."""
    SET_APART = "identity check"
    READ_AS = "read as"
    """Values that stand in the file in another form."""
    TRIMMED = "trimmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportNote:
    """One thing that was done.

    Attributes:
        done: what.
        of: what ``count`` counts: a row, value, file or column.
        column: that it was done to; empty where it is none.
        count: how many of them.
        said: in a sentence, with names.

    """

    done: Done
    of: str
    column: str = ""
    count: int
    said: str

    def __str__(self) -> str:
        where = f" of {self.column!r}" if self.column else ""
        return f"{self.done}: {counted(self.count, self.of)}{where}. {self.said}"


def notes_frame(notes: Sequence[ImportNote]) -> pd.DataFrame:
    """Return the table `import_notes`, the gravest first."""
    order = list(Done)
    rows = [asdict(note) for note in sorted(notes, key=lambda note: order.index(note.done))]
    frame = pd.DataFrame(rows, columns=list(IMPORT_NOTES.column_names))
    return frame.assign(done=[str(done) for done in frame["done"]]).astype({"count": "int64"})


def summed(notes: Iterable[ImportNote]) -> list[ImportNote]:
    """Return the notes on many files, with the counts of equal ones added up."""
    found: dict[tuple[str, ...], ImportNote] = {}
    for note in notes:
        key = (note.done, note.of, note.column, note.said)
        before = found[key].count if key in found else 0
        found[key] = ImportNote(
            done=note.done,
            of=note.of,
            column=note.column,
            count=before + note.count,
            said=note.said,
        )
    return list(found.values())


def row_name(label: object) -> str:
    """Return how a message names a row: its number from 1, or its place in a folder of files."""
    return label if isinstance(label, str) else f"row {int(str(label)) + 1}"


def row_names(labels: Iterable[object]) -> str:
    """Return the names of rows as a message lists them: 'rows 2, 5, 7 …'."""
    found = list(labels)
    shown = [row_name(label) for label in found[:SHOWN]]
    more = " …" if len(found) > SHOWN else ""
    if all(name.startswith("row ") and name[4:].isdecimal() for name in shown):
        numbers = ", ".join(name[4:] for name in shown)
        return f"{'rows' if len(found) > 1 else 'row'} {numbers}{more}"
    return f"{', '.join(shown)}{more}"


def listed(names: Iterable[object]) -> str:
    """Return names in quotes, the first few of many."""
    found = list(names)
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return f"{', '.join(repr(name)[:SHOWN_LENGTH] for name in found[:SHOWN])}{more}"


SHOWN_LENGTH = 100  # characters of a value in a message
