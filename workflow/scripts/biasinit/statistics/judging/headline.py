"""The sentence that states a verdict, for whoever reads the table of verdicts without the page.

It stands alone: it names normalisation, scheme and reference, signs both ends of an interval and
repeats the margin. On the page all that stands around a verdict, which is said in fewer words there
(``biasinit.reporting.verdicts``).
"""

import math
from collections.abc import Mapping

from biasinit import numbers
from biasinit.statistics.judging.evidence import Evidence
from biasinit.verdicts import Outcome, Verdict, verdicts_of

_FINDINGS: Mapping[Outcome, Mapping[Verdict, str]] = {
    Outcome.ACCURACY: {
        Verdict.WORSE: "{scheme} is worse than {reference}: {measured}.",
        Verdict.BETTER: "{scheme} is better than {reference}: {measured}.",
        Verdict.NEGLIGIBLE: "{scheme} differs from {reference}, but negligibly: {measured}, inside "
        "the margin {margin}.",
        Verdict.EQUIVALENT: "{scheme} and {reference} are equivalent {where}: {measured}, margin "
        "{margin}.",
        Verdict.INCONCLUSIVE: "whether {scheme} and {reference} differ remains open: {measured}, "
        "margin {margin}.{more_seeds}",
        Verdict.NOT_ESTIMABLE: "{scheme} cannot be compared with {reference}: too few runs that "
        "vary.",
    },
    Outcome.INTERACTION: {
        Verdict.WORSE: "{effect} changes: {measured}.",
        Verdict.BETTER: "{effect} changes: {measured}.",
        Verdict.NEGLIGIBLE: "{effect} changes, but negligibly: {measured}, inside the margin "
        "{margin}.",
        Verdict.EQUIVALENT: "{effect} stays the same {where}: {measured}, margin {margin}.",
        Verdict.INCONCLUSIVE: "whether {effect} changes remains open: {measured}, margin {margin}."
        "{more_seeds}",
        Verdict.NOT_ESTIMABLE: "{scheme} cannot be compared with {reference}: too few runs that "
        "vary.",
    },
    Outcome.SPEED: {
        Verdict.WORSE: "{scheme} is slower than {reference}: {measured}.",
        Verdict.BETTER: "{scheme} is faster than {reference}: {measured}.",
        Verdict.NEGLIGIBLE: "{scheme} differs from {reference}, but negligibly: {measured}, inside "
        "the margin {margin}.",
        Verdict.EQUIVALENT: "{scheme} and {reference} are equivalent: {measured}, margin {margin}.",
        Verdict.INCONCLUSIVE: "whether {scheme} and {reference} differ remains open: {measured}, "
        "margin {margin}.{more_seeds}",
        Verdict.NOT_ESTIMABLE: "{scheme} cannot be compared with {reference}: too few runs that "
        "vary.",
    },
    Outcome.FAILURE: {
        Verdict.WORSE: "{counts} ({risk}): {scheme} fails more often than {reference}.",
        Verdict.BETTER: "{counts} ({risk}): {scheme} fails less often than {reference}.",
        Verdict.INCONCLUSIVE: "{counts} ({risk}): whether the risks differ remains open.",
        Verdict.NOT_ESTIMABLE: "the failures of {scheme} and {reference} cannot be compared: there "
        "are no pairs of runs.",
        Verdict.NO_FAILURES: "no run failed: 0 of {runs} with {scheme}, 0 of {reference_runs} with "
        "{reference}; the risk of either is at most {most} % ({level} % interval).",
    },
}
if any(set(_FINDINGS[outcome]) != set(verdicts_of(outcome)) for outcome in Outcome):
    raise LookupError("Every verdict that an outcome can have needs a headline, and no other.")


def headline(evidence: Evidence, verdict: Verdict) -> str:
    """Return one plain sentence that states the verdict, or two where runs failed."""
    setting, finding = _setting(evidence), _finding(evidence, verdict)
    parts = [f"{setting}, {finding}"]
    if evidence.outcome is Outcome.FAILURE:
        return parts[0]
    if evidence.failed + evidence.reference_failed > 0:
        parts = _two_parts(evidence, setting, finding)
    if evidence.depends_on and verdict is not Verdict.NOT_ESTIMABLE:
        parts.append(f"This depends on the {evidence.depends_on.replace('_', ' ')}.")
    if evidence.fragile:
        parts.append("The second analysis decides otherwise, so this is fragile.")
    return " ".join(parts)


def _finding(evidence: Evidence, verdict: Verdict) -> str:
    none = evidence.failed + evidence.reference_failed == 0
    if evidence.outcome is Outcome.FAILURE and none and verdict is not Verdict.NOT_ESTIMABLE:
        verdict = Verdict.NO_FAILURES
    return _FINDINGS[evidence.outcome][verdict].format(
        scheme=evidence.scheme,
        reference=evidence.reference,
        effect=f"the effect of {evidence.scheme} against {evidence.reference}",
        measured=_measured(evidence),
        margin=_margin(evidence),
        where=_where(evidence),
        more_seeds=_more_seeds(evidence),
        counts=_counts(evidence),
        risk=_risk(evidence),
        most=f"{100 * max(-evidence.lower, evidence.upper):.0f}",
        level=f"{evidence.level:g}",
        runs=evidence.runs,
        reference_runs=evidence.reference_runs,
    )


def _two_parts(evidence: Evidence, setting: str, finding: str) -> list[str]:
    """Return what failed first, then the finding and whom it is about."""
    if evidence.outcome is Outcome.SPEED:
        return [
            f"{setting}, {_counts(evidence)}; a run that never gets there counts with its full "
            f"length.",
            f"So counted, {finding}",
        ]
    among = f"Among the {evidence.seeds} seeds where both trained"
    if evidence.outcome is Outcome.INTERACTION:
        within = setting[0].lower() + setting[1:]
        return [f"Over both normalisations, {_counts(evidence)}.", f"{among}, {within}, {finding}"]
    return [f"{setting}, {_counts(evidence)}.", f"{among}, {finding}"]


def _setting(evidence: Evidence) -> str:
    if evidence.outcome is Outcome.INTERACTION:
        return "With batch normalisation instead of without"
    named = {"none": "Without batch normalisation", "batchnorm_shift": "With batch normalisation"}
    return named.get(evidence.normalization, f"With {evidence.normalization}")


def _measured(evidence: Evidence) -> str:
    """Return estimate and interval: '+0.02 points of test accuracy, 95 % interval −0.1 to +0.2'."""
    speed = evidence.outcome is Outcome.SPEED
    write = numbers.number if speed else numbers.signed
    what = "times the epochs to the threshold" if speed else "points of test accuracy"
    return (
        f"{write(evidence.estimate)} {what}, {evidence.level:g} % interval "
        f"{write(evidence.lower)} to {write(evidence.upper)}"
    )


def _margin(evidence: Evidence) -> str:
    if math.isnan(evidence.margin_lower):
        return "not set"
    if evidence.outcome is Outcome.SPEED:
        return f"{numbers.plain(evidence.margin_lower)} to {numbers.plain(evidence.margin_upper)}"
    return f"±{numbers.plain(evidence.margin_upper)}"


def _where(evidence: Evidence) -> str:
    if evidence.holds_on_new_images:
        return "on this test set and on new images"
    return "on this test set"


def _more_seeds(evidence: Evidence) -> str:
    if not math.isfinite(evidence.seeds_needed):
        return ""
    return f" About {numbers.count(evidence.seeds_needed)} seeds would decide it."


def _counts(evidence: Evidence) -> str:
    return (
        f"{evidence.scheme} failed in {evidence.failed} of {evidence.runs} runs and "
        f"{evidence.reference} in {evidence.reference_failed} of {evidence.reference_runs}"
    )


def _risk(evidence: Evidence) -> str:
    lower, upper = _share(evidence.lower), _share(evidence.upper)
    return (
        f"difference {_share(evidence.estimate)} % of runs, {evidence.level:g} % interval {lower} "
        f"to {upper} %"
    )


def _share(value: float) -> str:
    """Return a share in percent; a bound that rounds to zero keeps the sign of its side."""
    return f"{100 * value:+.0f}".replace("-", numbers.MINUS)
