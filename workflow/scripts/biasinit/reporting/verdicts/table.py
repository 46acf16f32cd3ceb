"""All verdicts as a table of the page, one row each."""

import math
from collections.abc import Sequence

import pandas as pd

from biasinit import numbers
from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.labels import short_normalization_label
from biasinit.reporting.page.table import Cell, PageTable, csv_href
from biasinit.reporting.verdicts.sentences import finding, remarks, threshold_words
from biasinit.reporting.verdicts.verdict_rows import VerdictRow
from biasinit.reporting.verdicts.vocabulary import kind, shown


def verdict_table(
    verdicts: Sequence[VerdictRow], study: StudyFacts, *, data: pd.DataFrame
) -> PageTable:
    """Return all verdicts, each with its sentence and the numbers that decided."""
    threshold = threshold_words(study)
    rows = tuple(
        (
            Cell(text=row.outcome, sort=row.outcome),
            Cell(
                text=short_normalization_label(row.normalization),
                sort=row.normalization,
            ),
            Cell(text=row.scheme, sort=row.scheme),
            Cell(
                text=shown(row.verdict, row.outcome),
                sort=row.verdict,
                kind=f"verdict {kind(row.verdict, row.outcome)}",
            ),
            Cell(
                text=finding(row, threshold=threshold) + "." + remarks(row),
                sort=repr(row.estimate) if math.isfinite(row.estimate) else "",
                kind="sentence",
            ),
            _number_cell(numbers.p_value(row.p_adjusted), row.p_adjusted),
            _number_cell(numbers.p_value(row.p_equivalence_adjusted), row.p_equivalence_adjusted),
            _number_cell(numbers.number(row.smallest_margin), row.smallest_margin),
            _number_cell(numbers.count(row.seeds), row.seeds),
            _number_cell(numbers.count(row.seeds_needed), row.seeds_needed),
        )
        for row in verdicts
    )
    headings = (
        "outcome",
        "batch norm.",
        "scheme",
        "verdict",
        "what was measured",
        "p, family",
        "p, equiv.",
        "smallest margin",
        "seeds",
        "seeds needed",
    )
    numeric = (False, False, False, False, False, True, True, True, True, True)
    return PageTable(
        name="verdicts",
        title="Verdict ledger",
        note="One row for each question that the study asked. Intervals hold for the family.",
        headings=headings,
        numeric=numeric,
        rows=rows,
        csv_href=csv_href(
            data.to_csv(index=False, lineterminator="\n"), fallback="analysis/verdicts.parquet"
        ),
        left_out=0,
        folded="",
    )


def _number_cell(text: str, value: float) -> Cell:
    return Cell(text=text, sort=repr(value) if math.isfinite(value) else "", kind="number")
