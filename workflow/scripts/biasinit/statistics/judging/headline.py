"""The sentence that states a verdict."""

import numpy as np

from biasinit.statistics.judging.evidence import Evidence
from biasinit.verdicts import Verdict


def headline(evidence: Evidence, verdict: Verdict) -> str:
    """Return one plain sentence that states the verdict, or two where runs failed."""
    if evidence.outcome == "failure":
        return _failure_headline(evidence, verdict)
    setting, finding = _setting(evidence), _finding(evidence, verdict)
    parts = [f"{setting}, {finding}"]
    if evidence.failed + evidence.reference_failed > 0:
        parts = _two_parts(evidence, setting, finding)
    if evidence.depends_on and verdict is not Verdict.NOT_ESTIMABLE:
        parts.append(f"This depends on the {evidence.depends_on.replace('_', ' ')}.")
    if evidence.fragile:
        parts.append("The second analysis decides otherwise, so this is fragile.")
    return " ".join(parts)


def _two_parts(evidence: Evidence, setting: str, finding: str) -> list[str]:
    """Return what failed first, then the finding and whom it is about."""
    if evidence.outcome == "speed":
        return [
            f"{setting}, {_counts(evidence)}; a run that never gets there counts with its full "
            f"length.",
            f"So counted, {finding}",
        ]
    among = f"Among the {evidence.seeds} seeds where both trained"
    if evidence.outcome == "interaction":
        within = setting[0].lower() + setting[1:]
        return [f"Over both normalisations, {_counts(evidence)}.", f"{among}, {within}, {finding}"]
    return [f"{setting}, {_counts(evidence)}.", f"{among}, {finding}"]


def _finding(evidence: Evidence, verdict: Verdict) -> str:
    scheme, reference = evidence.scheme, evidence.reference
    if verdict is Verdict.NOT_ESTIMABLE:
        return f"{scheme} cannot be compared with {reference}: too few runs that vary."
    if evidence.outcome == "interaction":
        return _interaction_finding(evidence, verdict)
    interval = f"{evidence.level:g} % interval {_range(evidence)}"
    effect = _effect(evidence)
    if verdict is Verdict.EQUIVALENT:
        where = "" if evidence.outcome == "speed" else _where(evidence)
        return (
            f"{scheme} and {reference} are equivalent{where}: {effect}, {interval}, "
            f"margin {_margin(evidence)}."
        )
    if verdict is Verdict.NEGLIGIBLE:
        return (
            f"{scheme} differs from {reference}, but negligibly: {effect}, {interval}, inside "
            f"the margin {_margin(evidence)}."
        )
    if verdict is Verdict.INCONCLUSIVE:
        return (
            f"whether {scheme} and {reference} differ remains open: {effect}, {interval}, "
            f"margin {_margin(evidence)}.{_more_seeds(evidence)}"
        )
    word = verdict.value
    if evidence.outcome == "speed":
        word = "faster" if verdict is Verdict.BETTER else "slower"
    return f"{scheme} is {word} than {reference}: {effect}, {interval}."


def _interaction_finding(evidence: Evidence, verdict: Verdict) -> str:
    what = f"the effect of {evidence.scheme} against {evidence.reference}"
    numbers = f"{_effect(evidence)}, {evidence.level:g} % interval {_range(evidence)}"
    margin = f"margin {_margin(evidence)}"
    if verdict is Verdict.EQUIVALENT:
        return f"{what} stays the same{_where(evidence)}: {numbers}, {margin}."
    if verdict is Verdict.NEGLIGIBLE:
        return f"{what} changes, but negligibly: {numbers}, inside the {margin}."
    if verdict is Verdict.INCONCLUSIVE:
        return f"whether {what} changes remains open: {numbers}, {margin}.{_more_seeds(evidence)}"
    return f"{what} changes: {numbers}."


def _where(evidence: Evidence) -> str:
    if evidence.holds_on_new_images:
        return " on this test set and on new images"
    return " on this test set"


def _more_seeds(evidence: Evidence) -> str:
    if not np.isfinite(evidence.seeds_needed):
        return ""
    return f" About {evidence.seeds_needed:.0f} seeds would decide it."


def _effect(evidence: Evidence) -> str:
    if evidence.outcome == "speed":
        return f"{evidence.estimate:.2f} times the epochs to the threshold"
    return f"{_signed(evidence.estimate)} points of test accuracy"


def _range(evidence: Evidence) -> str:
    if evidence.outcome == "speed":
        return f"{evidence.lower:.2f} to {evidence.upper:.2f}"
    return f"{_signed(evidence.lower)} to {_signed(evidence.upper)}"


def _margin(evidence: Evidence) -> str:
    if np.isnan(evidence.margin_lower):
        return "not set"
    if evidence.outcome == "speed":
        return f"{evidence.margin_lower:g} to {evidence.margin_upper:g}"
    return f"±{evidence.margin_upper:g}"


def _signed(value: float) -> str:
    if not np.isfinite(value):
        return "−∞" if value < 0 else "∞"
    text = f"{abs(value):.2f}"
    if float(text) == 0:
        return "0.00"
    return f"−{text}" if value < 0 else f"+{text}"


def _setting(evidence: Evidence) -> str:
    if evidence.outcome == "interaction":
        return "With batch normalisation instead of without"
    named = {"none": "Without batch normalisation", "batchnorm_shift": "With batch normalisation"}
    return named.get(evidence.normalization, f"With {evidence.normalization}")


def _counts(evidence: Evidence) -> str:
    return (
        f"{evidence.scheme} failed in {evidence.failed} of {evidence.runs} runs and "
        f"{evidence.reference} in {evidence.reference_failed} of {evidence.reference_runs}"
    )


def _failure_headline(evidence: Evidence, verdict: Verdict) -> str:
    setting = _setting(evidence)
    if verdict is Verdict.NOT_ESTIMABLE:
        return (
            f"{setting}, the failures of {evidence.scheme} and {evidence.reference} cannot be "
            "compared: there are no pairs of runs."
        )
    if evidence.failed + evidence.reference_failed == 0:
        most = max(-evidence.lower, evidence.upper)
        return (
            f"{setting}, no run failed: 0 of {evidence.runs} with {evidence.scheme}, 0 of "
            f"{evidence.reference_runs} with {evidence.reference}; the risk of either is at most "
            f"{100 * most:.0f} % ({evidence.level:g} % interval)."
        )
    ending = {
        Verdict.WORSE: f"{evidence.scheme} fails more often than {evidence.reference}",
        Verdict.BETTER: f"{evidence.scheme} fails less often than {evidence.reference}",
    }.get(verdict, "whether the risks differ remains open")
    interval = f"{_share(evidence.lower)} to {_share(evidence.upper)} %"
    return (
        f"{setting}, {_counts(evidence)} (difference {_share(evidence.estimate)} % of runs, "
        f"{evidence.level:g} % interval {interval}): {ending}."
    )


def _share(value: float) -> str:
    return f"{100 * value:+.0f}".replace("-", "−")
