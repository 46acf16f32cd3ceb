"""The verdicts at a glance: a matrix of schemes by outcome and normalisation.

Each place holds the verdict over all conditions and, to be opened, that of each condition; where
the verdict depends on the condition these stand open, because there is no other number.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from biasinit import numbers
from biasinit.metric import ACCURACY
from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.labels import normalization_label
from biasinit.reporting.verdicts import clauses
from biasinit.reporting.verdicts.own_best import BestRatesOf
from biasinit.reporting.verdicts.sentences import threshold_words
from biasinit.reporting.verdicts.verdict_rows import (
    Conditions,
    VerdictRow,
    at_own_best,
    by_comparison,
    over_conditions,
)
from biasinit.reporting.verdicts.vocabulary import VOCABULARY, kind, shown, word
from biasinit.verdicts import Outcome, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A verdict with its class and the numbers beneath.

    One of a single condition, or of what befell runs, has its sign in place of its words, and its
    numbers beside it in one line.
    """

    verdict: str
    kind: str
    detail: str
    where: str = ""
    in_line: bool = False

    def __str__(self) -> str:
        where = f"{self.where}: " if self.where else ""
        return f"{where}{self.verdict} {self.detail}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixCell:
    """One place of the matrix: its verdicts, and those of single conditions below a summary."""

    marks: tuple[Mark, ...]
    summary: str = ""
    folded: tuple[Mark, ...] = ()

    def __str__(self) -> str:
        return "; ".join([*(str(mark) for mark in self.marks), *filter(None, [self.summary])])


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """Schemes by outcome and normalisation: the verdicts at a glance, and what the signs mean."""

    title: str
    groups: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[MatrixCell, ...]], ...]
    note: str


_EMPTY = MatrixCell(marks=(Mark(verdict=numbers.MISSING, kind="", detail=""),))
_Key = tuple[Outcome, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """The rows that the matrix places: over all conditions, at the own best rate, and single."""

    whole: Mapping[_Key, VerdictRow]
    best: Mapping[_Key, VerdictRow]
    conditions: Conditions
    rates: BestRatesOf


_Place = Callable[[_Rows, str, str], MatrixCell]


def accuracy_matrix(verdicts: Sequence[VerdictRow], *, rates: BestRatesOf) -> Matrix:
    """Return the verdicts on accuracy, over all conditions and at each scheme's own best rate."""
    rows = [row for row in verdicts if row.outcome is Outcome.ACCURACY]
    metric = rows[0].metric if rows else ACCURACY
    reference = numbers.joined(sorted({row.reference for row in rows}))
    margins = numbers.joined(sorted({clauses.margin(row) for row in rows}))
    return replace(
        _matrix(verdicts, rates, _accuracy_columns),
        title=f"{metric.title} against {reference}, in {metric.unit_in_full}{metric.hint}; margin "
        f"{margins}",
        note=_note(verdicts),
    )


def speed_matrix(
    verdicts: Sequence[VerdictRow], study: StudyFacts, *, rates: BestRatesOf
) -> Matrix:
    """Return the verdicts on speed over all conditions; without rows where there is no speed."""
    threshold = threshold_words(study)
    return replace(
        _matrix(verdicts, rates, partial(_speed_columns, threshold=threshold)),
        title=f"Time to {threshold}, as a ratio",
    )


def _matrix(
    verdicts: Sequence[VerdictRow],
    rates: BestRatesOf,
    columns_of: Callable[[_Rows], dict[str, _Place]],
) -> Matrix:
    """Return schemes in the order of the study by the columns for which there are rows."""
    whole = over_conditions(verdicts)
    levels = list(dict.fromkeys(v.normalization for v in whole if v.outcome is Outcome.ACCURACY))
    rows = _Rows(
        whole={row.comparison: row for row in whole},
        best={row.comparison: row for row in at_own_best(verdicts)},
        conditions=by_comparison(verdicts),
        rates=rates,
    )
    columns = columns_of(rows)
    schemes = dict.fromkeys(row.scheme for row in whole)
    return Matrix(
        title="",
        groups=tuple(normalization_label(level) for level in levels),
        columns=tuple(columns),
        rows=tuple(
            (
                scheme,
                tuple(place(rows, level, scheme) for level in levels for place in columns.values()),
            )
            for scheme in schemes
            if columns
        ),
        note="",
    )


def _accuracy_columns(rows: _Rows) -> dict[str, _Place]:
    several = any(row.several_conditions for row in rows.whole.values())
    columns: dict[str, _Place] = {}
    of_accuracy = [row for row in rows.whole.values() if row.outcome is Outcome.ACCURACY]
    if of_accuracy:
        heading = of_accuracy[0].metric.at_the_end
        columns["over all conditions" if several else heading] = _accuracy
    if rows.best:
        columns["at its own best learning rate"] = _own_best
    return columns


def _speed_columns(rows: _Rows, *, threshold: str) -> dict[str, _Place]:
    if not any(outcome is Outcome.SPEED for outcome, _, _ in rows.whole):
        return {}
    several = any(row.several_conditions for row in rows.whole.values())
    heading = "over all conditions" if several else f"time to {threshold}"
    return {heading: partial(_speed, threshold=threshold)}


def _accuracy(rows: _Rows, level: str, scheme: str) -> MatrixCell:
    """Return the verdict on accuracy, and below it which runs it does not count or hides."""
    return _measured(rows, (Outcome.ACCURACY, level, scheme), _lost(rows, level, scheme))


def _speed(rows: _Rows, level: str, scheme: str, *, threshold: str) -> MatrixCell:
    missed = rows.whole.get((Outcome.NOT_REACHED, level, scheme))
    more: tuple[Mark, ...] = ()
    if missed is not None and _was_seen(missed):
        counted = f"{numbers.count(missed.events)} of {numbers.count(missed.seeds)} seeds"
        more = (_event(missed, f"{counted} missed {threshold}"),)
    return _measured(rows, (Outcome.SPEED, level, scheme), more)


def _measured(rows: _Rows, key: _Key, more: Sequence[Mark]) -> MatrixCell:
    row = rows.whole.get(key)
    if row is None:
        return _EMPTY
    conditions = _conditions(rows, row)
    if row.verdict is Verdict.DEPENDS and len(conditions) <= clauses.LISTED:
        return MatrixCell(marks=(_mark(row, ""), *conditions, *more))
    summary = clauses.scope(row) or f"{numbers.count(row.conditions)} conditions"
    return MatrixCell(
        marks=(_mark(row, _numbers(row)), *_plain(_notes(row)), *more),
        summary=summary if conditions else "",
        folded=conditions,
    )


def _conditions(rows: _Rows, row: VerdictRow) -> tuple[Mark, ...]:
    """Return the marks of the single conditions behind a row; none where it is about one."""
    if not row.several_conditions:
        return ()
    conditions = rows.conditions.get(row.comparison, ())
    names = clauses.condition_names(conditions)
    return tuple(_single(one, names[one.cell], _numbers(one)) for one in conditions)


def _own_best(rows: _Rows, level: str, scheme: str) -> MatrixCell:
    row = rows.best.get((Outcome.ACCURACY, level, scheme))
    if row is None:
        return _EMPTY
    rates = rows.rates.get((level, scheme))
    beside = [rates.words if rates else "", *_notes(row), clauses.lost_runs(row, failed=True)]
    return MatrixCell(marks=(_mark(row, _numbers(row)), *_plain(beside)))


def _notes(row: VerdictRow) -> list[str]:
    """Return what a verdict leaves open: runs that it cannot exclude, and what would decide it."""
    said = [row.reason, row.without]
    if row.outcome is Outcome.SPEED:
        return said
    said.append(clauses.not_excluded(row))
    if row.verdict is Verdict.INCONCLUSIVE:
        inside = f"{numbers.chance(row.p_inside)} probable inside the margin"
        said += [inside if clauses.probable(row) else "", clauses.needed(row, about="")]
    return [*said, *(doubt.note for doubt in clauses.doubts(row))]


def _plain(texts: Sequence[str]) -> tuple[Mark, ...]:
    """Return a mark without a verdict for each text that says something."""
    return tuple(Mark(verdict="", kind="", detail=text) for text in texts if text)


def _lost(rows: _Rows, level: str, scheme: str) -> tuple[Mark, ...]:
    """Return how many runs failed, collapsed or strayed, where any did."""
    marks = []
    for outcome, word_for in ((Outcome.FAILURE, "failed"), (Outcome.COLLAPSE, "collapsed")):
        row = rows.whole.get((outcome, level, scheme))
        if row is None:
            continue
        count = row.failed if outcome is Outcome.FAILURE else row.collapsed
        if count > 0 or row.verdict.directed:  # of the reference alone, it is told once
            marks.append(_event(row, f"{clauses.of_runs(count, row)} {word_for}"))
    row = rows.whole.get((Outcome.ACCURACY, level, scheme))
    if row is not None and row.stray > 0:
        marks += _plain([f"{clauses.of_runs(row.stray, row)} strayed"])
    return tuple(marks)


def _was_seen(row: VerdictRow) -> bool:
    return row.verdict not in (Verdict.NONE_SEEN, Verdict.NOT_ESTIMABLE)


def _mark(row: VerdictRow, detail: str) -> Mark:
    """Return a verdict in words."""
    said = shown(row.verdict, row.outcome, depends_on=row.depends_on, metric=row.metric)
    return Mark(verdict=said, kind=kind(row.verdict, row.outcome), detail=detail)


def _event(row: VerdictRow, detail: str) -> Mark:
    """Return the sign of a verdict on what befell runs, with their number."""
    sign = VOCABULARY[row.verdict].symbol
    return Mark(verdict=sign, kind=kind(row.verdict, row.outcome), detail=detail, in_line=True)


def _single(row: VerdictRow, name: str, detail: str) -> Mark:
    """Return the verdict in one condition: its sign where numbers follow, else its words."""
    said = VOCABULARY[row.verdict].symbol if detail else _shown(row)
    return Mark(
        where=name,
        verdict=said,
        kind=kind(row.verdict, row.outcome),
        detail=detail,
        in_line=True,
    )


def _shown(row: VerdictRow) -> str:
    return shown(row.verdict, row.outcome, metric=row.metric)


def _numbers(row: VerdictRow) -> str:
    """Return estimate and interval, where there are such."""
    if not row.measured:
        return ""
    return numbers.with_interval(clauses.compact(row), row.lower, row.upper, decimals=row.places)


_FLAT_PRIOR = "probabilities under a flat prior"


def _note(verdicts: Sequence[VerdictRow]) -> str:
    """Return what the signs mean that stand in the matrix, and which intervals it prints."""
    measured = [row for row in verdicts if not row.outcome.counts_runs]
    seen = {row.verdict for row in measured if row.outcome is Outcome.ACCURACY}
    signs = [
        f"{VOCABULARY[verdict].symbol} {word(verdict, Outcome.ACCURACY)}"
        for verdict in Verdict
        if verdict in seen
    ]
    if not signs:
        return ""
    levels = {
        "difference": [r.level for r in measured if r.interval in ("difference", "conditions")],
        "equivalence": [r.level for r in measured if r.interval == "equivalence"],
    }
    signs += [_FLAT_PRIOR] if any(clauses.probable(row) for row in measured) else []
    parts = [f"{', '.join(signs)}."]
    if levels["difference"]:
        span = _span(levels["difference"])
        parts.append(f"Intervals hold for all comparisons of their family at once ({span}).")
    if levels["equivalence"]:
        span = _span(levels["equivalence"])
        parts.append(f"Those of equivalent schemes are of the tests that decided ({span}).")
    return " ".join(parts)


def _span(levels: Sequence[float]) -> str:
    """Return the levels of intervals: '95 %' or '90 to 98.3 %'."""
    low, high = (f"{round(level, 1):g}" for level in (min(levels), max(levels)))
    return f"{low} %" if low == high else f"{low} to {high} %"
