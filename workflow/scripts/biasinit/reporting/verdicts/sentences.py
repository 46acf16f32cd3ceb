"""Plain-language sentences from verdicts, with numbers, units and uncertainty.

Sentences decide nothing: the verdict is in the row, and the numbers are those of the row,
rounded by ``numbers``. The phrase that a large p-value invites ("no difference was found") is
not in the vocabulary: what was not shown is called inconclusive, with the seeds that would
decide it.
"""

import math

from biasinit.reporting import numbers
from biasinit.reporting.catalogue import INTERACTION, normalization_label
from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.verdicts.verdict_rows import VerdictRow
from biasinit.verdicts import Verdict


def sentence(verdict: VerdictRow, *, threshold: str) -> str:
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


def finding(verdict: VerdictRow, *, threshold: str) -> str:
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


def _accuracy(verdict: VerdictRow) -> str:
    reference = verdict.reference
    among = among_words(verdict)
    if verdict.verdict in ("worse", "better"):
        return f"{verdict.verdict} than {reference} by {size_words(verdict)}{among}"
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


def _interaction(verdict: VerdictRow) -> str:
    among = among_words(verdict)
    if verdict.verdict in ("worse", "better"):
        direction = "lower" if verdict.verdict == "worse" else "higher"
        return (
            f"the effect on accuracy is {direction} with batch normalisation, by "
            f"{size_words(verdict)}{among}"
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


def _speed(verdict: VerdictRow, threshold: str) -> str:
    reference = verdict.reference
    times = (
        f"{numbers.number(verdict.estimate)} times as long to {threshold} as {reference} "
        f"({verdict.level:g} % interval {numbers.interval(verdict.lower, verdict.upper)})"
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


def _failure(verdict: VerdictRow) -> str:
    if verdict.verdict is Verdict.NO_FAILURES:
        return "no run failed in either arm"
    counts = failure_clause(verdict) or "failures not counted"
    bounds = numbers.interval(100 * verdict.lower, 100 * verdict.upper, decimals=1)
    risk = (
        f"; difference {numbers.signed(100 * verdict.estimate, decimals=1)} % of runs "
        f"({verdict.level:g} % interval {bounds})"
        if math.isfinite(verdict.estimate)
        else ""
    )
    words = {
        "worse": f"more runs fail than with {verdict.reference}",
        "better": f"fewer runs fail than with {verdict.reference}",
    }
    head = words.get(verdict.verdict, f"failures {verdict.verdict}")
    return f"{head}: {counts}{risk}{_needed(verdict)}"


def failure_clause(verdict: VerdictRow) -> str:
    """Return '4 of 40 runs failed (zeros: 0 of 40)', or nothing when no run of either failed."""
    failed, other = verdict.failed, verdict.reference_failed
    if not math.isfinite(failed) or (failed == 0 and not other > 0):
        return ""
    total = f" of {numbers.count(verdict.runs)}" if math.isfinite(verdict.runs) else ""
    against = (
        f" ({verdict.reference}: {numbers.count(other)}{total})" if math.isfinite(other) else ""
    )
    return f"{numbers.count(failed)}{total} runs failed{against}"


def margin_words(verdict: VerdictRow) -> str:
    """Return the margin with its unit: '±0.5 points' or '0.8 to 1.25'."""
    lower, upper = verdict.margin_lower, verdict.margin_upper
    if verdict.outcome == "speed":
        return f"{numbers.plain(lower)} to {numbers.plain(upper)}"
    if math.isfinite(lower) and math.isclose(-lower, upper):
        return f"±{numbers.plain(upper)} points"
    return f"{numbers.plain(lower)} to {numbers.plain(upper)} points"


def size_words(verdict: VerdictRow) -> str:
    """Return the size of an effect without its sign: '0.93 points (95 % interval …)'."""
    bounds = sorted((abs(verdict.lower), abs(verdict.upper)))
    return (
        f"{numbers.number(abs(verdict.estimate))} points "
        f"({verdict.level:g} % interval {numbers.interval(bounds[0], bounds[1])})"
    )


def _difference(verdict: VerdictRow) -> str:
    return (
        f"{numbers.signed(verdict.estimate)} points, {verdict.level:g} % interval "
        f"{numbers.interval(verdict.lower, verdict.upper)}"
    )


def among_words(verdict: VerdictRow) -> str:
    """Return which seeds a contrast rests on, where some runs failed."""
    if verdict.failed > 0 or verdict.reference_failed > 0:
        seeds = f"the {numbers.count(verdict.seeds)} " if math.isfinite(verdict.seeds) else ""
        return f" among {seeds}seeds where both trained"
    return ""


def _needed(verdict: VerdictRow) -> str:
    if not math.isfinite(verdict.seeds_needed):
        return ""
    used = f" ({numbers.count(verdict.seeds)} were used)" if math.isfinite(verdict.seeds) else ""
    return f"; about {numbers.count(verdict.seeds_needed)} seeds would decide{used}"


def remarks(verdict: VerdictRow) -> str:
    """Return what qualifies a verdict: for which images it holds, what it depends on, fragility."""
    text = _test_set(verdict)
    if verdict.depends_on:
        text += f" The effect depends on {verdict.depends_on.replace('_', ' ')}."
    if verdict.fragile:
        text += " Fragile: the two analyses disagree."
    return text


def _test_set(verdict: VerdictRow) -> str:
    """Return whether an equivalence holds for new test images too, where that was measured."""
    lower, upper = verdict.new_test_set_lower, verdict.new_test_set_upper
    if verdict.verdict != "equivalent" or not (math.isfinite(lower) and math.isfinite(upper)):
        return ""
    if verdict.margin_lower < lower and upper < verdict.margin_upper:
        return " On new test images too."
    return (
        " On this test set; for new test images the 95 % interval is "
        f"{numbers.interval(lower, upper)}."
    )


def threshold_words(study: StudyFacts) -> str:
    """Return the threshold of convergence: '95 %', or 'the threshold' when data sets differ."""
    values = set(study.analysis.thresholds.values())
    return f"{numbers.plain(values.pop())} %" if len(values) == 1 else "the threshold"
