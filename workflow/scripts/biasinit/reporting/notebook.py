"""Verdicts as a notebook shows them: the answer, the matrices, and where the page is."""

from collections.abc import Mapping
from html import escape
from pathlib import Path

import pandas as pd

from biasinit.reporting.checks import failed_checks
from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.verdicts.answer import answers
from biasinit.reporting.verdicts.matrix import Matrix, accuracy_matrix, speed_matrix
from biasinit.reporting.verdicts.own_best import best_rates
from biasinit.reporting.verdicts.sentences import threshold_words
from biasinit.reporting.verdicts.verdict_rows import read_verdicts


def verdicts_html(tables: Mapping[str, pd.DataFrame], study: StudyFacts, *, page: Path) -> str:
    """Return HTML that stands alone, without styles or scripts of its own.

    Args:
        tables: the tables of the study; ``verdicts``, ``tuned`` and ``identity`` are read.
        study: the study that made them.
        page: where the whole page is.

    """
    verdicts = read_verdicts(tables, study)
    rates = best_rates(tables)
    parts = [f"<p><strong>{escape(text)}</strong></p>" for text in failed_checks(tables, study)]
    for answer in answers(verdicts, threshold=threshold_words(study), rates=rates):
        said = "".join(
            f"<li><strong>{escape(s.lead)}</strong> {escape(s.text)}</li>"
            for s in answer.statements
        )
        parts.append(f"<p><strong>{escape(answer.title)}</strong></p><ul>{said}</ul>")
    for matrix in (
        accuracy_matrix(verdicts, rates=rates),
        speed_matrix(verdicts, study, rates=rates),
    ):
        if matrix.rows:
            parts.append(_matrix(matrix))
    place = escape(str(page))
    parts.append(f'<p>The whole page: <a href="{place}">{place}</a></p>')
    return "\n".join(parts)


def _matrix(matrix: Matrix) -> str:
    headings = [f"{column}, {group}" for group in matrix.groups for column in matrix.columns]
    head = "".join(f"<th>{escape(text)}</th>" for text in ("scheme", *headings))
    rows = "".join(
        "<tr>"
        + "".join(f"<td>{escape(text)}</td>" for text in (scheme, *(str(cell) for cell in cells)))
        + "</tr>"
        for scheme, cells in matrix.rows
    )
    note = f"<p>{escape(matrix.note)}</p>" if matrix.note else ""
    title = f"<caption>{escape(matrix.title)}</caption>"
    return f"<table>{title}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{note}"
