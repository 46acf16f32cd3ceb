"""The answer: which schemes are worse, equivalent or open, at each normalisation.

Every scheme that is worse or fails is named with its number; every scheme that is equivalent
with the margin; every open one with the seeds that would decide it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from biasinit.reporting import numbers
from biasinit.reporting.catalogue import INTERACTION, normalization_label
from biasinit.reporting.verdicts.sentences import (
    among_words,
    failure_clause,
    margin_words,
    size_words,
)
from biasinit.reporting.verdicts.verdict_rows import VerdictRow
from biasinit.verdicts import Verdict

KINDS = tuple(kind for kind in Verdict if kind is not Verdict.NO_FAILURES)

MANY = 4  # schemes with one verdict, above which the answer gives their range, not each interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement of the answer: its verdict, which colours it, and its words."""

    verdict: str
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
    levels = list(
        dict.fromkeys(v.normalization for v in verdicts if v.normalization != INTERACTION)
    )
    found = [
        Answer(
            normalization=level,
            statements=(
                *_accuracy_statements([v for v in verdicts if v.normalization == level]),
                *_speed_statements(
                    [v for v in verdicts if v.normalization == level], threshold=threshold
                ),
            ),
        )
        for level in levels
    ]
    changes = _interaction_statements([v for v in verdicts if v.outcome == "interaction"])
    if changes:
        found.append(Answer(normalization=INTERACTION, statements=tuple(changes)))
    return tuple(found)


def answer_text(verdicts: Sequence[VerdictRow], *, threshold: str) -> str:
    """Return the answer as one paragraph of plain text per normalisation."""
    return "\n\n".join(str(answer) for answer in answers(verdicts, threshold=threshold))


def _accuracy_statements(verdicts: Sequence[VerdictRow]) -> list[Statement]:
    rows = [v for v in verdicts if v.outcome == "accuracy"]
    arms = {v.scheme: v for v in verdicts if v.outcome in ("failure", "accuracy")}
    failing = [v for v in arms.values() if v.failed > 0 or v.reference_failed > 0]
    statements = []
    for kind in KINDS:
        chosen = [v for v in rows if v.verdict == kind]
        if chosen:
            statements.append(
                Statement(verdict=kind, lead=_lead(chosen[0]), text=_listing(chosen) + ".")
            )
        if kind is Verdict.WORSE:
            statements += _failing_statements(failing, named=chosen)
    return statements


def _failing_statements(
    failing: Sequence[VerdictRow], *, named: Sequence[VerdictRow]
) -> list[Statement]:
    """Return the schemes that fail, without those that were named as worse, and the reference."""
    said = {v.scheme for v in named}
    parts = [
        f"{v.scheme} in {_of_runs(v.failed, v)}"
        for v in failing
        if v.failed > 0 and v.scheme not in said
    ]
    statements = []
    if parts:
        text = f"{numbers.joined(parts)} runs."
        statements.append(Statement(verdict="worse", lead="Fails:", text=text))
    reference = next((v for v in failing if v.reference_failed > 0), None)
    if reference is not None:
        text = f"{reference.reference} in {_of_runs(reference.reference_failed, reference)} runs."
        statements.append(Statement(verdict="worse", lead="The reference fails:", text=text))
    return statements


def _of_runs(failed: float, verdict: VerdictRow) -> str:
    total = f" of {numbers.count(verdict.runs)}" if math.isfinite(verdict.runs) else ""
    return f"{numbers.count(failed)}{total}"


def _lead(verdict: VerdictRow) -> str:
    reference = verdict.reference
    return {
        "worse": f"Worse than {reference}:",
        "better": f"Better than {reference}:",
        "different but negligible": f"Different from {reference}, inside {margin_words(verdict)}:",
        "equivalent": f"Equivalent to {reference} within {margin_words(verdict)}:",
        "inconclusive": "Inconclusive:",
        "not estimable": "Not estimable:",
    }[verdict.verdict]


def _listing(verdicts: Sequence[VerdictRow]) -> str:
    if len(verdicts) > MANY and not any(v.verdict in ("worse", "better") for v in verdicts):
        return numbers.joined([v.scheme for v in verdicts]) + _range(verdicts)
    return numbers.joined([_item(v) for v in verdicts])


def _range(verdicts: Sequence[VerdictRow]) -> str:
    estimates = [v.estimate for v in verdicts if math.isfinite(v.estimate)]
    needed = [v.seeds_needed for v in verdicts if math.isfinite(v.seeds_needed)]
    parts = []
    if estimates:
        parts.append(
            f"differences from {numbers.signed(min(estimates))} to "
            f"{numbers.signed(max(estimates))} points"
        )
    if needed:
        parts.append(f"up to {numbers.count(max(needed))} seeds would decide")
    return f" ({'; '.join(parts)})" if parts else ""


def _item(verdict: VerdictRow) -> str:
    if verdict.verdict not in ("worse", "better"):
        return _difference_item(verdict)
    clause = failure_clause(verdict)
    failures = f", and {clause}" if clause else ""
    size = f"by {size_words(verdict)}{among_words(verdict)}"
    return f"{verdict.scheme}, {size}{failures}{_notes(verdict)}"


def _interaction_statements(verdicts: Sequence[VerdictRow]) -> list[Statement]:
    statements = []
    for kind in KINDS:
        chosen = [v for v in verdicts if v.verdict == kind]
        if not chosen:
            continue
        lead = {
            "worse": "Effect on accuracy lower with it:",
            "better": "Effect on accuracy higher with it:",
            "different but negligible": f"Changes inside {margin_words(chosen[0])}:",
            "equivalent": f"Same effect with and without, within {margin_words(chosen[0])}:",
            "inconclusive": "Inconclusive:",
            "not estimable": "Not estimable:",
        }[kind]
        # Whether a change is good depends on the effect itself: no colour of better or worse.
        shown = "different but negligible" if kind in ("worse", "better") else kind
        many = len(chosen) > MANY and kind not in ("worse", "better")
        names = numbers.joined([v.scheme if many else _difference_item(v) for v in chosen])
        text = names + (_range(chosen) if many else "") + "."
        statements.append(Statement(verdict=shown, lead=lead, text=text))
    return statements


def _difference_item(verdict: VerdictRow) -> str:
    if not math.isfinite(verdict.estimate):
        return verdict.scheme
    bounds = numbers.interval(verdict.lower, verdict.upper)
    rest = f"{_would_decide(verdict)}{_notes(verdict)}"
    return f"{verdict.scheme} ({numbers.signed(verdict.estimate)}, {bounds}{rest})"


def _would_decide(verdict: VerdictRow) -> str:
    if not math.isfinite(verdict.seeds_needed):
        return ""
    return f"; about {numbers.count(verdict.seeds_needed)} seeds would decide"


def _notes(verdict: VerdictRow) -> str:
    notes = [f"depends on {verdict.depends_on.replace('_', ' ')}"] if verdict.depends_on else []
    if verdict.fragile:
        notes.append("fragile")
    return "".join(f"; {note}" for note in notes)


def _speed_statements(verdicts: Sequence[VerdictRow], *, threshold: str) -> list[Statement]:
    rows = [v for v in verdicts if v.outcome == "speed"]
    leads = {
        "worse": f"Slower to {threshold}:",
        "better": f"Faster to {threshold}:",
        "different but negligible": "Speed different, but negligibly:",
        "equivalent": "Equally fast:",
        "inconclusive": "Speed inconclusive:",
        "not estimable": "Speed not estimable:",
    }
    statements = []
    for kind in KINDS:
        chosen = [v for v in rows if v.verdict == kind]
        if not chosen:
            continue
        lead = leads[kind]
        if kind is Verdict.EQUIVALENT:
            lead = f"Equally fast to {threshold} within ratios of {margin_words(chosen[0])}:"
        statements.append(Statement(verdict=kind, lead=lead, text=_speed_listing(chosen) + "."))
    return statements


def _speed_listing(verdicts: Sequence[VerdictRow]) -> str:
    if len(verdicts) > MANY and not any(v.verdict in ("worse", "better") for v in verdicts):
        return numbers.joined([v.scheme for v in verdicts])
    return numbers.joined([_speed_item(v) for v in verdicts])


def _speed_item(verdict: VerdictRow) -> str:
    if not math.isfinite(verdict.estimate):
        return verdict.scheme
    bounds = numbers.interval(verdict.lower, verdict.upper)
    ratio = f"×\N{NO-BREAK SPACE}{numbers.number(verdict.estimate)}"
    return f"{verdict.scheme} ({ratio}, {bounds}{_would_decide(verdict)}{_notes(verdict)})"
