"""The answer: which schemes are worse, equivalent or open, at each normalisation.

Every scheme that is worse or fails is named with its number; every one whose effect depends on the
condition with what holds where; every equivalent one with the margin and with what it cannot
exclude; every open one with the seeds that would decide it. Whoever had a collapsed run is told of
with it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from biasinit import numbers
from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.labels import INTERACTION, normalization_label
from biasinit.reporting.verdicts import clauses
from biasinit.reporting.verdicts.own_best import BestRatesOf
from biasinit.reporting.verdicts.verdict_rows import (
    Conditions,
    VerdictRow,
    at_own_best,
    by_comparison,
    over_conditions,
)
from biasinit.reporting.verdicts.vocabulary import VOCABULARY, phrases, word
from biasinit.verdicts import Outcome, Verdict, verdicts_of

FEW = 2  # inconclusive schemes that are told one by one; of more, the range is given


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement of the answer: the class that colours it, and its words."""

    kind: str
    lead: str
    text: str

    def __str__(self) -> str:
        return f"{self.lead} {self.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer at one normalisation, as statements from the worst verdict to the open ones."""

    normalization: str
    statements: tuple[Statement, ...]

    @property
    def wide(self) -> bool:
        """Whether this answer concerns all normalisations."""
        return self.normalization == INTERACTION

    @property
    def title(self) -> str:
        """The normalisation in words, as a heading."""
        if self.normalization == INTERACTION:
            return "What batch normalisation changes"
        label = normalization_label(self.normalization)
        return label[:1].upper() + label[1:]

    def __str__(self) -> str:
        return f"{self.title}: {' '.join(str(statement) for statement in self.statements)}"


def nothing_judged(study: StudyFacts) -> str:
    """Return why a study has no verdicts."""
    if len(study.schemes) == 1:
        return f"The study has {study.reference} alone, so that nothing is compared."
    return f"The verdicts are {numbers.ABSENT}."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What statements are made of besides the rows that they are about."""

    conditions: Conditions
    rates: BestRatesOf
    threshold: str


def answers(
    verdicts: Sequence[VerdictRow], *, threshold: str, rates: BestRatesOf
) -> tuple[Answer, ...]:
    """Return the answer for each normalisation that has verdicts.

    Args:
        verdicts: all rows of the table of verdicts.
        threshold: the threshold of convergence in words, such as '95 %'.
        rates: the best learning rates, from ``best_rates``.

    """
    known = _Known(conditions=by_comparison(verdicts), rates=rates, threshold=threshold)
    whole = over_conditions(verdicts)
    levels = dict.fromkeys(
        row.normalization for row in whole if row.outcome is not Outcome.INTERACTION
    )
    found = []
    for level in levels:
        rows = [row for row in whole if row.normalization == level]
        best = [row for row in at_own_best(verdicts) if row.normalization == level]
        accuracy = _statements(rows, Outcome.ACCURACY, known)
        statements = (
            *_with_losses(accuracy, rows, known),
            *_own_best(best, known),
            *_statements(rows, Outcome.SPEED, known).values(),
            *_missed(rows, known),
        )
        found.append(Answer(normalization=level, statements=statements))
    changes = _statements(whole, Outcome.INTERACTION, known)
    if changes:
        found.append(Answer(normalization=INTERACTION, statements=tuple(changes.values())))
    return tuple(found)


def answer_text(verdicts: Sequence[VerdictRow], *, threshold: str, rates: BestRatesOf) -> str:
    """Return the answer as one paragraph of plain text per normalisation."""
    return "\n\n".join(
        str(answer) for answer in answers(verdicts, threshold=threshold, rates=rates)
    )


_Group = tuple[Verdict, str]  # a verdict, and how it is opened


def _statements(
    verdicts: Sequence[VerdictRow], outcome: Outcome, known: _Known
) -> dict[_Group, Statement]:
    """Return what the answer says of each verdict that some scheme has, by verdict and opening."""
    groups: dict[_Group, list[VerdictRow]] = {}
    for verdict in verdicts_of(outcome):
        for row in verdicts:
            if row.outcome is outcome and row.verdict is verdict:
                lead = phrases(verdict, outcome).lead
                filled = clauses.filled(lead, row, threshold=known.threshold)
                groups.setdefault((verdict, filled), []).append(row)
    return {
        (verdict, lead): Statement(
            kind=_colour(verdict, outcome), lead=lead, text=_listing(rows, known)
        )
        for (verdict, lead), rows in groups.items()
    }


def _colour(verdict: Verdict, outcome: Outcome) -> str:
    """Return the class of a statement; whether a change is good depends on the effect itself."""
    changed = outcome is Outcome.INTERACTION and verdict.directed
    return VOCABULARY[Verdict.NEGLIGIBLE if changed else verdict].kind


def _listing(rows: Sequence[VerdictRow], known: _Known) -> str:
    """Return the schemes of one verdict with what a reader must know of each.

    Of schemes that are ahead or behind it is how much, of those whose effect depends on the
    condition what holds where, of open ones what would decide, of the others what they cannot
    exclude. The other numbers stand in the matrix.
    """
    said = {clauses.not_excluded(row) for row in rows}
    shared = said.pop() if len(said) == 1 else ""
    together = rows[0].verdict is Verdict.INCONCLUSIVE and len(rows) > FEW
    named = [_item(row, known, shared=shared, together=together) for row in rows]
    listed = numbers.joined(named) + (_range(rows) if together else "")
    return f"{listed}. {shared}." if shared else f"{listed}."


def _befallen(row: VerdictRow) -> list[str]:
    """Return which runs of a scheme a verdict hides; those of the reference are told once.

    Failures have a statement of their own, and runs are those of its accuracy.
    """
    if row.outcome is Outcome.SPEED:
        return []
    said = clauses.lost_runs(row, failed=False)
    return [said] if said else []


def _range(rows: Sequence[VerdictRow]) -> str:
    """Return how probable open effects are to lie inside the margin, and what decides them all."""
    inside = sorted(row.p_inside for row in rows if clauses.probable(row))
    needed = [row for row in rows if math.isfinite(row.seeds_needed)]
    parts = []
    if inside:
        low, high = numbers.chance(inside[0]), numbers.chance(inside[-1])
        between = low if low == high else f"{low} to {high}"
        parts.append(f"{between} probable to lie inside the margin")
    if needed:
        most = max(needed, key=lambda row: row.seeds_needed)
        parts.append(clauses.needed(most, about="up to"))
    return f" ({'; '.join(parts)})" if parts else ""


def _item(row: VerdictRow, known: _Known, *, shared: str, together: bool) -> str:
    """Return a scheme with what must be known of it.

    Args:
        row: its verdict.
        known: what else is known.
        shared: what the statement tells of all its schemes, and so is left out here.
        together: whether the statement gives the range of what is open.

    """
    notes = [doubt.note for doubt in clauses.doubts(row)]
    notes += [text for text in [clauses.not_excluded(row)] if text and text != shared]
    notes += filter(None, [row.without])
    if row.verdict is Verdict.DEPENDS:
        notes = [*_each_condition(row, known), *_befallen(row), *notes]
    elif row.verdict.directed and row.outcome is not Outcome.SPEED:
        befell = clauses.lost_runs(row, failed=True)
        counted = f", and {befell}" if befell else ""
        size = f"{row.scheme}, by {clauses.size(row)}{clauses.among(row)}{counted}"
        return "; ".join([size, *notes])
    elif row.verdict.directed:
        notes = [f"{clauses.compact(row)}, {clauses.bounds(row, row.lower, row.upper)}", *notes]
    elif row.verdict is Verdict.NOT_ESTIMABLE:
        notes = [row.reason, *_befallen(row), *notes]
    elif row.verdict is Verdict.INCONCLUSIVE and not together:
        notes = [clauses.probable(row), clauses.needed(row), *_befallen(row), *notes]
    else:
        notes = [*_befallen(row), *notes]
    return _with_notes(row.scheme, notes)


def _with_notes(scheme: str, notes: Sequence[str]) -> str:
    said = "; ".join(filter(None, notes))
    return f"{scheme} ({said})" if said else scheme


def _each_condition(row: VerdictRow, known: _Known) -> list[str]:
    rows = known.conditions.get(row.comparison, ())
    return [clauses.by_condition(rows)] if rows else []


def _own_best(rows: Sequence[VerdictRow], known: _Known) -> list[Statement]:
    """Return the comparison of all schemes at their own best learning rates, as one statement."""
    if not rows:
        return []
    said = {clauses.not_excluded(row) for row in rows if row.verdict.within_margin}
    shared = said.pop() if len(said) == 1 else ""
    groups = [
        (verdict, [row for row in rows if row.verdict is verdict])
        for verdict in verdicts_of(Outcome.ACCURACY)
    ]
    parts = [
        f"{word(verdict, Outcome.ACCURACY)}: {_best_listing(group, known, shared=shared)}"
        for verdict, group in groups
        if group
    ]
    gravest = next(verdict for verdict, group in groups if group)
    reference = _reference_there(rows, known)
    lead = f"Each at its own best learning rate{f' ({reference})' if reference else ''}:"
    rest = f" Of the equivalent, {shared}." if shared else ""
    text = f"{'; '.join(parts)}.{rest}"
    return [Statement(kind=VOCABULARY[gravest].kind, lead=lead, text=text)]


def _reference_there(rows: Sequence[VerdictRow], known: _Known) -> str:
    """Return the rate of the reference, where it is one for all rows, and which runs it lost."""
    told = {
        known.rates[key].reference_words
        for row in rows
        if (key := (row.normalization, row.scheme)) in known.rates
    }
    rate = told.pop() if len(told) == 1 else ""
    lost = next((text for row in rows if (text := clauses.lost_reference_runs(row))), "")
    said = "; ".join(filter(None, [rate, lost]))
    return f"{rows[0].reference} {said}" if said else ""


def _best_listing(rows: Sequence[VerdictRow], known: _Known, *, shared: str) -> str:
    return numbers.joined([_best_item(row, known, shared=shared) for row in rows])


def _best_item(row: VerdictRow, known: _Known, *, shared: str) -> str:
    """Return a scheme at its own best rate, with how much it is ahead or behind.

    Its rate stands beside a size; of others only whether it is an end of the grid.

    Args:
        row: its verdict.
        known: what else is known.
        shared: what the statement says that none of the equivalent excludes.

    """
    rates = known.rates.get((row.normalization, row.scheme))
    notes = []
    if rates is not None:
        notes = [rates.words if row.verdict.directed else rates.edge_words]
    if row.verdict.directed:
        size = clauses.bounds(row, *sorted((abs(row.lower), abs(row.upper))))
        notes = [f"by {clauses.compact_size(row)}, {size}", *notes]
    if row.verdict is Verdict.INCONCLUSIVE:
        notes += [clauses.compact(row), clauses.probable(row)]
    open_to = clauses.not_excluded(row)
    notes += [clauses.lost_runs(row, failed=True), open_to if open_to != shared else ""]
    notes += [doubt.note for doubt in clauses.doubts(row)]
    return _with_notes(row.scheme, notes)


def _missed(rows: Sequence[VerdictRow], known: _Known) -> list[Statement]:
    """Return who misses the threshold more often, or less often, than the reference."""
    statements = []
    for verdict in verdicts_of(Outcome.NOT_REACHED):
        group = [
            row for row in rows if row.outcome is Outcome.NOT_REACHED and row.verdict is verdict
        ]
        told = verdict.directed or verdict is Verdict.DEPENDS
        if group and told:
            lead = clauses.filled(
                phrases(verdict, Outcome.NOT_REACHED).lead, group[0], threshold=known.threshold
            )
            items = [f"{row.scheme} ({'; '.join(_risk(row, known))})" for row in group]
            kind = VOCABULARY[verdict].kind
            statements.append(Statement(kind=kind, lead=lead, text=f"{numbers.joined(items)}."))
    return statements


def _risk(row: VerdictRow, known: _Known) -> list[str]:
    if row.verdict is Verdict.DEPENDS:
        return _each_condition(row, known)
    return [text for text in (clauses.seeds_befallen(row), clauses.difference(row)) if text]


def _tells_failures(verdict: Verdict) -> bool:
    """Return whether a statement on accuracy tells of each scheme how many of its runs failed."""
    return verdict.is_worse


def _with_losses(
    statements: dict[_Group, Statement], verdicts: Sequence[VerdictRow], known: _Known
) -> list[Statement]:
    """Return the statements on accuracy with who fails below those who are worse."""
    named = {
        row.scheme
        for row in verdicts
        if row.outcome is Outcome.ACCURACY and _tells_failures(row.verdict)
    }
    grave = (Verdict.FAILS, Verdict.REFERENCE_FAILS)
    above = [
        statement
        for (verdict, _), statement in statements.items()
        if verdict in grave or _tells_failures(verdict)
    ]
    below = [statement for statement in statements.values() if statement not in above]
    return [*above, *_losses(verdicts, named, known), *below]


def _losses(verdicts: Sequence[VerdictRow], named: set[str], known: _Known) -> list[Statement]:
    """Return the schemes that fail, without those named above, and what befell the reference."""
    counting = (Outcome.ACCURACY, Outcome.FAILURE)
    arms = {row.scheme: row for row in verdicts if row.outcome in counting}.values()
    failing = [row for row in arms if row.failed > 0 and row.scheme not in named]
    kind = VOCABULARY[Verdict.WORSE].kind
    statements = []
    if failing:
        parts = [
            f"{row.scheme} in {clauses.of_runs(row.failed, row)} runs{_where(row, known)}"
            for row in failing
        ]
        text = f"{numbers.joined(parts)}."
        statements.append(Statement(kind=kind, lead="Fails:", text=text))
    lost = next((text for row in arms if (text := clauses.lost_reference_runs(row))), "")
    if lost:
        reference = next(iter(arms)).reference
        statements.append(
            Statement(kind=kind, lead=f"{reference}, the reference:", text=f"{lost}.")
        )
    return statements


def _where(row: VerdictRow, known: _Known) -> str:
    """Return in which conditions the failed runs are, where they are not in all."""
    rows = known.conditions.get((Outcome.FAILURE, row.normalization, row.scheme), ())
    names = clauses.condition_names(rows)
    failing = [names[one.cell] for one in rows if one.failed > 0]
    in_some = 0 < len(failing) < len(rows)
    told = in_some and len(failing) <= clauses.LISTED
    return f" (all at {numbers.joined(failing)})" if told else ""
