"""What the page of a synthesis over studies shows; statistics make it, and nothing here does."""

from dataclasses import dataclass

import pandas as pd

from biasinit.reporting.claims.ledger import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Synthesis:
    """A synthesis over studies.

    An effect is a scheme's against the reference, each at its own best learning rate; positive is
    better. ``outcome`` is "accuracy" or "speed" in all tables, intervals hold at 95 %,
    those of effects for all schemes of a condition at once.

    Attributes:
        reference: the scheme that all others are compared with, and no row of any table.
        unless_named: what holds of every condition whose name does not say otherwise; may be "".
        effects: a row for each outcome, normalisation, scheme and condition: ``outcome,
            normalization, scheme, condition``, ``studies`` (names joined by ", "), ``dataset,
            architecture``, ``estimate, lower, upper, margin`` (of accuracy in points, of speed the
            natural logarithm of how many times as fast), ``effect`` (estimate / margin), ``seeds,
            runs, failed, reference_failed`` and ``verdict``, a word of ``biasinit.verdicts``.
        pooled: a row for each outcome, normalisation (or "all") and scheme, in margins:
            ``conditions, mean, lower, upper, between, prediction_lower, prediction_upper, p_inside,
            p_below, p_above, p, p_adjusted``; intervals are NaN below three conditions.
        moderators: a row for each outcome, scheme and moderator, in margins: ``conditions, slope,
            lower, upper, p, p_adjusted``.
        predictions: registered predictions and what came of them, in margins: ``study, condition,
            normalization, scheme, outcome, registered_at, digest, lower, upper, observed,
            observed_lower, observed_upper, inside``; ``observed`` is NaN where nothing was run yet.
        left_out: sentences on the studies, conditions and runs that are left out, and why.
        studies: their names, in order.
        reported: those of them whose report lies beside the page, in a folder of their name.
        controls: what came out of the controls, whose answer is known; None where none was asked.
        runs: how many there are in all.
        failed: how many of them failed.

    """

    reference: str
    unless_named: str
    effects: pd.DataFrame
    pooled: pd.DataFrame
    moderators: pd.DataFrame
    predictions: pd.DataFrame
    left_out: tuple[str, ...]
    studies: tuple[str, ...]
    reported: frozenset[str]
    controls: Ledger | None
    runs: int
    failed: int
