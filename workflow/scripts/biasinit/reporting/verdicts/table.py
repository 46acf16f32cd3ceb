"""All verdicts as tables of the page: over all conditions, and in each."""

import math
from collections.abc import Sequence

import pandas as pd

from biasinit import numbers
from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.labels import short_normalization_label
from biasinit.reporting.page.table import SHOWN_ROWS, Cell, PageTable, csv_href
from biasinit.reporting.selection import cell_labels
from biasinit.reporting.verdicts.sentences import finding, remarks, threshold_words
from biasinit.reporting.verdicts.verdict_rows import (
    Conditions,
    VerdictRow,
    at_own_best,
    by_comparison,
    over_conditions,
)
from biasinit.reporting.verdicts.vocabulary import kind, shown
from biasinit.verdicts import Outcome
from biasinit.vocabulary import ALL_CELLS


def verdict_tables(
    verdicts: Sequence[VerdictRow], study: StudyFacts, *, data: pd.DataFrame
) -> tuple[PageTable, ...]:
    """Return all verdicts, each with its sentence and the numbers that decided.

    The first table is over all conditions, and its CSV holds every row and column; the second, to
    be opened, has each condition by itself.
    """
    single = tuple(row for row in verdicts if row.cell != ALL_CELLS)
    whole = _table(
        over_conditions(verdicts),
        verdicts,
        study,
        name="verdicts",
        title="Verdict ledger",
        note="One row for each question that the study asked. The interval in words is the one "
        "that decided; the CSV has every condition and every column.",
        data=data,
        folded="",
    )
    if not any(row.several_conditions for row in verdicts) and not at_own_best(verdicts):
        return (whole,)
    return (
        whole,
        _table(
            single,
            verdicts,
            study,
            name="verdicts_by_condition",
            title="Verdicts in each condition",
            note="The same questions in each condition by itself; all of them are one family.",
            data=data[data["cell"] != ALL_CELLS],
            folded="Each condition by itself",
        ),
    )


def _table(
    rows: Sequence[VerdictRow],
    verdicts: Sequence[VerdictRow],
    study: StudyFacts,
    *,
    name: str,
    title: str,
    note: str,
    data: pd.DataFrame,
    folded: str,
) -> PageTable:
    """Return some of the verdicts as a table of the page."""
    threshold = threshold_words(study)
    conditions = by_comparison(verdicts)
    shown_rows = rows[:SHOWN_ROWS]
    return PageTable(
        name=name,
        title=title,
        note=note,
        headings=_HEADINGS,
        numeric=tuple(heading in _NUMERIC for heading in _HEADINGS),
        rows=tuple(
            _cells(row, _behind(row, conditions), threshold=threshold) for row in shown_rows
        ),
        csv_href=csv_href(
            data.to_csv(index=False, lineterminator="\n"), fallback="analysis/verdicts.parquet"
        ),
        left_out=len(rows) - len(shown_rows),
        folded=folded,
    )


def _behind(row: VerdictRow, conditions: Conditions) -> Sequence[VerdictRow]:
    """Return the rows of the single conditions behind one over all of them.

    At own best rates these are other conditions, of which the table of verdicts has no rows.
    """
    return conditions.get(row.comparison, ()) if row.cell == ALL_CELLS else ()


_NUMERIC = ("p, family", "p, equiv.", "inside margin", "smallest margin", "seeds", "seeds needed")
_HEADINGS = (
    *("outcome", "batch norm.", "scheme", "condition", "verdict", "what was measured"),
    *_NUMERIC,
)


def _cells(
    row: VerdictRow, conditions: Sequence[VerdictRow], *, threshold: str
) -> tuple[Cell, ...]:
    said = finding(row, threshold=threshold, conditions=conditions)
    verdict = shown(row.verdict, row.outcome, depends_on=row.depends_on, metric=row.metric)
    return (
        Cell(text=_outcome(row), sort=row.outcome),
        Cell(text=short_normalization_label(row.normalization), sort=row.normalization),
        Cell(text=row.scheme, sort=row.scheme),
        Cell(text=cell_labels([row.cell])[row.cell], sort=row.cell),
        Cell(text=verdict, sort=row.verdict, kind=f"verdict {kind(row.verdict, row.outcome)}"),
        Cell(
            text=f"{said}.{remarks(row)}",
            sort=repr(row.estimate) if math.isfinite(row.estimate) else "",
            kind="sentence",
        ),
        _number_cell(numbers.p_value(row.p_adjusted), row.p_adjusted),
        _number_cell(numbers.p_value(row.p_equivalence_adjusted), row.p_equivalence_adjusted),
        _number_cell(numbers.chance(row.p_inside), row.p_inside),
        _number_cell(numbers.number(row.smallest_margin, decimals=row.places), row.smallest_margin),
        _number_cell(numbers.count(row.seeds), row.seeds),
        _number_cell(numbers.count(row.seeds_needed), row.seeds_needed),
    )


def _outcome(row: VerdictRow) -> str:
    of_metric = row.outcome is Outcome.ACCURACY and not row.metric.is_accuracy
    return row.metric.name if of_metric else row.outcome


def _number_cell(text: str, value: float) -> Cell:
    return Cell(text=text, sort=repr(value) if math.isfinite(value) else "", kind="number")
