"""From an estimate with its interval to one of six verdicts.

The order is fixed: not estimable; the family-adjusted interval excludes no effect and lies
inside the margin: different but negligible; it excludes no effect: better or worse; the adjusted
two one-sided tests reject: equivalent; otherwise inconclusive. A large p-value is never read as
absence of an effect.
"""

from dataclasses import dataclass

import numpy as np

from biasinit.verdicts import Outcome, Verdict


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """All that a verdict rests on; NaN where something does not exist.

    ``null`` is the value of no effect (0 for differences, 1 for ratios). ``lower, upper`` is the
    family-adjusted interval. ``different`` is the decision of the sign-flip family, which the
    interval must share. ``higher_is_better`` gives the direction. ``new_test_set_lower,
    new_test_set_upper`` is the interval for a new test set; without it, or where it leaves the
    margin, equivalence is said "on this test set".
    """

    outcome: Outcome
    normalization: str
    scheme: str
    reference: str
    estimate: float
    lower: float
    upper: float
    null: float
    margin_lower: float
    margin_upper: float
    different: bool
    p_equivalence_adjusted: float
    alpha: float
    higher_is_better: bool
    seeds: int
    fragile: bool = False
    depends_on: str = ""
    smallest_margin: float = float("nan")
    seeds_needed: float = float("nan")
    runs: int = 0
    reference_runs: int = 0
    failed: int = 0
    reference_failed: int = 0
    new_test_set_lower: float = float("nan")
    new_test_set_upper: float = float("nan")

    @property
    def level(self) -> float:
        """Level of the intervals in percent."""
        return round(100 * (1 - self.alpha), 6)

    @property
    def holds_on_new_images(self) -> bool:
        """Whether the interval for a new test set lies inside the margin too."""
        return (
            self.new_test_set_lower > self.margin_lower
            and self.new_test_set_upper < self.margin_upper
        )


def decide(evidence: Evidence) -> Verdict:
    """Return the verdict on one contrast."""
    interval = (evidence.estimate, evidence.lower, evidence.upper)
    if any(np.isnan(value) for value in interval):
        return Verdict.NOT_ESTIMABLE
    excludes = evidence.lower > evidence.null or evidence.upper < evidence.null
    if excludes and evidence.different:
        inside = evidence.lower > evidence.margin_lower and evidence.upper < evidence.margin_upper
        if inside:
            return Verdict.NEGLIGIBLE
        higher = evidence.estimate > evidence.null
        return Verdict.BETTER if higher == evidence.higher_is_better else Verdict.WORSE
    if evidence.p_equivalence_adjusted < evidence.alpha:
        return Verdict.EQUIVALENT
    return Verdict.INCONCLUSIVE
