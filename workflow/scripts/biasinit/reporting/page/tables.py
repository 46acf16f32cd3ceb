"""Tables as a reader sees them: chosen columns, rounded numbers, everything as CSV beside them."""

import math
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.page.columns import COLUMNS, FAILED_RUNS, TITLES, Column
from biasinit.reporting.selection import (
    ALL_CELLS,
    arranged,
    cell_labels,
    records,
    run_cells,
    scheme_order,
    table,
)

EMBEDDED_CSV_BYTES = 200_000  # larger tables are linked as a file beside the page, not embedded


SHOWN_ROWS = 400  # rows of a table on the page; the CSV holds all of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell: its text, what it is sorted by, and its class for the style sheet."""

    text: str
    sort: str
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayTable:
    """One table of the page; ``rows`` is empty when the study does not have it."""

    name: str
    title: str
    note: str
    headings: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[Cell, ...], ...]
    csv_href: str
    left_out: int = 0

    @property
    def file_name(self) -> str:
        """Name under which the data are saved."""
        return f"{self.name}.{file_kind(self.csv_href).lower()}"


def file_kind(href: str) -> str:
    """Return what a link to data gives: 'CSV' or 'Parquet'."""
    return "Parquet" if href.endswith(".parquet") else "CSV"


def csv_href(csv: str, *, fallback: str) -> str:
    """Return the CSV as a data address, or the path of a file beside the page when it is large."""
    data = csv.encode()
    if len(data) > EMBEDDED_CSV_BYTES:
        return fallback
    return f"data:text/csv;charset=utf-8;base64,{b64encode(data).decode()}"


def display_table(
    frame: pd.DataFrame,
    *,
    name: str,
    title: str,
    note: str,
    columns: Sequence[Column],
    data: pd.DataFrame | None = None,
    file: str = "",
) -> DisplayTable:
    """Return a frame as a page table with those of the columns that it has.

    Args:
        frame: rows in the order of display.
        name: anchor of the table, and name of its CSV file.
        title: caption of the table.
        note: how to read it.
        columns: what to show.
        data: what the CSV holds; the frame itself when left out.
        file: file beside the page that holds a table too large for it.

    """
    present = [column for column in columns if column.key in frame.columns]
    rows = tuple(
        tuple(_cell(column, row) for column in present) for row in records(frame.head(SHOWN_ROWS))
    )
    csv = (frame if data is None else data).to_csv(index=False, lineterminator="\n")
    return DisplayTable(
        name=name,
        title=title,
        note=note,
        headings=tuple(column.heading for column in present),
        numeric=tuple(column.numeric for column in present),
        rows=rows,
        csv_href=csv_href(csv, fallback=file or f"analysis/{name}.parquet"),
        left_out=max(len(frame) - SHOWN_ROWS, 0),
    )


def _cell(column: Column, row: Mapping[str, object]) -> Cell:
    value = row.get(column.key)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        sort = repr(float(value)) if math.isfinite(value) else ""
    else:
        sort = str(value)
    kind = "number" if column.numeric else ""
    return Cell(text=column.write(row), sort=sort, kind=kind)


def page_tables(tables: Mapping[str, pd.DataFrame], study: StudyFacts) -> dict[str, DisplayTable]:
    """Return every table of the analysis as a page table, by name."""
    schemes = scheme_order(study)
    shown = {}
    for name, columns in COLUMNS.items():
        frame = arranged(table(tables, name), schemes=schemes)
        title, note = TITLES[name]
        shown[name] = display_table(
            _with_cell_labels(frame), name=name, title=title, note=note, columns=columns, data=frame
        )
    return shown


def _with_cell_labels(frame: pd.DataFrame) -> pd.DataFrame:
    if "cell" not in frame:
        return frame
    cells = frame["cell"].astype(str)
    labels = cell_labels(sorted(cells.unique()))
    shown = frame.assign(cell_label=[labels[cell] for cell in cells])
    # The mean over cells stands first: it is what verdicts rest on.
    first = shown[cells == ALL_CELLS]
    return pd.concat([first, shown[cells != ALL_CELLS]], ignore_index=True) if len(first) else shown


def failed_runs_table(tables: Mapping[str, pd.DataFrame]) -> DisplayTable:
    """Return the failed runs, one row each."""
    runs = run_cells(table(tables, "runs"))
    failed = runs[runs["failed"].astype(bool)] if "failed" in runs else runs.head(0)
    return display_table(
        _with_cell_labels(failed),
        name="failed_runs",
        title="Every failed run",
        note="Failed runs stay in the study and score what they scored (chance if they diverged).",
        columns=FAILED_RUNS,
        data=failed,
        file="runs.parquet",
    )
