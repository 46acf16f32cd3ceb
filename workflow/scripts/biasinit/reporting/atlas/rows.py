"""The rows of a synthesis as typed values. Tables that are empty need not have any column."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from biasinit.numbers import as_float
from biasinit.reporting.atlas.contents import Synthesis
from biasinit.reporting.labels import NORMALIZATION_LABELS
from biasinit.reporting.selection import records
from biasinit.verdicts import Outcome, Verdict

OUTCOMES = (Outcome.ACCURACY, Outcome.SPEED)
FOUND = 0.05  # adjusted p-values below it count


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """The effect of a scheme in one condition; the names are those of the table."""

    reference: str
    outcome: Outcome
    normalization: str
    scheme: str
    condition: str
    studies: tuple[str, ...]
    estimate: float
    lower: float
    upper: float
    margin: float
    effect: float
    seeds: float
    runs: float
    failed: float
    reference_failed: float
    verdict: Verdict

    @property
    def harmful(self) -> bool:
        """Whether the scheme fails here, or is worse by more than the margin."""
        return self.verdict in (Verdict.FAILS, Verdict.WORSE_BEYOND)

    @property
    def matters(self) -> bool:
        """Whether the scheme is shown to differ by more than the margin, or fails."""
        return self.verdict.beyond_margin or self.verdict is Verdict.FAILS

    @property
    def has_size(self) -> bool:
        """Whether the estimate is of whole arms, not of the few runs that came through."""
        lost = self.verdict in (Verdict.FAILS, Verdict.REFERENCE_FAILS, Verdict.NOT_ESTIMABLE)
        return math.isfinite(self.estimate) and not lost


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooled:
    """The mean effect of a scheme over conditions, in margins; the names are those of the table."""

    outcome: Outcome
    normalization: str
    scheme: str
    conditions: float
    mean: float
    lower: float
    upper: float
    prediction_lower: float
    prediction_upper: float
    p_inside: float
    p_below: float
    p_above: float
    p_adjusted: float

    @property
    def estimated(self) -> bool:
        """Whether there were enough conditions for intervals."""
        bounds = (self.lower, self.upper, self.prediction_lower, self.prediction_upper)
        return not any(map(math.isnan, bounds))

    @property
    def predicted_inside(self) -> bool:
        """Whether the prediction interval of a new condition lies within the margin."""
        return -1 < self.prediction_lower <= self.prediction_upper < 1

    @property
    def found(self) -> bool:
        """Whether the mean differs from no effect, among all means that were tested."""
        return self.p_adjusted < FOUND


def effects_of(synthesis: Synthesis, outcome: Outcome) -> tuple[Effect, ...]:
    """Return the effects on one outcome, in the order of the table."""
    return tuple(
        Effect(
            reference=synthesis.reference,
            outcome=outcome,
            studies=tuple(name for name in str(row["studies"]).split(", ") if name),
            verdict=Verdict(str(row["verdict"])),
            **_texts(row, "normalization", "scheme", "condition"),
            **_numbers(row, "estimate", "lower", "upper", "margin", "effect"),
            **_numbers(row, "seeds", "runs", "failed", "reference_failed"),
        )
        for row in records(synthesis.effects)
        if row["outcome"] == outcome
    )


def pooled_of(synthesis: Synthesis, outcome: Outcome) -> tuple[Pooled, ...]:
    """Return the means over conditions of one outcome, in the order of the table."""
    return tuple(
        Pooled(
            outcome=outcome,
            **_texts(row, "normalization", "scheme"),
            **_numbers(row, "conditions", "mean", "lower", "upper"),
            **_numbers(row, "prediction_lower", "prediction_upper"),
            **_numbers(row, "p_inside", "p_below", "p_above", "p_adjusted"),
        )
        for row in records(synthesis.pooled)
        if row["outcome"] == outcome
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionCount:
    """How many predictions were registered, tested since, and came true."""

    registered: int
    observed: int
    true: int


def tested(synthesis: Synthesis) -> list[Mapping[str, Any]]:
    """Return the registered predictions that something was observed of."""
    rows = records(synthesis.predictions)
    return [row for row in rows if math.isfinite(as_float(row["observed"]))]


def predicted(synthesis: Synthesis) -> PredictionCount:
    """Return what came of the registered predictions."""
    observed = tested(synthesis)
    true = sum(as_float(row["inside"]) == 1 for row in observed)
    return PredictionCount(registered=len(synthesis.predictions), observed=len(observed), true=true)


def outcomes_of(frame: pd.DataFrame) -> tuple[Outcome, ...]:
    """Return the outcomes that a table has rows of."""
    found = {str(row["outcome"]) for row in records(frame)}
    return tuple(outcome for outcome in OUTCOMES if outcome in found)


def levels_of(rows: Iterable[Effect | Pooled]) -> tuple[str, ...]:
    """Return the normalisations, without batch normalisation first."""
    return ordered_levels(row.normalization for row in rows)


def ordered_levels(normalizations: Iterable[str]) -> tuple[str, ...]:
    """Return each normalisation once, without batch normalisation first."""
    found = dict.fromkeys(normalizations)
    known = [level for level in NORMALIZATION_LABELS if level in found]
    return (*known, *(level for level in found if level not in known))


def schemes_of(synthesis: Synthesis) -> tuple[str, ...]:
    """Return all schemes, those of most conditions first."""
    tables = (synthesis.effects, synthesis.pooled)
    names = dict.fromkeys(str(row["scheme"]) for table in tables for row in records(table))
    counts = conditions_by_scheme(synthesis)
    return tuple(sorted(names, key=lambda name: -counts[name]))


def conditions_by_scheme(synthesis: Synthesis) -> Counter[str]:
    """Return in how many conditions each scheme was run, whatever came of it."""
    pairs = {(str(row["scheme"]), str(row["condition"])) for row in records(synthesis.effects)}
    return Counter(scheme for scheme, _ in pairs)


def _texts(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: str(row[name]) for name in names}


def _numbers(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: as_float(row[name]) for name in names}
