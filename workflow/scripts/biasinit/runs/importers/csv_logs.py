"""Logs as CSV: a row for each time that something was logged, with empty fields between."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from biasinit.errors import RunsTableError
from biasinit.runs.delimited import Wanted, read_delimited
from biasinit.runs.fields import as_number, is_missing, is_missing_word
from biasinit.runs.import_notes import ImportNote
from biasinit.runs.importers.contract import Point, unreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvLog:
    """The points in a file, by the names of its columns, and notes on how it was read."""

    metrics: dict[str, list[Point]]
    columns: tuple[str, ...]
    notes: tuple[ImportNote, ...]


def read_csv_log(path: Path, *, axis: str, wanted: Collection[str]) -> CsvLog:
    """Return the points of the metrics that are wanted, in the order of rows.

    Args:
        path: of the file.
        axis: the column that points are counted in.
        wanted: names of metrics.

    Raises:
        RunsTableError: it is no CSV, has no such axis, or a field is no number.

    """
    names = frozenset({axis, *wanted})
    try:
        frame, notes = read_delimited(path.read_bytes(), Wanted(names=names, decimals=names))
    except RunsTableError as error:
        raise unreadable(path, str(error)) from None
    except OSError as error:
        raise unreadable(path, f"It cannot be opened ({error.strerror}).") from error
    frame = frame.set_axis([str(name).strip() for name in frame.columns], axis="columns")
    columns = tuple(map(str, frame.columns))
    if axis not in columns:
        raise unreadable(path, f"It has no column {axis!r}. It has {', '.join(columns)}.")
    metrics: dict[str, list[Point]] = {}
    for name in [name for name in columns if name in wanted and name != axis]:
        for row, (step, value) in enumerate(zip(frame[axis], frame[name], strict=True)):
            if is_missing(value):
                continue  # another metric was logged here
            number = math.nan if is_missing_word(value) else as_number(value)
            at = as_number(step)
            if number is None or at is None:
                odd, column = (value, name) if number is None else (step, axis)
                raise unreadable(
                    path, f"{column!r} of row {row + 1} is no number, got {odd!r}. Mend it."
                )
            metrics.setdefault(name, []).append(Point(at, number))
    others = tuple(name for name in columns if name != axis)
    return CsvLog(metrics=metrics, columns=others, notes=tuple(notes))
