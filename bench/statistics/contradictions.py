"""Rows of a table of verdicts whose verdict the printed interval does not bear out."""

import numpy as np
import pandas as pd

from biasinit.verdicts import Outcome, Verdict

NOTHING_PRINTED = (
    *(Verdict.FAILS, Verdict.REFERENCE_FAILS, Verdict.DEPENDS, Verdict.NOT_ESTIMABLE),
)
TOUCHES = 1e-12  # rounding of an end that is moved to no effect


def contradictions(verdicts: pd.DataFrame) -> "pd.Series[str]":
    """Return for each row what the printed interval says against the verdict, or nothing."""
    said = [_contradiction(row) for row in verdicts.to_dict("records")]
    return pd.Series(said, index=verdicts.index, dtype=str)


def _contradiction(row: dict[str, float | str]) -> str:
    outcome, verdict = Outcome(str(row["outcome"])), Verdict(str(row["verdict"]))
    lower, upper = float(row["lower"]), float(row["upper"])
    if verdict in NOTHING_PRINTED:
        return "" if np.isnan(lower) and np.isnan(upper) else "an interval without a verdict"
    if np.isnan(lower) or np.isnan(upper):
        return "a verdict without an interval"
    null = 1.0 if outcome is Outcome.SPEED else 0.0
    holds_null = lower - TOUCHES <= null <= upper + TOUCHES
    if outcome.counts_runs:
        return _of_events(verdict, lower, upper, holds_null=holds_null)
    margin_lower, margin_upper = float(row["margin_lower"]), float(row["margin_upper"])
    inside = margin_lower < lower and upper < margin_upper
    beyond = lower > margin_upper or upper < margin_lower
    higher = lower > null
    good = higher != (outcome is Outcome.SPEED)
    wrong = {
        Verdict.WORSE_BEYOND: not beyond or good,
        Verdict.BETTER_BEYOND: not beyond or not good,
        Verdict.WORSE: holds_null or beyond or inside or good,
        Verdict.BETTER: holds_null or beyond or inside or not good,
        Verdict.NEGLIGIBLE: holds_null or not inside,
        Verdict.EQUIVALENT: not inside,
        Verdict.IDENTICAL: not (lower == upper == null),
        Verdict.INCONCLUSIVE: not holds_null or inside,
    }[verdict]
    return f"{verdict} beside {lower:g} to {upper:g}, margin to {margin_upper:g}" if wrong else ""


def _of_events(verdict: Verdict, lower: float, upper: float, *, holds_null: bool) -> str:
    wrong = {
        Verdict.WORSE: lower < -TOUCHES,
        Verdict.BETTER: upper > TOUCHES,
        Verdict.INCONCLUSIVE: not holds_null,
        Verdict.NONE_SEEN: not holds_null,
    }[verdict]
    return f"{verdict} beside {lower:g} to {upper:g}" if wrong else ""
