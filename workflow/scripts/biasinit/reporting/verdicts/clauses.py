"""The clauses of a verdict: its estimate with interval, its margin, its failures, its doubts.

Sentences, the answer, the tables and the ledger of claims are made of these, so that each is worded
once. Where one thing has two clauses, they stand below each other and say what each is for.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from biasinit import numbers
from biasinit.reporting.selection import cell_labels
from biasinit.reporting.verdicts.verdict_rows import VerdictRow
from biasinit.reporting.verdicts.vocabulary import word
from biasinit.verdicts import Outcome, Verdict
from biasinit.vocabulary import ALL_CELLS, OWN_BEST_RATE

LISTED = 6  # conditions that are named one by one; more are counted


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unit:
    """How numbers of an outcome are written: name, factor, decimals and sign."""

    name: str
    factor: float
    decimals: int
    write: Callable[..., str]


_SEEDS = _Unit(name="% of seeds", factor=100, decimals=1, write=numbers.signed)
_TIMES = _Unit(name="times", factor=1, decimals=2, write=numbers.number)


def _unit(row: VerdictRow) -> _Unit:
    if row.outcome.counts_runs:
        return _SEEDS
    if row.outcome is Outcome.SPEED:
        return _TIMES
    return _Unit(name=row.metric.unit, factor=1, decimals=row.places, write=numbers.signed)


def amount(row: VerdictRow) -> str:
    """Return the estimate with its unit: '+0.02 points', '1.46 times', '+20.0 % of seeds'."""
    unit = _unit(row)
    return f"{unit.write(unit.factor * row.estimate, decimals=unit.decimals)} {unit.name}"


def interval(row: VerdictRow) -> str:
    """Return the interval that decides: '95 % interval −0.14 to 0.18'."""
    if math.isnan(row.lower) or math.isnan(row.upper):
        return "no interval"
    unit = _unit(row)
    lower, upper = unit.factor * row.lower, unit.factor * row.upper
    return f"{percent_level(row)} interval {numbers.interval(lower, upper, decimals=unit.decimals)}"


def percent_level(row: VerdictRow) -> str:
    """Return the level of the printed interval: '95 %'."""
    return f"{round(row.level, 1):g} %"


def difference(row: VerdictRow) -> str:
    """Return estimate and interval: '+0.02 points, 95 % interval −0.14 to 0.18'."""
    return f"{amount(row)}, {interval(row)}"


def size(row: VerdictRow) -> str:
    """Return how large a difference is whose direction is said: '0.93 points (95 % interval …)'."""
    lower, upper = sorted((abs(row.lower), abs(row.upper)))
    return (
        f"{numbers.number(abs(row.estimate), decimals=row.places)} {row.metric.unit} "
        f"({percent_level(row)} interval {bounds(row, lower, upper)})"
    )


def bounds(row: VerdictRow, lower: float, upper: float) -> str:
    """Return an interval with the decimals of the row."""
    return numbers.interval(lower, upper, decimals=row.places)


def compact(row: VerdictRow) -> str:
    """Return the estimate as lists and cells have it, without unit: '+0.02', '× 1.46'."""
    if row.outcome is Outcome.SPEED:
        return f"×\N{NO-BREAK SPACE}{numbers.number(row.estimate)}"
    return numbers.signed(row.estimate, decimals=row.places)


def compact_size(row: VerdictRow) -> str:
    """Return how large a difference is whose direction is said, as lists have it: '4.00'."""
    if row.outcome is Outcome.SPEED:
        return compact(row)
    return numbers.number(abs(row.estimate), decimals=row.places)


def margin(row: VerdictRow) -> str:
    """Return the margin without its unit: '±0.5' or '0.8 to 1.25'."""
    if row.outcome is Outcome.SPEED or math.isnan(row.margin_upper):
        return f"{numbers.plain(row.margin_lower)} to {numbers.plain(row.margin_upper)}"
    return f"±{numbers.plain(row.margin_upper)}"


def margin_in_unit(row: VerdictRow) -> str:
    """Return the margin as a sentence has it: with its unit, unless it is a ratio."""
    return margin(row) if row.outcome is Outcome.SPEED else f"{margin(row)} {row.metric.unit}"


def of_runs(count: float, row: VerdictRow) -> str:
    """Return how many runs of the scheme it befell: '4 of 40', or '4' where none are counted."""
    return _of(count, row.runs)


def of_reference_runs(count: float, row: VerdictRow) -> str:
    """Return the same of the reference."""
    return _of(count, row.reference_runs)


def _of(count: float, total: float) -> str:
    return numbers.count(count) + (f" of {numbers.count(total)}" if total > 0 else "")


def failures(row: VerdictRow) -> str:
    """Return '4 of 40 runs failed (zeros: 0 of 40)', or nothing when no run of either failed."""
    return _befell(row, row.failed, row.reference_failed, "failed")


def collapses(row: VerdictRow) -> str:
    """Return '2 of 40 runs collapsed (zeros: 0 of 40)', or nothing when no run of either did."""
    return _befell(row, row.collapsed, row.reference_collapsed, "collapsed")


def strays(row: VerdictRow) -> str:
    """Return '1 of 40 runs strayed (zeros: 0 of 40)', or nothing when no run of either did."""
    return _befell(row, row.stray, row.reference_stray, "strayed")


def _befell(row: VerdictRow, count: float, other: float, word: str) -> str:
    if not math.isfinite(count) or (count == 0 and not other > 0):
        return ""
    against = f" ({row.reference}: {of_reference_runs(other, row)})" if math.isfinite(other) else ""
    return f"{of_runs(count, row)} runs {word}{against}"


def befallen(row: VerdictRow) -> tuple[str, ...]:
    """Return what befell runs of either arm: failed, collapsed, stray; nothing where nothing did.

    One collapsed run is hidden by a mean and by its interval, so whoever is told the verdict is
    told of it.
    """
    return tuple(text for text in (failures(row), collapses(row), strays(row)) if text)


def seeds_befallen(row: VerdictRow) -> str:
    """Return '4 of 20 seeds (zeros: 0 of 20)' of an event, or nothing where it is not counted."""
    if not math.isfinite(row.events):
        return ""
    seeds = numbers.count(row.seeds)
    own, other = numbers.count(row.events), numbers.count(row.reference_events)
    return f"{own} of {seeds} seeds ({row.reference}: {other} of {seeds})"


def lost_runs(row: VerdictRow, *, failed: bool) -> str:
    """Return '4 of 40 runs failed, 1 collapsed, 2 strayed' of the scheme, or nothing.

    Args:
        row: the row of the table of verdicts.
        failed: whether failed runs are told too.

    """
    counts = (row.failed if failed else 0.0, row.collapsed, row.stray)
    return _lost(counts, row.runs)


def lost_reference_runs(row: VerdictRow) -> str:
    """Return the same of the reference, with failed runs."""
    counts = (row.reference_failed, row.reference_collapsed, row.reference_stray)
    return _lost(counts, row.reference_runs)


def _lost(counts: Sequence[float], runs: float) -> str:
    words = ("failed", "collapsed", "strayed")
    seen = [pair for pair in zip(counts, words, strict=True) if pair[0] > 0]
    told = [
        f"{numbers.count(count) if place else f'{_of(count, runs)} runs'} {befell}"
        for place, (count, befell) in enumerate(seen)
    ]
    return ", ".join(told)


def failed_runs(row: VerdictRow) -> str:
    """Return the failed runs of both arms in short, or nothing when no run of either failed."""
    if not (row.failed > 0 or row.reference_failed > 0):
        return ""
    return (
        f"failed runs: {numbers.count(row.failed)} of {row.scheme} and "
        f"{numbers.count(row.reference_failed)} of {row.reference}"
    )


def among(row: VerdictRow) -> str:
    """Return which seeds a contrast rests on, where some runs did not come through."""
    seeds = f"the {numbers.count(row.seeds)} " if math.isfinite(row.seeds) else ""
    if row.outcome is Outcome.SPEED:
        return f" among {seeds}seeds where both reached it"
    if row.failed > 0 or row.reference_failed > 0:
        return f" among {seeds}seeds where both trained"
    return ""


def not_excluded(row: VerdictRow) -> str:
    """Return what a verdict within the margin cannot exclude, or nothing where it is not known.

    '0 of 20 collapsed: up to 17 % could'.
    """
    if not row.verdict.within_margin or not math.isfinite(row.undetected):
        return ""
    # those of the scheme, some of which may have no partner; tables of before do not have them
    seeds = row.seeds_trained if math.isfinite(row.seeds_trained) else row.seeds
    none = row.collapsed == 0 and math.isfinite(seeds)
    seen = f"0 of {numbers.count(seeds)}" if none else numbers.count(row.collapsed)
    return f"{seen} collapsed: up to {numbers.percent(row.undetected)} could"


def probable(row: VerdictRow) -> str:
    """Return '98 % probable to lie inside the margin', or nothing where it is not known.

    Nor where the interval is endless: where so few seeds decide nothing, no probability is told.
    """
    if not math.isfinite(row.p_inside) or _endless(row):
        return ""
    whose = "the mean is " if row.interval == "conditions" else ""
    return f"{whose}{numbers.chance(row.p_inside)} probable to lie inside the margin"


def _endless(row: VerdictRow) -> bool:
    """Return whether the interval excludes nothing, because there are too few seeds."""
    return math.isinf(row.lower) or math.isinf(row.upper)


def would_decide(
    seeds: float,
    *,
    low: float = math.nan,
    high: float = math.nan,
    about: str = "about",
    noun: str = "seeds",
) -> str:
    """Return 'about 59 seeds (38 to 111) would decide'.

    Args:
        seeds: their number.
        low: lower end of its 80 % range, where it is known.
        high: upper end.
        about: 'up to' for the most of several; empty in a picture, where there is little room.
        noun: empty beside another number of seeds.

    """
    known = math.isfinite(low) and math.isfinite(high)
    between = f"({numbers.count(low)} to {numbers.count(high)})" if known else ""
    return " ".join(filter(None, (about, numbers.count(seeds), noun, between, "would decide")))


def needed(row: VerdictRow, *, about: str = "about") -> str:
    """Return how many seeds would decide, with their range; nothing where more do not."""
    if not math.isfinite(row.seeds_needed):
        return ""
    low, high = row.seeds_needed_low, row.seeds_needed_high
    return would_decide(row.seeds_needed, low=low, high=high, about=about)


def factor(row: VerdictRow) -> str:
    """Return what a verdict depends on: 'the learning rate', 'the condition' where unknown."""
    return f"the {row.depends_on.replace('_', ' ') or 'condition'}"


def scope(row: VerdictRow) -> str:
    """Return which conditions a verdict is about, or nothing where there is one.

    A verdict that depends on the condition has no scope: it is about none of them.
    """
    if row.cell == OWN_BEST_RATE:
        return "each at its own best learning rate"
    if row.cell != ALL_CELLS:
        return f"at {condition_names([row])[row.cell]}"
    if not row.several_conditions or row.verdict in (Verdict.DEPENDS, Verdict.NOT_ESTIMABLE):
        return ""
    conditions = f"{numbers.count(row.conditions)} conditions"
    if row.verdict in _IN_EACH:
        return f"in each of {conditions}"
    if row.interval == "conditions":
        return f"mean over the {conditions}, interval over all of them"
    return f"over the {conditions}" if row.outcome.counts_runs else f"mean over the {conditions}"


_IN_EACH = (
    *(Verdict.FAILS, Verdict.REFERENCE_FAILS, Verdict.EQUIVALENT, Verdict.IDENTICAL),
    Verdict.NONE_SEEN,
)


def condition_names(rows: Sequence[VerdictRow]) -> dict[str, str]:
    """Return the name of each condition: '0.02' where they differ in one factor that is a number.

    Otherwise the factors are named: 'learning rate 0.02, optimizer sgd'.
    """
    cells = [row.cell for row in rows]
    named = cell_labels(cells)
    factors = {cell.partition(" ")[0] for cell in cells}
    alone = len(factors) == 1 and not any(", " in cell for cell in cells)
    if not alone or len(set(cells)) < 2:
        return named
    return {cell: cell.partition(" ")[2] or named[cell] for cell in cells}


def by_condition(rows: Sequence[VerdictRow]) -> str:
    """Return what holds in which condition of one comparison, the gravest first.

    'worse at 0.02, by 4.00, more than the margin; inconclusive at 0.005, −0.56'.
    """
    names = condition_names(rows)
    order = list(Verdict)
    said = sorted({row.verdict for row in rows}, key=order.index)
    groups = [[row for row in rows if row.verdict is verdict] for verdict in said]
    return "; ".join(_group(group, names) for group in groups)


def _group(rows: Sequence[VerdictRow], names: Mapping[str, str]) -> str:
    """Return the conditions of one verdict with their sizes, or the range of these where many."""
    first = rows[0]
    where = (
        numbers.joined([names[row.cell] for row in rows])
        if len(rows) <= LISTED
        else f"{len(rows)} conditions"
    )
    nearer = _NEARER.get(first.verdict, first.verdict)
    said = f"{word(nearer, first.outcome, metric=first.metric)} at {where}"
    measured = [row for row in rows if row.measured and not _endless(row)]
    if not measured or first.outcome.counts_runs:
        return said
    if not first.verdict.directed:
        measured.sort(key=lambda row: row.estimate)
        return f"{said}, {_range(measured, compact)}"
    measured.sort(key=lambda row: abs(row.estimate))
    more = ", more than the margin" if first.verdict.beyond_margin else ""
    by = "" if first.outcome is Outcome.SPEED else "by "
    return f"{said}, {by}{_range(measured, compact_size)}{more}"


_NEARER = {Verdict.WORSE_BEYOND: Verdict.WORSE, Verdict.BETTER_BEYOND: Verdict.BETTER}


def _range(ordered: Sequence[VerdictRow], write: Callable[[VerdictRow], str]) -> str:
    low, high = write(ordered[0]), write(ordered[-1])
    return low if low == high else f"{low} to {high}"


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


_FRAGILE = Doubt(
    note="fragile",
    clause="fragile: the second analysis disagrees",
    sentence="Fragile: the two analyses disagree.",
)


def doubts(row: VerdictRow) -> tuple[Doubt, ...]:
    """Return what qualifies a verdict, the gravest first."""
    return (_FRAGILE,) if row.fragile else ()


def filled(template: str, row: VerdictRow, *, threshold: str) -> str:
    """Return a phrase of the vocabulary with the clauses of a row in its braces.

    Args:
        template: the phrase.
        row: the row of the table of verdicts that it is about.
        threshold: the threshold of convergence in words, such as '95 %'.

    """
    failed = numbers.joined(list(befallen(row)))
    seeds = seeds_befallen(row)
    where = scope(row)
    decide = needed(row)
    used = f" ({numbers.count(row.seeds)} were used)" if math.isfinite(row.seeds) else ""
    inside = probable(row)
    return template.format(
        accuracy=row.metric.short,
        lower=row.metric.lower,
        higher=row.metric.higher,
        reference=row.reference,
        threshold=threshold,
        factor=factor(row),
        scope=f", {where}" if where else "",
        size=size(row),
        difference=difference(row),
        takes=f"takes {numbers.number(row.estimate)} times as long to {threshold} as "
        f"{row.reference} ({interval(row)}){among(row)}",
        margin=margin_in_unit(row),
        among=among(row),
        and_failures=f", and {failed}" if failed else "",
        because_failures=f": {failed}" if failed else "",
        because=f": {failed or row.reason}",
        counts=f"{seeds}; " if seeds else "",
        risk=f"difference {amount(row)} ({interval(row)})"
        if math.isfinite(row.estimate)
        else "not counted",
        inside=f"; {inside} under a flat prior" if inside else "",
        needed=decide and f"; {decide}{used}",
    )
