"""Rows of the table of verdicts, as typed values."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.selection import ALL_CELLS, arranged, records, scheme_order, table

OUTCOMES = ("accuracy", "interaction", "speed", "failure")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One row of the table of verdicts; missing numbers are nan.

    ``runs`` is the number of runs of each arm, from the table of failure rates.
    """

    outcome: str
    normalization: str
    scheme: str
    reference: str
    verdict: str
    estimate: float
    lower: float
    upper: float
    level: float
    unit: str
    margin_lower: float
    margin_upper: float
    p_adjusted: float
    p_equivalence_adjusted: float
    fragile: bool
    depends_on: str
    smallest_margin: float
    seeds: float
    seeds_needed: float
    failed: float
    reference_failed: float
    new_test_set_lower: float
    new_test_set_upper: float
    runs: float


_NUMBERS = (
    "estimate",
    "lower",
    "upper",
    "level",
    "margin_lower",
    "margin_upper",
    "p_adjusted",
    "p_equivalence_adjusted",
    "smallest_margin",
    "seeds",
    "seeds_needed",
    "failed",
    "reference_failed",
    "new_test_set_lower",
    "new_test_set_upper",
)


_TEXTS = ("outcome", "normalization", "scheme", "reference", "verdict", "unit", "depends_on")


def read_verdicts(tables: Mapping[str, pd.DataFrame], study: StudyFacts) -> tuple[Verdict, ...]:
    """Return the rows of the table of verdicts, ordered by outcome, normalisation and scheme."""
    frame = arranged(table(tables, "verdicts"), schemes=scheme_order(study))
    arms = arm_runs(tables)
    rows = [_verdict(row, arms) for row in records(frame)]
    known = [row for row in rows if row.outcome in OUTCOMES]
    return tuple(sorted(known, key=lambda row: OUTCOMES.index(row.outcome)))


def arm_runs(tables: Mapping[str, pd.DataFrame]) -> dict[tuple[str, str], float]:
    """Return the number of runs by normalisation and scheme, over all cells."""
    frame = table(tables, "failure_rates")
    if not {"cell", "normalization", "scheme", "runs"} <= set(frame.columns):
        return {}
    whole = frame[frame["cell"] == ALL_CELLS]
    keys = zip(whole["normalization"].astype(str), whole["scheme"].astype(str), strict=True)
    return dict(zip(keys, whole["runs"].astype(float), strict=True))


def _verdict(row: Mapping[str, Any], arms: Mapping[tuple[str, str], float]) -> Verdict:
    texts = {name: _text(row.get(name)) for name in _TEXTS}
    values = {name: _number(row.get(name)) for name in _NUMBERS}
    fragile = row.get("fragile")
    runs = arms.get((texts["normalization"], texts["scheme"]), math.nan)
    return Verdict(
        outcome=texts["outcome"],
        normalization=texts["normalization"],
        scheme=texts["scheme"],
        reference=texts["reference"],
        verdict=texts["verdict"],
        unit=texts["unit"],
        depends_on=texts["depends_on"],
        fragile=bool(fragile) if isinstance(fragile, (bool, int)) else str(fragile) == "True",
        runs=runs,
        **values,
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return math.nan


def nothing_failed(verdict: Verdict) -> bool:
    """Return whether this compares failures of two arms without any."""
    return verdict.outcome == "failure" and verdict.failed == 0 and verdict.reference_failed == 0
