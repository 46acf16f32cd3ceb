"""Verdicts on how many runs fail, collapse or do not reach the threshold.

They have no margin. The interval is that of a single contrast, the decision that of the family, so
an interval that excludes zero where the family does not reject is stretched to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from biasinit.statistics.inference.binomial import clopper_pearson
from biasinit.statistics.judging.evidence import DIFFERENCE, Judgement
from biasinit.verdicts import Outcome, Verdict

NAN = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventEvidence:
    """One comparison of risks.

    Attributes:
        pairs: seeds that have runs of both arms.
        events: of them, those in which the event befell the scheme.
        reference_events: those in which it befell the reference.
        risk_difference: share of seeds, scheme minus reference.
        lower: of the 95 % interval.
        upper: of the same.
        p: of the row alone.
        p_adjusted: over the family.
        homogeneity_p: over all conditions, that the difference is the same in each.

    """

    pairs: int
    events: int = 0
    reference_events: int = 0
    risk_difference: float = NAN
    lower: float = NAN
    upper: float = NAN
    p: float = NAN
    p_adjusted: float = NAN
    homogeneity_p: float = NAN


def event_evidence(found: pd.DataFrame, *, pairs: int) -> EventEvidence:
    """Return the evidence from the row of `failure_contrasts`, or from there being none.

    Args:
        found: the row, or no row where the event befell neither arm.
        pairs: seeds that have runs of both arms.

    """
    if found.empty:
        if not pairs:
            return EventEvidence(pairs=0)
        most = clopper_pearson(0, pairs)[1]
        return EventEvidence(pairs=pairs, risk_difference=0.0, lower=-most, upper=most)
    row = found.iloc[0]
    return EventEvidence(
        pairs=int(row["pairs"]),
        events=int(row["scheme_events"]),
        reference_events=int(row["reference_events"]),
        **{
            name: float(row[name])
            for name in ("risk_difference", "lower", "upper", "p", "p_adjusted", "homogeneity_p")
        },
    )


def decide_event(evidence: EventEvidence, *, alpha: float) -> Judgement:
    """Return the verdict in one condition, or over all of them taken together."""
    if not evidence.pairs:
        return Judgement(verdict=Verdict.NOT_ESTIMABLE)
    level = round(100 * (1 - alpha), 6)
    lower, upper = evidence.lower, evidence.upper
    if evidence.events + evidence.reference_events == 0:
        verdict = Verdict.NONE_SEEN
    elif evidence.p_adjusted <= alpha:
        verdict = Verdict.WORSE if evidence.risk_difference > 0 else Verdict.BETTER
    else:
        verdict, lower, upper = Verdict.INCONCLUSIVE, min(lower, 0.0), max(upper, 0.0)
    return Judgement(verdict=verdict, lower=lower, upper=upper, level=level, interval=DIFFERENCE)


def judge_event_conditions(
    whole: EventEvidence, conditions: Sequence[Judgement], *, alpha: float
) -> Judgement:
    """Return the verdict over several conditions.

    It depends where the difference changes between them, or where it is decided in one and the
    event was not seen in another, or is decided the other way.
    """
    verdicts = {one.verdict for one in conditions}
    decided = verdicts & {Verdict.WORSE, Verdict.BETTER}
    uneven = bool(decided) and (Verdict.NONE_SEEN in verdicts or len(decided) == 2)
    if uneven or whole.homogeneity_p <= alpha:
        return Judgement(verdict=Verdict.DEPENDS)
    return decide_event(whole, alpha=alpha)


EVENT_OUTCOMES = {
    Outcome.FAILURE: "failed",
    Outcome.COLLAPSE: "collapsed",
    Outcome.NOT_REACHED: "not reached",
}
