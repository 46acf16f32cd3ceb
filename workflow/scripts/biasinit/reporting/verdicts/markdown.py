"""The answer as Markdown, for a README or an issue."""

import re
from collections.abc import Mapping

import pandas as pd

from biasinit.reporting.checks import failed_checks
from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.verdicts.answer import answers, nothing_judged
from biasinit.reporting.verdicts.matrix import Matrix, accuracy_matrix, speed_matrix
from biasinit.reporting.verdicts.own_best import best_rates
from biasinit.reporting.verdicts.sentences import threshold_words
from biasinit.reporting.verdicts.verdict_rows import read_verdicts


def answer_markdown(tables: Mapping[str, pd.DataFrame], study: StudyFacts) -> str:
    """Return the answer for each normalisation as lists, and the matrix of verdicts.

    Args:
        tables: the tables of the study; ``verdicts``, ``tuned`` and ``identity`` are
            read.
        study: the study that made them.

    """
    verdicts = read_verdicts(tables, study)
    if not verdicts:
        return f"{nothing_judged(study)}\n"
    checks = [f"- **{escaped(text)}**" for text in failed_checks(tables, study)]
    parts = ["\n".join(["**A check fails**", "", *checks])] if checks else []
    for answer in answers(verdicts, threshold=threshold_words(study), rates=best_rates(tables)):
        lines = [f"- **{escaped(s.lead)}** {escaped(s.text)}" for s in answer.statements]
        parts.append("\n".join([f"**{answer.title}**", "", *lines]))
    rates = best_rates(tables)
    matrices = (
        accuracy_matrix(verdicts, rates=rates),
        speed_matrix(verdicts, study, rates=rates),
    )
    return "\n\n".join([*parts, *(_matrix(matrix) for matrix in matrices if matrix.rows)]) + "\n"


def _matrix(matrix: Matrix) -> str:
    headings = [f"{column}, {group}" for group in matrix.groups for column in matrix.columns]
    lines = [f"{escaped(matrix.title)}:", ""]
    lines += ["| scheme | " + " | ".join(headings) + " |", "|---" * (len(headings) + 1) + "|"]
    for scheme, cells in matrix.rows:
        texts = (scheme, *(str(cell) for cell in cells))
        lines.append("| " + " | ".join(escaped(text) for text in texts) + " |")
    return "\n".join([*lines, *(["", escaped(matrix.note)] if matrix.note else [])])


def escaped(text: str) -> str:
    """Return text in which Markdown reads nothing but text."""
    return re.sub(r"([\\*_`|<>\[\]])", r"\\\1", text)
