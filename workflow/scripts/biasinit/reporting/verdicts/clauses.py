"""The clauses of a verdict: its estimate with interval, its margin, its failures, its doubts.

Sentences, the answer, the tables and the ledger of claims are made of these, so that each is worded
once. Where one thing has two clauses, they stand below each other and say what each is for.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from biasinit import numbers
from biasinit.reporting.verdicts.verdict_rows import VerdictRow
from biasinit.verdicts import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unit:
    """How numbers of an outcome are written: name, factor, decimals and sign."""

    name: str
    factor: float
    decimals: int
    write: Callable[..., str]


_POINTS = _Unit(name="points", factor=1, decimals=2, write=numbers.signed)
_UNITS: Mapping[Outcome, _Unit] = {
    Outcome.ACCURACY: _POINTS,
    Outcome.INTERACTION: _POINTS,
    Outcome.SPEED: _Unit(name="times", factor=1, decimals=2, write=numbers.number),
    Outcome.FAILURE: _Unit(name="% of runs", factor=100, decimals=1, write=numbers.signed),
}


def amount(row: VerdictRow) -> str:
    """Return the estimate with its unit: '+0.02 points', '1.46 times', '+20.0 % of runs'."""
    unit = _UNITS[row.outcome]
    return f"{unit.write(unit.factor * row.estimate, decimals=unit.decimals)} {unit.name}"


def interval(row: VerdictRow) -> str:
    """Return the interval that decides: '95 % interval −0.14 to 0.18'."""
    if math.isnan(row.lower) or math.isnan(row.upper):
        return "no interval"
    unit = _UNITS[row.outcome]
    lower, upper = unit.factor * row.lower, unit.factor * row.upper
    return f"{row.level:g} % interval {numbers.interval(lower, upper, decimals=unit.decimals)}"


def difference(row: VerdictRow) -> str:
    """Return estimate and interval: '+0.02 points, 95 % interval −0.14 to 0.18'."""
    return f"{amount(row)}, {interval(row)}"


def size(row: VerdictRow) -> str:
    """Return how large a difference is whose direction is said: '0.93 points (95 % interval …)'."""
    lower, upper = sorted((abs(row.lower), abs(row.upper)))
    return (
        f"{numbers.number(abs(row.estimate))} points "
        f"({row.level:g} % interval {numbers.interval(lower, upper)})"
    )


def compact(row: VerdictRow) -> str:
    """Return the estimate as lists and cells have it, without unit: '+0.02', '× 1.46'."""
    if row.outcome is Outcome.SPEED:
        return f"×\N{NO-BREAK SPACE}{numbers.number(row.estimate)}"
    return numbers.signed(row.estimate)


def margin(row: VerdictRow) -> str:
    """Return the margin without its unit: '±0.5' or '0.8 to 1.25'."""
    if row.outcome is Outcome.SPEED or math.isnan(row.margin_upper):
        return f"{numbers.plain(row.margin_lower)} to {numbers.plain(row.margin_upper)}"
    return f"±{numbers.plain(row.margin_upper)}"


def margin_in_points(row: VerdictRow) -> str:
    """Return the margin as a sentence has it: with its unit, unless it is a ratio."""
    return margin(row) if row.outcome is Outcome.SPEED else f"{margin(row)} points"


def of_runs(failed: float, row: VerdictRow) -> str:
    """Return how many runs of an arm failed: '4 of 40', or '4' where their number is unknown."""
    total = f" of {numbers.count(row.runs)}" if math.isfinite(row.runs) else ""
    return f"{numbers.count(failed)}{total}"


def failures(row: VerdictRow) -> str:
    """Return '4 of 40 runs failed (zeros: 0 of 40)', or nothing when no run of either failed."""
    failed, other = row.failed, row.reference_failed
    if not math.isfinite(failed) or (failed == 0 and not other > 0):
        return ""
    against = f" ({row.reference}: {of_runs(other, row)})" if math.isfinite(other) else ""
    return f"{of_runs(failed, row)} runs failed{against}"


def failed_runs(row: VerdictRow) -> str:
    """Return the failed runs of both arms in short, or nothing when no run of either failed."""
    if not (row.failed > 0 or row.reference_failed > 0):
        return ""
    return (
        f"failed runs: {numbers.count(row.failed)} of {row.scheme} and "
        f"{numbers.count(row.reference_failed)} of {row.reference}"
    )


def among(row: VerdictRow) -> str:
    """Return which seeds a contrast rests on, where some runs failed."""
    if not (row.failed > 0 or row.reference_failed > 0):
        return ""
    seeds = f"the {numbers.count(row.seeds)} " if math.isfinite(row.seeds) else ""
    return f" among {seeds}seeds where both trained"


def would_decide(seeds: float, *, about: str = "about", noun: str = "seeds") -> str:
    """Return 'about 45 seeds would decide'.

    Args:
        seeds: their number.
        about: 'up to' for the most of several; empty in a picture, where there is little room.
        noun: empty beside another number of seeds.

    """
    return " ".join(filter(None, (about, numbers.count(seeds), noun, "would decide")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """What qualifies a verdict, in three lengths.

    Attributes:
        note: a word or two, in a list of schemes.
        clause: within a cell of the ledger of claims, where nothing else explains it.
        sentence: after the sentence that it qualifies.

    """

    note: str
    clause: str
    sentence: str


def doubts(row: VerdictRow) -> tuple[Doubt, ...]:
    """Return what qualifies a verdict, the gravest first."""
    found = []
    if row.depends_on:
        factor = row.depends_on.replace("_", " ")
        found.append(
            Doubt(
                note=f"depends on {factor}",
                clause=f"depends on the {factor}",
                sentence=f"The effect depends on {factor}.",
            )
        )
    if row.fragile:
        found.append(
            Doubt(
                note="fragile",
                clause="fragile: the second analysis disagrees",
                sentence="Fragile: the two analyses disagree.",
            )
        )
    return tuple(found)


def filled(template: str, row: VerdictRow, *, threshold: str) -> str:
    """Return a phrase of the vocabulary with the clauses of a row in its braces.

    Args:
        template: the phrase.
        row: the row of the table of verdicts that it is about.
        threshold: the threshold of convergence in words, such as '95 %'.

    """
    failed = failures(row)
    decide = f"; {would_decide(row.seeds_needed)}" if math.isfinite(row.seeds_needed) else ""
    used = f" ({numbers.count(row.seeds)} were used)" if math.isfinite(row.seeds) else ""
    return template.format(
        reference=row.reference,
        threshold=threshold,
        size=size(row),
        difference=difference(row),
        takes=f"takes {numbers.number(row.estimate)} times as long to {threshold} as "
        f"{row.reference} ({interval(row)})",
        margin=margin_in_points(row),
        among=among(row),
        and_failures=f", and {failed}" if failed else "",
        because_failures=f": {failed}" if failed else "",
        counts=failed or "failures not counted",
        risk=f"; difference {amount(row)} ({interval(row)})" if math.isfinite(row.estimate) else "",
        needed=decide and f"{decide}{used}",
    )
