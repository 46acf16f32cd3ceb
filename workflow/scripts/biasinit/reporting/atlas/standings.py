"""Where a scheme stands over the conditions of all studies: the rules behind the answer.

A mean over conditions says what is true on average, a prediction interval what is to be expected
in a new condition, and a single condition what can happen. A scheme counts as interchangeable with
the reference only where all three agree, and as better or worse on average only where that holds
among all means that were tested.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from biasinit.reporting.atlas.contents import Synthesis
from biasinit.reporting.atlas.rows import (
    Effect,
    Pooled,
    effects_of,
    levels_of,
    pooled_of,
    schemes_of,
)
from biasinit.verdicts import Outcome

SEVERAL = 2  # conditions with harm from which on a scheme is to avoid: one may be a freak
FEWEST_POOLED = 3  # conditions that a mean with a prediction interval needs


class Standing(StrEnum):
    """What can be said about a scheme over all conditions, and why where it is not much."""

    BETTER = "better on average, in no condition harmful"
    INTERCHANGEABLE = "its effect in a new condition lies within the margin"
    AVOID = "worse on average, or harmful in several conditions"
    FEW = "in too few conditions for a mean over them"
    UNADJUSTED = "different on average, but not among all means that were tested"
    MIXED = "beyond the margin or failing in some conditions, against what holds on average"
    SPREAD = "a new condition may lie outside the margin"

    @property
    def is_open(self) -> bool:
        """Whether a new condition's effect is not known."""
        return self not in (Standing.BETTER, Standing.INTERCHANGEABLE, Standing.AVOID)


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemeStanding:
    """A scheme on one outcome at one normalisation, with what its standing rests on."""

    reference: str
    outcome: Outcome
    normalization: str
    scheme: str
    standing: Standing
    pooled: Pooled | None
    effects: tuple[Effect, ...]


def standings_of(synthesis: Synthesis, outcome: Outcome) -> dict[str, tuple[SchemeStanding, ...]]:
    """Return where each scheme stands, by normalisation; only those with a row in either table."""
    effects = effects_of(synthesis, outcome)
    pooled = {(row.normalization, row.scheme): row for row in pooled_of(synthesis, outcome)}
    found = {}
    for level in levels_of(effects):
        rows = []
        for scheme in schemes_of(synthesis):
            own = tuple(
                row for row in effects if (row.normalization, row.scheme) == (level, scheme)
            )
            mean = pooled.get((level, scheme))
            if own or mean is not None:
                rows.append(
                    SchemeStanding(
                        reference=synthesis.reference,
                        outcome=outcome,
                        normalization=level,
                        scheme=scheme,
                        standing=standing_of(own, mean),
                        pooled=mean,
                        effects=own,
                    )
                )
        found[level] = tuple(rows)
    return found


def standing_of(effects: Sequence[Effect], pooled: Pooled | None) -> Standing:
    """Return where a scheme stands.

    Args:
        effects: of the scheme, in each condition.
        pooled: its mean over them; None where there is none.

    """
    harmed = sum(row.harmful for row in effects)
    if pooled is None or not pooled.estimated:
        return Standing.AVOID if harmed >= SEVERAL else Standing.FEW
    ahead = pooled.lower > 0
    if harmed >= SEVERAL and not ahead:
        return Standing.AVOID
    if pooled.predicted_inside and not any(row.matters for row in effects):
        return Standing.INTERCHANGEABLE
    if pooled.upper < 0:
        return Standing.AVOID if pooled.found else Standing.UNADJUSTED
    if ahead and not harmed:
        return Standing.BETTER if pooled.found else Standing.UNADJUSTED
    return Standing.MIXED if ahead or pooled.predicted_inside else Standing.SPREAD
