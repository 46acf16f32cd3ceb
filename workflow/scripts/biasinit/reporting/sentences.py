"""Plain-language sentences from verdicts, with numbers, units and uncertainty.

A ``Verdict`` is one row of the table of verdicts. Sentences decide nothing: the verdict is
in the row, and the numbers are those of the row, rounded by ``numbers``. The phrase that a
large p-value invites ("no difference was found") is not in the vocabulary: what was not
shown is called inconclusive, with the seeds that would decide it.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from biasinit.config import Study
from biasinit.reporting import numbers
from biasinit.reporting.catalogue import INTERACTION, VERDICTS, normalization_label
from biasinit.reporting.selection import ALL_CELLS, arranged, records, scheme_order, table

OUTCOMES = ("accuracy", "interaction", "speed", "failure")
MANY = 4  # schemes with one verdict, above which the answer gives their range, not each interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One row of the table of verdicts; missing numbers are nan.

    ``runs`` is the number of runs of each arm, from the table of failure rates.
    """

    outcome: str
    normalization: str
    scheme: str
    reference: str
    verdict: str
    estimate: float
    lower: float
    upper: float
    unit: str
    margin_lower: float
    margin_upper: float
    p_adjusted: float
    p_equivalence_adjusted: float
    fragile: bool
    depends_on: str
    smallest_margin: float
    seeds: float
    seeds_needed: float
    failed: float
    reference_failed: float
    runs: float


_NUMBERS = (
    "estimate",
    "lower",
    "upper",
    "margin_lower",
    "margin_upper",
    "p_adjusted",
    "p_equivalence_adjusted",
    "smallest_margin",
    "seeds",
    "seeds_needed",
    "failed",
    "reference_failed",
)
_TEXTS = ("outcome", "normalization", "scheme", "reference", "verdict", "unit", "depends_on")


def read_verdicts(tables: Mapping[str, pd.DataFrame], study: Study) -> tuple[Verdict, ...]:
    """Return the rows of the table of verdicts, ordered by outcome, normalisation and scheme."""
    frame = arranged(table(tables, "verdicts"), schemes=scheme_order(study))
    arms = arm_runs(tables)
    rows = [_verdict(row, arms) for row in records(frame)]
    known = [row for row in rows if row.outcome in OUTCOMES]
    return tuple(sorted(known, key=lambda row: OUTCOMES.index(row.outcome)))


def arm_runs(tables: Mapping[str, pd.DataFrame]) -> dict[tuple[str, str], float]:
    """Return the number of runs by normalisation and scheme, over all cells."""
    frame = table(tables, "failure_rates")
    if not {"cell", "normalization", "scheme", "runs"} <= set(frame.columns):
        return {}
    whole = frame[frame["cell"] == ALL_CELLS]
    keys = zip(whole["normalization"].astype(str), whole["scheme"].astype(str), strict=True)
    return dict(zip(keys, whole["runs"].astype(float), strict=True))


def _verdict(row: Mapping[str, Any], arms: Mapping[tuple[str, str], float]) -> Verdict:
    texts = {name: _text(row.get(name)) for name in _TEXTS}
    values = {name: _number(row.get(name)) for name in _NUMBERS}
    fragile = row.get("fragile")
    runs = arms.get((texts["normalization"], texts["scheme"]), math.nan)
    return Verdict(
        outcome=texts["outcome"],
        normalization=texts["normalization"],
        scheme=texts["scheme"],
        reference=texts["reference"],
        verdict=texts["verdict"],
        unit=texts["unit"],
        depends_on=texts["depends_on"],
        fragile=bool(fragile) if isinstance(fragile, (bool, int)) else str(fragile) == "True",
        runs=runs,
        **values,
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return math.nan


def sentence(verdict: Verdict, *, threshold: str) -> str:
    """Return one plain sentence or two for a verdict.

    Args:
        verdict: a row of the table of verdicts.
        threshold: the threshold of convergence in words, such as '95 %'.

    """
    where = normalization_label(verdict.normalization)
    subject = (
        verdict.scheme if verdict.normalization == INTERACTION else f"{verdict.scheme} {where}"
    )
    return f"{subject}: {finding(verdict, threshold=threshold)}.{remarks(verdict)}"


def finding(verdict: Verdict, *, threshold: str) -> str:
    """Return what was found, without the subject: 'worse than zeros by 0.93 points (…)'."""
    if verdict.outcome == "speed":
        return _speed(verdict, threshold)
    if verdict.outcome == "failure":
        return _failure(verdict)
    if verdict.outcome == "interaction":
        return _interaction(verdict)
    clause = failure_clause(verdict)
    joint = ": " if verdict.verdict == "not estimable" else ", and "
    return _accuracy(verdict) + (f"{joint}{clause}" if clause else "")


def _accuracy(verdict: Verdict) -> str:
    reference = verdict.reference
    among = _among(verdict)
    if verdict.verdict in ("worse", "better"):
        return f"{verdict.verdict} than {reference} by {_size(verdict)}{among}"
    if verdict.verdict == "equivalent":
        return (
            f"equivalent to {reference} within {margin_words(verdict)} "
            f"({_difference(verdict)}{among})"
        )
    if verdict.verdict == "different but negligible":
        return (
            f"different from {reference}, but negligibly: {_difference(verdict)}{among}, "
            f"inside {margin_words(verdict)}"
        )
    if verdict.verdict == "inconclusive":
        return (
            f"inconclusive against {reference}: {_difference(verdict)}{among}; neither a "
            f"difference nor equivalence within {margin_words(verdict)} is shown{_needed(verdict)}"
        )
    return f"not estimable against {reference}"


def _interaction(verdict: Verdict) -> str:
    among = _among(verdict)
    if verdict.verdict in ("worse", "better"):
        direction = "lower" if verdict.verdict == "worse" else "higher"
        return (
            f"the effect on accuracy is {direction} with batch normalisation, by "
            f"{_size(verdict)}{among}"
        )
    if verdict.verdict == "equivalent":
        return (
            "the effect on accuracy is the same with and without batch normalisation, within "
            f"{margin_words(verdict)} ({_difference(verdict)}{among})"
        )
    if verdict.verdict == "different but negligible":
        return (
            "the effect on accuracy changes with batch normalisation, but negligibly: "
            f"{_difference(verdict)}{among}, inside {margin_words(verdict)}"
        )
    if verdict.verdict == "inconclusive":
        return (
            "inconclusive whether batch normalisation changes the effect on accuracy: "
            f"{_difference(verdict)}{among}{_needed(verdict)}"
        )
    return "not estimable whether batch normalisation changes the effect on accuracy"


def _speed(verdict: Verdict, threshold: str) -> str:
    reference = verdict.reference
    times = (
        f"{numbers.number(verdict.estimate)} times as long to {threshold} as {reference} "
        f"(95 % interval {numbers.interval(verdict.lower, verdict.upper)})"
    )
    if verdict.verdict in ("worse", "better"):
        return f"{'slower' if verdict.verdict == 'worse' else 'faster'}: takes {times}"
    if verdict.verdict == "equivalent":
        return f"equally fast within ratios of {margin_words(verdict)}: takes {times}"
    if verdict.verdict == "different but negligible":
        return f"negligibly different in speed, inside {margin_words(verdict)}: takes {times}"
    if verdict.verdict == "inconclusive":
        return f"speed inconclusive: takes {times}{_needed(verdict)}"
    return f"speed not estimable against {reference}"


def _failure(verdict: Verdict) -> str:
    if nothing_failed(verdict):
        return "no run failed in either arm"
    counts = failure_clause(verdict) or "failures not counted"
    risk = (
        f"; difference {numbers.signed(100 * verdict.estimate, decimals=1)} % of runs (95 % "
        f"interval {numbers.interval(100 * verdict.lower, 100 * verdict.upper, decimals=1)})"
        if math.isfinite(verdict.estimate)
        else ""
    )
    words = {
        "worse": f"more runs fail than with {verdict.reference}",
        "better": f"fewer runs fail than with {verdict.reference}",
    }
    head = words.get(verdict.verdict, f"failures {verdict.verdict}")
    return f"{head}: {counts}{risk}{_needed(verdict)}"


def nothing_failed(verdict: Verdict) -> bool:
    """Return whether this compares failures of two arms without any."""
    return verdict.outcome == "failure" and verdict.failed == 0 and verdict.reference_failed == 0


def failure_clause(verdict: Verdict) -> str:
    """Return '4 of 40 runs failed (zeros: 0 of 40)', or nothing when no run of either failed."""
    failed, other = verdict.failed, verdict.reference_failed
    if not math.isfinite(failed) or (failed == 0 and not other > 0):
        return ""
    total = f" of {numbers.count(verdict.runs)}" if math.isfinite(verdict.runs) else ""
    against = (
        f" ({verdict.reference}: {numbers.count(other)}{total})" if math.isfinite(other) else ""
    )
    return f"{numbers.count(failed)}{total} runs failed{against}"


def margin_words(verdict: Verdict) -> str:
    """Return the margin with its unit: '±0.5 points' or '0.8 to 1.25'."""
    lower, upper = verdict.margin_lower, verdict.margin_upper
    if verdict.outcome == "speed":
        return f"{numbers.plain(lower)} to {numbers.plain(upper)}"
    if math.isfinite(lower) and math.isclose(-lower, upper):
        return f"±{numbers.plain(upper)} points"
    return f"{numbers.plain(lower)} to {numbers.plain(upper)} points"


def _size(verdict: Verdict) -> str:
    bounds = sorted((abs(verdict.lower), abs(verdict.upper)))
    return (
        f"{numbers.number(abs(verdict.estimate))} points "
        f"(95 % interval {numbers.interval(bounds[0], bounds[1])})"
    )


def _difference(verdict: Verdict) -> str:
    return (
        f"{numbers.signed(verdict.estimate)} points, 95 % interval "
        f"{numbers.interval(verdict.lower, verdict.upper)}"
    )


def _among(verdict: Verdict) -> str:
    if verdict.failed > 0 or verdict.reference_failed > 0:
        seeds = f"the {numbers.count(verdict.seeds)} " if math.isfinite(verdict.seeds) else ""
        return f" among {seeds}seeds where both trained"
    return ""


def _needed(verdict: Verdict) -> str:
    if not math.isfinite(verdict.seeds_needed):
        return ""
    used = f" ({numbers.count(verdict.seeds)} were used)" if math.isfinite(verdict.seeds) else ""
    return f"; about {numbers.count(verdict.seeds_needed)} seeds would decide{used}"


def remarks(verdict: Verdict) -> str:
    """Return what qualifies a verdict, as sentences: what it depends on, and fragility."""
    text = ""
    if verdict.depends_on:
        text += f" The effect depends on {verdict.depends_on.replace('_', ' ')}."
    if verdict.fragile:
        text += " Fragile: the two analyses disagree."
    return text


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


def answers(verdicts: Sequence[Verdict], *, threshold: str) -> tuple[Answer, ...]:
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


def answer_text(verdicts: Sequence[Verdict], *, threshold: str) -> str:
    """Return the answer as one paragraph of plain text per normalisation."""
    return "\n\n".join(str(answer) for answer in answers(verdicts, threshold=threshold))


def _accuracy_statements(verdicts: Sequence[Verdict]) -> list[Statement]:
    rows = [v for v in verdicts if v.outcome == "accuracy"]
    arms = {v.scheme: v for v in verdicts if v.outcome in ("failure", "accuracy")}
    failing = [v for v in arms.values() if v.failed > 0 or v.reference_failed > 0]
    statements = []
    for kind in VERDICTS:
        chosen = [v for v in rows if v.verdict == kind]
        if chosen:
            statements.append(
                Statement(verdict=kind, lead=_lead(chosen[0]), text=_listing(chosen) + ".")
            )
        if kind == "worse":
            statements += _failing_statements(failing, named=chosen)
    return statements


def _failing_statements(failing: Sequence[Verdict], *, named: Sequence[Verdict]) -> list[Statement]:
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


def _of_runs(failed: float, verdict: Verdict) -> str:
    total = f" of {numbers.count(verdict.runs)}" if math.isfinite(verdict.runs) else ""
    return f"{numbers.count(failed)}{total}"


def _lead(verdict: Verdict) -> str:
    reference = verdict.reference
    return {
        "worse": f"Worse than {reference}:",
        "better": f"Better than {reference}:",
        "different but negligible": f"Different from {reference}, inside {margin_words(verdict)}:",
        "equivalent": f"Equivalent to {reference} within {margin_words(verdict)}:",
        "inconclusive": "Inconclusive:",
        "not estimable": "Not estimable:",
    }[verdict.verdict]


def _listing(verdicts: Sequence[Verdict]) -> str:
    if len(verdicts) > MANY and not any(v.verdict in ("worse", "better") for v in verdicts):
        return numbers.joined([v.scheme for v in verdicts]) + _range(verdicts)
    return numbers.joined([_item(v) for v in verdicts])


def _range(verdicts: Sequence[Verdict]) -> str:
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


def _item(verdict: Verdict) -> str:
    if verdict.verdict not in ("worse", "better"):
        return _difference_item(verdict)
    clause = failure_clause(verdict)
    failures = f", and {clause}" if clause else ""
    size = f"by {_size(verdict)}{_among(verdict)}"
    return f"{verdict.scheme}, {size}{failures}{_notes(verdict)}"


def _interaction_statements(verdicts: Sequence[Verdict]) -> list[Statement]:
    statements = []
    for kind in VERDICTS:
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


def _difference_item(verdict: Verdict) -> str:
    if not math.isfinite(verdict.estimate):
        return verdict.scheme
    bounds = numbers.interval(verdict.lower, verdict.upper)
    rest = f"{_would_decide(verdict)}{_notes(verdict)}"
    return f"{verdict.scheme} ({numbers.signed(verdict.estimate)}, {bounds}{rest})"


def _would_decide(verdict: Verdict) -> str:
    if not math.isfinite(verdict.seeds_needed):
        return ""
    return f"; about {numbers.count(verdict.seeds_needed)} seeds would decide"


def _notes(verdict: Verdict) -> str:
    notes = [f"depends on {verdict.depends_on.replace('_', ' ')}"] if verdict.depends_on else []
    if verdict.fragile:
        notes.append("fragile")
    return "".join(f"; {note}" for note in notes)


def _speed_statements(verdicts: Sequence[Verdict], *, threshold: str) -> list[Statement]:
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
    for kind in VERDICTS:
        chosen = [v for v in rows if v.verdict == kind]
        if not chosen:
            continue
        lead = leads[kind]
        if kind == "equivalent":
            lead = f"Equally fast to {threshold} within ratios of {margin_words(chosen[0])}:"
        statements.append(Statement(verdict=kind, lead=lead, text=_speed_listing(chosen) + "."))
    return statements


def _speed_listing(verdicts: Sequence[Verdict]) -> str:
    if len(verdicts) > MANY and not any(v.verdict in ("worse", "better") for v in verdicts):
        return numbers.joined([v.scheme for v in verdicts])
    return numbers.joined([_speed_item(v) for v in verdicts])


def _speed_item(verdict: Verdict) -> str:
    if not math.isfinite(verdict.estimate):
        return verdict.scheme
    bounds = numbers.interval(verdict.lower, verdict.upper)
    ratio = f"×\N{NO-BREAK SPACE}{numbers.number(verdict.estimate)}"
    return f"{verdict.scheme} ({ratio}, {bounds}{_would_decide(verdict)}{_notes(verdict)})"


def threshold_words(study: Study) -> str:
    """Return the threshold of convergence: '95 %', or 'the threshold' when data sets differ."""
    values = set(study.analysis.thresholds.values())
    return f"{numbers.plain(values.pop())} %" if len(values) == 1 else "the threshold"
