"""Tables as a reader sees them: chosen columns, rounded numbers, everything as CSV beside them."""

import math
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from biasinit.reporting.page.columns import Measure, PageColumn
from biasinit.reporting.selection import cell_labels, records
from biasinit.vocabulary import ALL_CELLS

EMBEDDED_CSV_BYTES = 200_000  # larger tables are linked as a file beside the page, not embedded
SHOWN_ROWS = 400  # rows of a table on the page; the CSV holds all of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell: its text, what it is sorted by, and its class for the style sheet."""

    text: str
    sort: str
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTable:
    """One table of the page; ``rows`` is empty when the study does not have it.

    ``folded`` is the summary under which it is folded, empty for one that stands open.
    """

    name: str
    title: str
    note: str
    headings: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[Cell, ...], ...]
    csv_href: str
    left_out: int
    folded: str

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


def page_table(
    frame: pd.DataFrame,
    *,
    name: str,
    title: str,
    note: str,
    columns: tuple[PageColumn, ...],
    file: str,
    folded: str,
    measure: Measure,
) -> PageTable:
    """Return a frame as a page table with those of the columns that it has.

    Args:
        frame: rows in their order, but that means over cells stand first.
        name: anchor of the table, and name of its CSV file.
        title: caption of the table.
        note: how to read it.
        columns: what to show.
        file: file beside the page that holds a table too large for it.
        folded: summary under which it is folded, empty for one that stands open.
        measure: what the study measures, whose words may stand in headings and notes.

    """
    shown, metric = _with_cell_labels(frame), measure.metric
    present = [column for column in columns if column.key in shown.columns]
    return PageTable(
        name=name,
        title=metric.said(title),
        note=metric.said(note),
        headings=tuple(metric.said(column.heading) for column in present),
        numeric=tuple(column.numeric for column in present),
        rows=tuple(
            tuple(_cell(column, row, measure) for column in present)
            for row in records(shown.head(SHOWN_ROWS))
        ),
        csv_href=csv_href(frame.to_csv(index=False, lineterminator="\n"), fallback=file),
        left_out=max(len(shown) - SHOWN_ROWS, 0),
        folded=metric.said(folded),
    )


def _cell(column: PageColumn, row: Mapping[str, object], measure: Measure) -> Cell:
    value = row.get(column.key)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        sort = repr(float(value)) if math.isfinite(value) else ""
    else:
        sort = str(value)
    kind = "number" if column.numeric else ""
    return Cell(text=column.write(row, measure), sort=sort, kind=kind)


def _with_cell_labels(frame: pd.DataFrame) -> pd.DataFrame:
    if "cell" not in frame:
        return frame
    cells = frame["cell"].astype(str)
    labels = cell_labels(sorted(cells.unique()))
    shown = frame.assign(cell_label=[labels[cell] for cell in cells])
    # The mean over cells stands first: it is what verdicts rest on.
    first = shown[cells == ALL_CELLS]
    return pd.concat([first, shown[cells != ALL_CELLS]], ignore_index=True) if len(first) else shown
