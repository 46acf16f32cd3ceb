"""The sentence that states a verdict, for whoever reads the table of verdicts without the page.

It stands alone: it names normalisation, scheme and reference, signs both ends of an interval and
repeats the margin. On the page all that stands around a verdict, which is said in fewer words there
(``biasinit.reporting.verdicts``).
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from biasinit import numbers
from biasinit.statistics.judging.counts import Counts
from biasinit.statistics.judging.evidence import CONDITIONS
from biasinit.statistics.judging.verdict_row import VerdictRow
from biasinit.verdicts import Outcome, Verdict, verdicts_of
from biasinit.vocabulary import ALL_CELLS, OWN_BEST_RATE, TREATMENTS

_COMMON: Mapping[Verdict, str] = {
    Verdict.NEGLIGIBLE: "{what} differs, but negligibly: {measured}, inside the margin {margin}",
    Verdict.EQUIVALENT: "{what} is equivalent{where}: {measured}, margin {margin}",
    Verdict.IDENTICAL: "{what} is identical in all {seeds} pairs of seeds",
    Verdict.INCONCLUSIVE: "whether {what} differs remains open: {measured}, margin {margin}",
    Verdict.NOT_ESTIMABLE: "{what} cannot be compared: {reason}",
}
_DIRECTED: Mapping[Outcome, tuple[str, str]] = {
    Outcome.ACCURACY: ("{scheme} is worse than {reference}", "{scheme} is better than {reference}"),
    Outcome.INTERACTION: ("{effect} is {lower}", "{effect} is {higher}"),
    Outcome.SPEED: ("{scheme} is slower than {reference}", "{scheme} is faster than {reference}"),
}
_WHAT: Mapping[Outcome, str] = {
    Outcome.ACCURACY: "the {metric} of {scheme} against {reference}",
    Outcome.INTERACTION: "{effect}",
    Outcome.SPEED: "the speed of {scheme} against {reference}",
}
_LOST: Mapping[Outcome, str] = {
    Outcome.ACCURACY: "{whose} never trains: {counts}",
    Outcome.INTERACTION: "{effect} cannot be compared, because {whose} never trains: {counts}",
    Outcome.SPEED: "{whose} never reaches the threshold: {counts}",
}
_EVENT: Mapping[Outcome, str] = {
    Outcome.FAILURE: "failed",
    Outcome.COLLAPSE: "collapsed",
    Outcome.NOT_REACHED: "did not reach the threshold",
}
_EVENTS: Mapping[Verdict, str] = {
    Verdict.WORSE: "{counts} ({risk}): more often with {scheme}",
    Verdict.BETTER: "{counts} ({risk}): less often with {scheme}",
    Verdict.DEPENDS: "{counts}: the difference depends on the {factor}",
    Verdict.INCONCLUSIVE: "{counts} ({risk}): whether the risks differ remains open",
    Verdict.NONE_SEEN: "no run {event}: 0 of {seeds} seeds of each; either risk is at most "
    "{most} ({level} % interval)",
    Verdict.NOT_ESTIMABLE: "how often runs {event} cannot be compared: {reason}",
}


def _findings(outcome: Outcome) -> Mapping[Verdict, str]:
    """Return the finding of each verdict that an outcome can have."""
    if outcome.counts_runs:
        return _EVENTS
    worse, better = _DIRECTED[outcome]
    directed = {
        Verdict.WORSE: f"{worse}: {{measured}}",
        Verdict.WORSE_BEYOND: f"{worse} by more than the margin {{margin}}: {{measured}}",
        Verdict.BETTER: f"{better}: {{measured}}",
        Verdict.BETTER_BEYOND: f"{better} by more than the margin {{margin}}: {{measured}}",
    }
    common = {verdict: text.replace("{what}", _WHAT[outcome]) for verdict, text in _COMMON.items()}
    lost = _LOST[outcome]
    return {
        **common,
        **directed,
        Verdict.DEPENDS: f"{_WHAT[outcome]} depends on the {{factor}}",
        Verdict.FAILS: lost.replace("{whose}", "{scheme}"),
        Verdict.REFERENCE_FAILS: lost.replace("{whose}", "{reference}"),
    }


_FINDINGS = {outcome: _findings(outcome) for outcome in Outcome}
if any(set(_FINDINGS[outcome]) != set(verdicts_of(outcome)) for outcome in Outcome):
    raise LookupError("Every verdict that an outcome can have needs a headline, and no other.")


def headline(row: VerdictRow, conditions: Sequence[VerdictRow]) -> str:
    """Return what a row says in plain sentences.

    Args:
        row: of the table of verdicts.
        conditions: the single conditions behind it, where it is over several.

    """
    finding = _FINDINGS[row.outcome][row.verdict].format(**_words(row))
    sentences = [f"{_setting(row)}, {finding}."]
    if row.verdict is Verdict.DEPENDS:
        sentences = [f"{sentences[0][:-1]}: {numbers.joined([_brief(one) for one in conditions])}."]
    elif conditions and not row.outcome.counts_runs:
        sentences += _told_by_condition(row, conditions)
    sentences += _doubts(row)
    return " ".join(sentences)


def _words(row: VerdictRow) -> dict[str, str]:
    return {
        "scheme": row.scheme,
        "reference": row.reference,
        "metric": row.metric.short,
        "lower": row.metric.lower,
        "higher": row.metric.higher,
        "effect": f"the effect of {row.scheme} against {row.reference}",
        "measured": _measured(row),
        "margin": _margin(row),
        "where": _where(row),
        "seeds": numbers.count(row.seeds),
        "counts": _counts(row),
        "event": _EVENT.get(row.outcome, ""),
        "risk": _risk(row),
        "most": numbers.chance(max(-row.judgement.lower, row.judgement.upper)),
        "level": f"{row.judgement.level:g}",
        "reason": row.reason,
        "factor": row.depends_on.replace("_", " ") or "condition",
    }


_SETTINGS = dict(
    zip(
        TREATMENTS,
        (
            "Without batch normalisation",
            "With batch normalisation",
            "With the network's own normalisation",
        ),
        strict=True,
    )
)


def _setting(row: VerdictRow) -> str:
    if row.outcome is Outcome.INTERACTION:
        setting = "With batch normalisation instead of without"
    else:
        setting = _SETTINGS[row.normalization]
    if row.cell == OWN_BEST_RATE:
        return f"{setting}, each at its own best learning rate"
    return setting if row.cell == ALL_CELLS else f"{setting}, at {row.cell.replace('_', ' ')}"


def _measured(row: VerdictRow) -> str:
    """Return estimate and interval: '+0.02 points of test accuracy, 95 % interval −0.1 to +0.2'."""
    speed = row.outcome is Outcome.SPEED
    write = partial(numbers.number if speed else numbers.signed, decimals=row.places)
    what = "times the epochs to the threshold" if speed else _points_of(row)
    mean = f", mean over {row.conditions} conditions" if row.conditions > 1 else ""
    found = f"{write(row.estimate)} {what}{mean}"
    lower, upper = row.judgement.lower, row.judgement.upper
    if not (math.isfinite(lower) and math.isfinite(upper)):
        return f"{found}, no interval from {numbers.count(row.seeds)} seeds"
    reach = _reach(row)
    return f"{found}, {reach}{row.judgement.level:.4g} % interval {write(lower)} to {write(upper)}"


def _points_of(row: VerdictRow) -> str:
    """Return the unit and the name of the metric; which direction is better, where lower is."""
    said = f"{row.metric.unit} of {row.metric.name}"
    return said if row.metric.better == "higher" else f"{said} (lower is better)"


def _reach(row: VerdictRow) -> str:
    """Return what the interval is about where it is not that of the mean."""
    if row.judgement.interval == CONDITIONS:
        return "over all conditions, "
    each = row.conditions > 1 and row.verdict is Verdict.EQUIVALENT
    return "in every condition, " if each else ""


def _margin(row: VerdictRow) -> str:
    if math.isnan(row.margin_lower):
        return "not set"
    if row.outcome is Outcome.SPEED:
        return f"{numbers.plain(row.margin_lower)} to {numbers.plain(row.margin_upper)}"
    return f"±{numbers.plain(row.margin_upper)}"


def _where(row: VerdictRow) -> str:
    everywhere = f" in each of {row.conditions} conditions" if row.conditions > 1 else ""
    if row.outcome is Outcome.SPEED or math.isnan(row.new_test_set_lower):
        return everywhere
    inside = row.margin_lower < row.new_test_set_lower and row.new_test_set_upper < row.margin_upper
    images = "on this test set and on new images" if inside else "on this test set"
    return f"{everywhere}, {images}" if everywhere else f" {images}"


def _brief(row: VerdictRow) -> str:
    """Return a condition in a few words: 'worse at learning rate 0.02 (−4.00, …)'."""
    place = "" if row.cell == ALL_CELLS else f" at {row.cell.replace('_', ' ')}"
    if row.outcome.counts_runs:
        return f"{_counts(row)}{place}"
    if row.verdict in (Verdict.FAILS, Verdict.REFERENCE_FAILS):
        return f"{row.verdict.value}{place} ({_counts(row)})"
    if math.isnan(row.estimate):
        return f"{row.verdict.value}{place}"
    speed = row.outcome is Outcome.SPEED
    write = partial(numbers.number if speed else numbers.signed, decimals=row.places)
    lower, upper = row.judgement.lower, row.judgement.upper
    bounds = (
        f", {write(lower)} to {write(upper)}"
        if math.isfinite(lower) and math.isfinite(upper)
        else ""
    )
    return f"{row.verdict.value}{place} ({write(row.estimate)}{bounds})"


def _told_by_condition(row: VerdictRow, conditions: Sequence[VerdictRow]) -> Iterator[str]:
    """Yield the single conditions where the verdict over all is not theirs."""
    odd = [one for one in conditions if one.verdict is not row.verdict]
    if odd and not row.verdict.within_margin:
        yield f"By condition: {numbers.joined([_brief(one) for one in conditions])}."


def _doubts(row: VerdictRow) -> Iterator[str]:
    """Yield what qualifies a verdict, each as a sentence."""
    if row.left_out:
        yield f"No part of it is {row.left_out}."
    if not row.outcome.counts_runs and row.verdict not in (Verdict.FAILS, Verdict.REFERENCE_FAILS):
        yield from _set_apart(row)
    if row.outcome is Outcome.ACCURACY:
        yield from _low_runs(row)
        if row.verdict.within_margin and math.isfinite(row.undetected):
            found, of = row.counts.seeds_collapsed, row.counts.seeds_trained
            yield (
                f"{found} of {of} seeds of {row.scheme} collapsed: up to "
                f"{numbers.chance(row.undetected)} could."
            )
    if row.verdict is Verdict.INCONCLUSIVE and math.isfinite(row.p_inside):
        what = "The mean" if row.conditions > 1 else "It"
        yield f"{what} is {numbers.chance(row.p_inside)} probable to lie inside the margin."
    if math.isfinite(row.seeds_needed):
        yield (
            f"About {numbers.count(row.seeds_needed)} seeds would decide it "
            f"({numbers.count(row.seeds_needed_low)} to {numbers.count(row.seeds_needed_high)})."
        )
    if row.fragile:
        yield "A second analysis decides otherwise, so this is fragile."


def _set_apart(row: VerdictRow) -> Iterator[str]:
    """Yield which pairs of runs a size could not be compared in, where there are any."""
    speed = row.outcome is Outcome.SPEED
    own, other = (
        counts.not_reached if speed else counts.failed
        for counts in (row.counts, row.reference_counts)
    )
    if own + other:
        among = "that both reached it" if speed else "in which both trained"
        yield f"Compared are the pairs {among}: {_counts(row)}."


def _low_runs(row: VerdictRow) -> Iterator[str]:
    """Yield who collapsed or strayed, of either arm."""
    for name, counts in ((row.scheme, row.counts), (row.reference, row.reference_counts)):
        if counts.collapsed:
            yield f"{counts.collapsed} of {counts.runs} runs of {name} collapsed."
        if counts.stray:
            yield (
                f"{counts.stray} of {counts.runs} runs of {name} ended more than ten margins "
                f"{row.metric.below} the others."
            )


def _failed(row: VerdictRow) -> str:
    return (
        f"{row.scheme} failed in {row.counts.failed} of {row.counts.runs} runs and "
        f"{row.reference} in {row.reference_counts.failed} of {row.reference_counts.runs}"
    )


def _counts(row: VerdictRow) -> str:
    """Return in how many seeds the event befell each arm, or how many runs were lost."""
    if row.outcome.counts_runs:
        if math.isnan(row.events):
            return ""
        return (
            f"{row.scheme} {_EVENT[row.outcome]} in {numbers.count(row.events)} of "
            f"{numbers.count(row.seeds)} seeds and {row.reference} in "
            f"{numbers.count(row.reference_events)}"
        )
    if row.outcome is Outcome.SPEED:
        own, other = (_missed(counts) for counts in (row.counts, row.reference_counts))
        return f"{own} runs of {row.scheme} and {other} of {row.reference} did not reach it"
    return _failed(row)


def _missed(counts: Counts) -> str:
    return f"{counts.not_reached} of {counts.runs}"


def _risk(row: VerdictRow) -> str:
    lower, upper = _share(row.judgement.lower), _share(row.judgement.upper)
    return (
        f"difference {_share(row.estimate)} % of seeds, {row.judgement.level:g} % interval {lower} "
        f"to {upper} %"
    )


def _share(value: float) -> str:
    """Return a share in percent; a bound that rounds to zero keeps the sign of its side."""
    return "–" if math.isnan(value) else f"{100 * value:+.0f}".replace("-", numbers.MINUS)
