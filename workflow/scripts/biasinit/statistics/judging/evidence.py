"""From an estimate with its intervals to a verdict.

The interval that is printed is the one that decides. First the interval of the difference, which
holds for its whole family: outside the margin, it says *beyond the margin*; without no effect,
*better* or *worse*, or inside the margin *different but negligible*. Then that of equivalence, at
the level at which Holm's procedure decides. A large p-value is never read as absence of an effect.
"""

from dataclasses import dataclass

import numpy as np

from biasinit.statistics.paired.contrast_tests import FEWEST_SEEDS
from biasinit.verdicts import Outcome, Verdict

NAN = float("nan")
DIFFERENCE, EQUIVALENCE, NO_INTERVAL = "difference", "equivalence", ""
CONDITIONS = "conditions"  # from the lowest to the highest end that any condition leaves open


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """The numbers that a verdict rests on; NaN where something does not exist.

    Attributes:
        outcome: what it is about.
        estimate: in the unit of the verdict.
        lower: of the interval of the difference that holds for the family.
        upper: of the same.
        equivalence_lower: of the interval that decides on equivalence.
        equivalence_upper: of the same.
        equivalence_level: its level in percent.
        null: the value of no effect: 0 for differences, 1 for ratios.
        margin_lower: of the margin of equivalence.
        margin_upper: of the same.
        p_adjusted: of a difference, over the family.
        p_equivalence_adjusted: of equivalence, over the family.
        alpha: level of both.
        higher_is_better: direction of the outcome.
        identical: whether no seed differs.
        seeds: pairs that came through.
        lost: runs of the scheme that did not come through.
        reference_lost: runs of the reference that did not.

    """

    outcome: Outcome
    estimate: float
    lower: float
    upper: float
    equivalence_lower: float
    equivalence_upper: float
    equivalence_level: float
    null: float
    margin_lower: float
    margin_upper: float
    p_adjusted: float
    p_equivalence_adjusted: float
    alpha: float
    higher_is_better: bool
    identical: bool
    seeds: int
    lost: int
    reference_lost: int

    @property
    def level(self) -> float:
        """Level of the interval of the difference in percent."""
        return round(100 * (1 - self.alpha), 6)

    @property
    def unlimited(self) -> tuple[float, float]:
        """The interval of something of which nothing is known: a ratio is at least 0."""
        return (0.0 if self.outcome is Outcome.SPEED else -np.inf), np.inf

    def inside(self, lower: float, upper: float) -> bool:
        """Return whether an interval lies within the margin."""
        return self.margin_lower < lower and upper < self.margin_upper


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict, and the interval that is printed with it: its ends, level in percent and kind."""

    verdict: Verdict
    lower: float = NAN
    upper: float = NAN
    level: float = NAN
    interval: str = NO_INTERVAL


def decide(evidence: Evidence) -> Judgement:
    """Return the verdict on one contrast, in one condition or on a mean."""
    if evidence.seeds < 2 and evidence.lost + evidence.reference_lost > 0:
        return Judgement(verdict=_lost(evidence))
    if evidence.identical:
        return _judged(evidence, Verdict.IDENTICAL, evidence.null, evidence.null)
    if np.isnan(evidence.lower) or np.isnan(evidence.upper):
        return Judgement(verdict=Verdict.NOT_ESTIMABLE)
    found = (evidence.lower, evidence.upper)
    if evidence.p_adjusted <= evidence.alpha:
        return _judged(evidence, _difference(evidence), *found)
    if evidence.p_equivalence_adjusted < evidence.alpha:
        return Judgement(
            verdict=Verdict.EQUIVALENT,
            lower=evidence.equivalence_lower,
            upper=evidence.equivalence_upper,
            level=evidence.equivalence_level,
            interval=EQUIVALENCE,
        )
    verdict = Verdict.EQUIVALENT if evidence.inside(*found) else Verdict.INCONCLUSIVE
    return _judged(evidence, verdict, *found)


def _lost(evidence: Evidence) -> Verdict:
    """Return the verdict where no two pairs came through."""
    if evidence.lost == evidence.reference_lost:
        return Verdict.NOT_ESTIMABLE
    own = evidence.lost > evidence.reference_lost
    return Verdict.FAILS if own else Verdict.REFERENCE_FAILS


def _difference(evidence: Evidence) -> Verdict:
    if evidence.inside(evidence.lower, evidence.upper):
        return Verdict.NEGLIGIBLE
    beyond = evidence.lower > evidence.margin_upper or evidence.upper < evidence.margin_lower
    if (evidence.estimate > evidence.null) == evidence.higher_is_better:
        return Verdict.BETTER_BEYOND if beyond else Verdict.BETTER
    return Verdict.WORSE_BEYOND if beyond else Verdict.WORSE


def _judged(evidence: Evidence, verdict: Verdict, lower: float, upper: float) -> Judgement:
    return Judgement(
        verdict=verdict, lower=lower, upper=upper, level=evidence.level, interval=DIFFERENCE
    )


def holds_within_margin(evidence: Evidence, judgement: Judgement) -> bool:
    """Return whether a condition counts for equivalence over all: it needs six seeds for that."""
    return judgement.verdict.within_margin and evidence.seeds >= FEWEST_SEEDS
