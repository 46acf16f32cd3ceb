"""The answer: which schemes are worse, equivalent or open, at each normalisation.

Every scheme that is worse or fails is named with its number; every scheme that is equivalent
with the margin; every open one with the seeds that would decide it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from biasinit import numbers
from biasinit.reporting.labels import INTERACTION, normalization_label
from biasinit.reporting.verdicts import clauses
from biasinit.reporting.verdicts.verdict_rows import VerdictRow
from biasinit.reporting.verdicts.vocabulary import VOCABULARY, phrases
from biasinit.verdicts import Outcome, Verdict, verdicts_of

MANY = 4  # schemes with one verdict, above which the answer gives their range, not each interval


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


def answers(verdicts: Sequence[VerdictRow], *, threshold: str) -> tuple[Answer, ...]:
    """Return the answer for each normalisation that has verdicts.

    Each names every scheme that is worse or fails, every scheme that is equivalent with the
    margin, and the inconclusive ones with the seeds that would decide.
    """
    levels = dict.fromkeys(
        row.normalization for row in verdicts if row.outcome is not Outcome.INTERACTION
    )
    found = []
    for level in levels:
        rows = [row for row in verdicts if row.normalization == level]
        accuracy = _statements(rows, Outcome.ACCURACY, threshold=threshold)
        speed = _statements(rows, Outcome.SPEED, threshold=threshold).values()
        found.append(
            Answer(normalization=level, statements=(*_with_failures(accuracy, rows), *speed))
        )
    changes = _statements(verdicts, Outcome.INTERACTION, threshold=threshold)
    if changes:
        found.append(Answer(normalization=INTERACTION, statements=tuple(changes.values())))
    return tuple(found)


def answer_text(verdicts: Sequence[VerdictRow], *, threshold: str) -> str:
    """Return the answer as one paragraph of plain text per normalisation."""
    return "\n\n".join(str(answer) for answer in answers(verdicts, threshold=threshold))


def _statements(
    verdicts: Sequence[VerdictRow], outcome: Outcome, *, threshold: str
) -> dict[Verdict, Statement]:
    """Return what the answer says of each verdict that some scheme has."""
    found = {}
    for verdict in verdicts_of(outcome):
        rows = [row for row in verdicts if row.outcome is outcome and row.verdict is verdict]
        if rows:
            lead = clauses.filled(phrases(verdict, outcome).lead, rows[0], threshold=threshold)
            text = f"{_listing(rows)}."
            found[verdict] = Statement(kind=_colour(verdict, outcome), lead=lead, text=text)
    return found


def _colour(verdict: Verdict, outcome: Outcome) -> str:
    """Return the class of a statement; whether a change is good depends on the effect itself."""
    changed = outcome is Outcome.INTERACTION and verdict.directed
    return VOCABULARY[Verdict.NEGLIGIBLE if changed else verdict].kind


def _listing(rows: Sequence[VerdictRow]) -> str:
    """Return the schemes of one verdict with their numbers, or with the range of them where many.

    Schemes that are ahead or behind are told one by one, however many they are.
    """
    if len(rows) > MANY and not rows[0].verdict.directed:
        return numbers.joined([row.scheme for row in rows]) + _range(rows)
    return numbers.joined([_item(row) for row in rows])


def _range(rows: Sequence[VerdictRow]) -> str:
    if rows[0].outcome is Outcome.SPEED:
        return ""
    estimates = [row.estimate for row in rows if math.isfinite(row.estimate)]
    needed = [row.seeds_needed for row in rows if math.isfinite(row.seeds_needed)]
    parts = []
    if estimates:
        parts.append(
            f"differences from {numbers.signed(min(estimates))} to "
            f"{numbers.signed(max(estimates))} points"
        )
    if needed:
        parts.append(clauses.would_decide(max(needed), about="up to"))
    return f" ({'; '.join(parts)})" if parts else ""


def _item(row: VerdictRow) -> str:
    doubts = [doubt.note for doubt in clauses.doubts(row)]
    if row.outcome is Outcome.ACCURACY and row.verdict.directed:
        failed = clauses.failures(row)
        counted = f", and {failed}" if failed else ""
        size = f"{row.scheme}, by {clauses.size(row)}{clauses.among(row)}{counted}"
        return "; ".join([size, *doubts])
    if not math.isfinite(row.estimate):
        return row.scheme
    found = [f"{clauses.compact(row)}, {numbers.interval(row.lower, row.upper)}"]
    if math.isfinite(row.seeds_needed):
        found.append(clauses.would_decide(row.seeds_needed))
    return f"{row.scheme} ({'; '.join([*found, *doubts])})"


WORSE = (Verdict.WORSE,)  # the answer names who fails below those who are worse


def _with_failures(
    statements: dict[Verdict, Statement], verdicts: Sequence[VerdictRow]
) -> list[Statement]:
    """Return the statements on accuracy with who fails among them."""
    named = {
        row.scheme for row in verdicts if row.outcome is Outcome.ACCURACY and row.verdict in WORSE
    }
    above = [statement for verdict, statement in statements.items() if verdict in WORSE]
    below = [statement for verdict, statement in statements.items() if verdict not in WORSE]
    return [*above, *_failing_statements(verdicts, named=named), *below]


def _failing_statements(verdicts: Sequence[VerdictRow], *, named: set[str]) -> list[Statement]:
    """Return the schemes that fail, without those that were named as worse, and the reference."""
    counting = (Outcome.ACCURACY, Outcome.FAILURE)
    arms = {row.scheme: row for row in verdicts if row.outcome in counting}.values()
    failing = [row for row in arms if row.failed > 0 and row.scheme not in named]
    reference = next((row for row in arms if row.reference_failed > 0), None)
    kind = VOCABULARY[Verdict.WORSE].kind
    statements = []
    if failing:
        parts = [f"{row.scheme} in {clauses.of_runs(row.failed, row)}" for row in failing]
        text = f"{numbers.joined(parts)} runs."
        statements.append(Statement(kind=kind, lead="Fails:", text=text))
    if reference is not None:
        counted = clauses.of_runs(reference.reference_failed, reference)
        text = f"{reference.reference} in {counted} runs."
        statements.append(Statement(kind=kind, lead="The reference fails:", text=text))
    return statements
