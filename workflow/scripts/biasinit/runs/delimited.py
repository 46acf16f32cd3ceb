"""Tables as text: the dialects of CSV that spreadsheets, R and scripts write.

Every field stays the text that it is. Python's ``csv`` sets fields apart; what it does not do is
to find the delimiter by the columns that must be there, to count the fields of every row (pandas
fills short ones up without a word), and to tell a decimal comma.
"""

import codecs
import csv
import io
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from biasinit.errors import RunsTableError
from biasinit.numbers import counted
from biasinit.runs.import_notes import Done, ImportNote, listed, row_names

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_SEP_LINE = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)  # what Excel writes above a table
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d+)?|[+-]?\d+", re.ASCII)
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The names under which a file may hold the columns of a table of runs.

    Attributes:
        names: all of them.
        decimals: those of numbers that may have a fraction.

    """

    names: Collection[str]
    decimals: Collection[str]


def read_delimited(content: bytes, wanted: Wanted) -> tuple[pd.DataFrame, list[ImportNote]]:
    """Return a table whose fields are text, and what was done to read it.

    Rows are labelled by their number from 0; rows without any value are left out.

    Args:
        content: of the file.
        wanted: names of columns, of which the delimiter that is right finds most.

    Raises:
        RunsTableError: it is not text, or its rows do not have the fields of its header.

    """
    text, notes = _decoded(content)
    said = _SEP_LINE.match(text)
    text = text[said.end() :] if said else text
    delimiter = said[1] if said else _delimiter(text, wanted)
    records = list(_records(text, delimiter))
    if not records:
        raise RunsTableError("It is empty. Give a header and one row for each run.")
    if delimiter != ",":
        name = DELIMITERS.get(delimiter, repr(delimiter))
        notes.append(_read_as(f"Fields are set apart by {name}."))
    blanks = _leading_blanks(text, delimiter)
    if blanks:
        notes.append(
            ImportNote(
                done=Done.TRIMMED,
                of="value",
                count=blanks,
                said="Blanks after a delimiter are no part of the value.",
            )
        )
    header, *rows = records
    filled = {label: row for label, row in enumerate(rows) if any(field.strip() for field in row)}
    notes += _empty_rows(rows, filled)
    names, body = _of_one_width(header, filled, notes)
    frame = pd.DataFrame(list(body.values()), index=list(body), columns=names, dtype=object)
    frame, nameless = _without_nameless(frame)
    notes += nameless
    if delimiter != ",":
        notes += _with_decimal_points(frame, wanted)
    return frame, notes


def _read_as(said: str, *, count: int = 1, of: str = "file", column: str = "") -> ImportNote:
    return ImportNote(done=Done.READ_AS, of=of, column=column, count=count, said=said)


def _decoded(content: bytes) -> tuple[str, list[ImportNote]]:
    if content.startswith(_UTF_16):
        return content.decode("utf-16"), [_read_as("Text in UTF-16.")]
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RunsTableError(
            f"It is not text in UTF-8: byte {error.start + 1} is "
            f"{error.object[error.start]:#04x}. Save it as UTF-8."
        ) from None
    if content.startswith(codecs.BOM_UTF8):
        return text, [_read_as("The mark at its start that says UTF-8 is no part of a name.")]
    return text, []


def _delimiter(text: str, wanted: Wanted) -> str:
    """Return the delimiter under which the header names most of the columns, else most fields."""
    header = next((line for line in text.splitlines() if line.strip()), "")
    names = {name.strip() for name in wanted.names}

    def found(delimiter: str) -> tuple[int, int]:
        fields = [field.strip().strip('"').strip() for field in header.split(delimiter)]
        return len(names & set(fields)), len(fields)

    return max(DELIMITERS, key=found)


def _records(text: str, delimiter: str) -> Iterator[list[str]]:
    """Yield the header and the rows; a line without a character counts, and is an empty row."""
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True
    )
    begun = False
    try:
        for record in reader:
            begun = begun or any(field.strip() for field in record)
            if begun:
                yield record
    except csv.Error as error:
        raise RunsTableError(
            f"Line {reader.line_num} is no CSV ({error}). Mend its quotes."
        ) from None


def _leading_blanks(text: str, delimiter: str) -> int:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return sum(field.startswith(" ") and not field.isspace() for row in reader for field in row)


def _empty_rows(
    rows: Sequence[Sequence[str]], filled: dict[int, list[str]]
) -> Iterator[ImportNote]:
    """Yield a note on empty rows above the last one; after it a file may end as it likes."""
    last = max(filled, default=-1)
    empty = [label for label in range(len(rows)) if label < last and label not in filled]
    if empty:
        yield ImportNote(
            done=Done.LEFT_OUT,
            of="row",
            count=len(empty),
            said=f"Rows without any value: {row_names(empty)}.",
        )


def _of_one_width(
    header: Sequence[str], rows: dict[int, list[str]], notes: list[ImportNote]
) -> tuple[list[str], dict[int, list[str]]]:
    """Return the names of columns, and rows with one field for each.

    Raises:
        RunsTableError: a row has fewer fields than the header, or values in more.

    """
    width = len(header)
    ends = [label for label, row in rows.items() if len(row) > width and not _beyond(row, width)]
    odd = [label for label, row in rows.items() if len(row) < width or _beyond(row, width)]
    if odd:
        first = len(rows[odd[0]])
        comma = " A decimal comma needs another delimiter than a comma." if first > width else ""
        raise RunsTableError(
            f"{counted(len(odd), 'row')} ({row_names(odd)}) "
            f"{'has' if len(odd) == 1 else 'have'} not the {counted(width, 'field')} of the "
            f"header; the first has {first}. Give every row one field for each column.{comma}"
        )
    if ends:
        notes.append(
            ImportNote(
                done=Done.TRIMMED,
                of="row",
                count=len(ends),
                said="Empty fields beyond those of the header, as after a trailing delimiter.",
            )
        )
    return list(header), {label: row[:width] for label, row in rows.items()}


def _beyond(row: Sequence[str], width: int) -> bool:
    return any(field.strip() for field in row[width:])


def _without_nameless(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[ImportNote]]:
    """Return a table without columns that have no name: an index, or a trailing delimiter."""
    nameless = [place for place, name in enumerate(frame.columns) if not name.strip()]
    if not nameless:
        return frame, []
    kept = [place for place, name in enumerate(frame.columns) if name.strip()]
    filled = [place for place in nameless if (frame.iloc[:, place] != "").any()]
    note = ImportNote(
        done=Done.LEFT_OUT,
        of="column",
        count=len(nameless),
        said="Columns without a name, "
        + ("of which some hold values, such as an index." if filled else "and without a value."),
    )
    return frame.iloc[:, kept], [note]


def _with_decimal_points(frame: pd.DataFrame, wanted: Wanted) -> Iterator[ImportNote]:
    """Write decimal points in columns whose numbers all have decimal commas, and yield notes.

    A column in which some numbers have points stays as it is, and is refused as no numbers: 1.234
    beside 1,2 may be a thousand.
    """
    for place, name in enumerate(frame.columns):
        values = frame.iloc[:, place]
        given = [value.strip() for value in values if any(map(str.isdigit, value))]
        commas = sum("," in value for value in given)
        if name.strip() in wanted.decimals and commas and all(map(_DECIMAL_COMMA.fullmatch, given)):
            frame.isetitem(place, [value.replace(",", ".") for value in values])
            yield ImportNote(
                done=Done.READ_AS,
                of="value",
                column=name.strip(),
                count=commas,
                said=f"Numbers with a decimal comma, such as {listed(given[:1])}.",
            )
