"""The verdicts at a glance: a matrix of schemes by outcome and normalisation."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from biasinit import numbers
from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.labels import normalization_label
from biasinit.reporting.verdicts.clauses import compact, of_runs
from biasinit.reporting.verdicts.sentences import threshold_words
from biasinit.reporting.verdicts.verdict_rows import VerdictRow
from biasinit.reporting.verdicts.vocabulary import kind, shown
from biasinit.verdicts import Outcome, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixCell:
    """One verdict of the matrix: verdict, class, and the numbers beneath."""

    verdict: str
    kind: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """Schemes by outcome and normalisation: the verdicts at a glance."""

    groups: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[MatrixCell, ...]], ...]


_MATRIX_OUTCOMES = (
    (Outcome.ACCURACY, "accuracy"),
    (Outcome.SPEED, "time to threshold"),
    (Outcome.FAILURE, "failed runs"),
)


def verdict_matrix(verdicts: Sequence[VerdictRow], study: StudyFacts) -> Matrix:
    """Return the matrix of verdicts, schemes in the order of the study."""
    levels = list(dict.fromkeys(v.normalization for v in verdicts if v.outcome == "accuracy"))
    found = {(v.outcome, v.normalization, v.scheme): v for v in verdicts}
    present = [pair for pair in _MATRIX_OUTCOMES if any(v.outcome == pair[0] for v in verdicts)]
    named = list(dict.fromkeys(v.scheme for v in verdicts))
    rows = tuple(
        (
            scheme,
            tuple(
                _matrix_cell(found.get((outcome, level, scheme)))
                for level in levels
                for outcome, _ in present
            ),
        )
        for scheme in named
    )
    return Matrix(
        groups=tuple(normalization_label(level) for level in levels),
        columns=tuple(_matrix_heading(outcome, words, study) for outcome, words in present),
        rows=rows,
    )


def _matrix_heading(outcome: str, words: str, study: StudyFacts) -> str:
    if outcome == "accuracy":
        return "accuracy, points"
    return f"time to {threshold_words(study)}, ratio" if outcome == "speed" else words


def _matrix_cell(row: VerdictRow | None) -> MatrixCell:
    if row is None:
        return MatrixCell(verdict=numbers.MISSING, kind="", detail="")
    return MatrixCell(
        verdict="none" if row.verdict is Verdict.NO_FAILURES else shown(row.verdict, row.outcome),
        kind=kind(row.verdict, row.outcome),
        detail=_detail(row),
    )


def _detail(row: VerdictRow) -> str:
    if row.outcome is Outcome.FAILURE and math.isfinite(row.failed):
        return of_runs(row.failed, row)
    if not math.isfinite(row.estimate):
        return ""
    return numbers.with_interval(compact(row), row.lower, row.upper)
