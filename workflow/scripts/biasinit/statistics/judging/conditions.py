"""From the verdicts in single conditions to one over all of them, and what it depends on.

Opposite effects are never averaged into a verdict. *Equivalent* over all conditions is said where
it holds in each. Where the effect changes between conditions, or decided conditions disagree, or
runs are lost in some conditions only, the verdict *depends*. A mean over the conditions is judged
where none of this is so, and it can never be equivalent by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from biasinit.statistics.judging.evidence import (
    CONDITIONS,
    DIFFERENCE,
    EQUIVALENCE,
    Evidence,
    Judgement,
    decide,
    holds_within_margin,
)
from biasinit.verdicts import Verdict

LOST = (Verdict.FAILS, Verdict.REFERENCE_FAILS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One condition: its label, evidence and judgement."""

    cell: str
    evidence: Evidence
    judgement: Judgement

    @property
    def verdict(self) -> Verdict:
        """The verdict in this condition."""
        return self.judgement.verdict


def judge_conditions(
    mean: Evidence, conditions: Sequence[Condition], *, homogeneity_p: float
) -> Judgement:
    """Return the verdict over several conditions.

    Args:
        mean: of the mean over the conditions; its equivalence is that of all conditions.
        conditions: each with its verdict.
        homogeneity_p: adjusted p-value that the effect is the same in all; NaN where unknown.

    """
    known = [one for one in conditions if one.verdict is not Verdict.NOT_ESTIMABLE]
    lost = {one.verdict for one in known if one.verdict in LOST}
    if not known:
        return Judgement(verdict=Verdict.NOT_ESTIMABLE)
    if lost:
        alone = len(lost) == 1 and all(one.verdict in lost for one in known)
        return Judgement(verdict=lost.pop() if alone else Verdict.DEPENDS)
    changes = homogeneity_p <= mean.alpha
    judged = decide(mean)
    if all(holds_within_margin(one.evidence, one.judgement) for one in conditions):
        if judged.verdict is Verdict.NEGLIGIBLE and not changes:
            return judged
        alike = all(one.verdict is Verdict.IDENTICAL for one in conditions)
        return _hull(conditions, Verdict.IDENTICAL if alike else Verdict.EQUIVALENT)
    if changes or disagree([one.verdict for one in known]):
        return Judgement(verdict=Verdict.DEPENDS)
    if judged.verdict in (Verdict.EQUIVALENT, Verdict.IDENTICAL):
        return _open(mean, conditions)
    return judged


def conditions_judged(conditions: Sequence[Condition]) -> int:
    """Return how many conditions stand behind a verdict: with two pairs, or where runs are lost."""
    return sum(one.evidence.seeds >= 2 or one.verdict in LOST for one in conditions)


def disagree(verdicts: Sequence[Verdict]) -> bool:
    """Return whether decided conditions cannot all be true of one effect.

    One is ahead where another is behind, or one differs by more than the margin where another
    does not.
    """
    worse, better = any(v.is_worse for v in verdicts), any(v.is_better for v in verdicts)
    beyond, within = (
        any(v.beyond_margin for v in verdicts),
        any(v.within_margin for v in verdicts),
    )
    return (worse and better) or (beyond and within)


def _hull(conditions: Sequence[Condition], verdict: Verdict) -> Judgement:
    """Return the verdict with the interval from the lowest to the highest end of any condition."""
    kinds = {one.judgement.interval for one in conditions}
    return Judgement(
        verdict=verdict,
        lower=min(one.judgement.lower for one in conditions),
        upper=max(one.judgement.upper for one in conditions),
        level=min(one.judgement.level for one in conditions),
        interval=EQUIVALENCE if EQUIVALENCE in kinds else DIFFERENCE,
    )


def _open(mean: Evidence, conditions: Sequence[Condition]) -> Judgement:
    """Return inconclusive, with the interval that the single conditions leave open.

    The mean may lie within the margin where a condition may not.
    """
    ends = [(mean.lower, mean.upper), *map(_left_open, conditions)]
    return Judgement(
        verdict=Verdict.INCONCLUSIVE,
        lower=min(lower for lower, _ in ends if not np.isnan(lower)),
        upper=max(upper for _, upper in ends if not np.isnan(upper)),
        level=mean.level,
        interval=CONDITIONS,
    )


def _left_open(one: Condition) -> tuple[float, float]:
    """Return the interval of a condition; one of which nothing is known leaves everything open."""
    if holds_within_margin(one.evidence, one.judgement):
        return one.judgement.lower, one.judgement.upper
    ends = (one.evidence.lower, one.evidence.upper)
    return one.evidence.unlimited if np.isnan(ends).any() else ends


def depends_on(verdict: Verdict, conditions: Sequence[Condition], cells: pd.DataFrame) -> str:
    """Return the factor that a verdict depends on, or nothing where it does not depend.

    Where runs are lost in some conditions, it is what separates these from the others; there is no
    effect to compare there.

    Args:
        verdict: over the conditions.
        conditions: each with its verdict.
        cells: the varying factors of each condition, indexed by its label.

    """
    if verdict is not Verdict.DEPENDS:
        return ""
    lost = {one.cell: float(one.verdict in LOST) for one in conditions}
    effects = {one.cell: one.evidence.estimate for one in conditions}
    values = lost if any(lost.values()) else effects
    return strongest_factor(pd.Series(values, dtype=float), cells)


def strongest_factor(values: "pd.Series[float]", cells: pd.DataFrame) -> str:
    """Return the factor whose levels explain most of the values between cells, or nothing.

    Args:
        values: one for each cell, indexed by its label; NaN ones are left out.
        cells: the varying factors of each cell, indexed by its label.

    """
    values = values.dropna()
    described = cells.loc[values.index]
    explained = {}
    for factor in described.columns:
        levels = described[factor].nunique()
        if levels < 2:
            continue
        fitted = values.groupby(described[factor].astype(str).to_numpy()).transform("mean")
        # a factor with more levels explains more by chance; per level is a fair comparison
        explained[factor] = float(((fitted - values.mean()) ** 2).sum()) / (levels - 1)
    return max(explained, key=lambda name: explained[name]) if explained else ""
