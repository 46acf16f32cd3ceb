"""The answer as Markdown, for a README or an issue."""

import re
from collections.abc import Mapping

import pandas as pd

from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.verdicts.answer import answers
from biasinit.reporting.verdicts.matrix import verdict_matrix
from biasinit.reporting.verdicts.sentences import threshold_words
from biasinit.reporting.verdicts.verdict_rows import read_verdicts


def answer_markdown(tables: Mapping[str, pd.DataFrame], study: StudyFacts) -> str:
    """Return the answer for each normalisation as lists, and the matrix of verdicts.

    Args:
        tables: the tables of the study; only ``verdicts`` and ``failure_rates`` are read.
        study: the study that made them.

    """
    verdicts = read_verdicts(tables, study)
    if not verdicts:
        return "The study has no verdicts: not in this table.\n"
    parts = []
    for answer in answers(verdicts, threshold=threshold_words(study)):
        lines = [f"- **{escaped(s.lead)}** {escaped(s.text)}" for s in answer.statements]
        parts.append("\n".join([f"**{answer.title}**", "", *lines]))
    return "\n\n".join([*parts, _matrix(tables, study)]) + "\n"


def _matrix(tables: Mapping[str, pd.DataFrame], study: StudyFacts) -> str:
    matrix = verdict_matrix(read_verdicts(tables, study), study)
    headings = [f"{column}, {group}" for group in matrix.groups for column in matrix.columns]
    lines = ["| scheme | " + " | ".join(headings) + " |", "|---" * (len(headings) + 1) + "|"]
    for scheme, cells in matrix.rows:
        words = [f"{cell.verdict} {cell.detail}".strip() for cell in cells]
        lines.append("| " + " | ".join(escaped(text) for text in (scheme, *words)) + " |")
    return "\n".join(lines)


def escaped(text: str) -> str:
    """Return text in which Markdown reads nothing but text."""
    return re.sub(r"([\\*_`|<>\[\]])", r"\\\1", text)
