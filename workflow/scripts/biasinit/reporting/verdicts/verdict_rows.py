"""Rows of the table of verdicts, as typed values."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.selection import ALL_CELLS, arranged, records, scheme_order, table
from biasinit.verdicts import Outcome, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictRow:
    """One row of the table of verdicts; missing numbers are nan.

    ``verdict`` is what readers see: of two arms without a failed run, that there were none.

    ``runs`` is the number of runs of each arm, from the table of failure rates.
    """

    outcome: Outcome
    normalization: str
    scheme: str
    reference: str
    verdict: Verdict
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


_TEXTS = ("normalization", "scheme", "reference", "unit", "depends_on")


def read_verdicts(tables: Mapping[str, pd.DataFrame], study: StudyFacts) -> tuple[VerdictRow, ...]:
    """Return the rows of the table of verdicts, ordered by outcome, normalisation and scheme."""
    frame = arranged(table(tables, "verdicts"), schemes=scheme_order(study))
    arms = arm_runs(tables)
    order = list(Outcome)
    rows = [_verdict(row, arms) for row in records(frame)]
    return tuple(sorted(rows, key=lambda row: order.index(row.outcome)))


def arm_runs(tables: Mapping[str, pd.DataFrame]) -> dict[tuple[str, str], float]:
    """Return the number of runs by normalisation and scheme, over all cells."""
    frame = table(tables, "failure_rates")
    if not {"cell", "normalization", "scheme", "runs"} <= set(frame.columns):
        return {}
    whole = frame[frame["cell"] == ALL_CELLS]
    keys = zip(whole["normalization"].astype(str), whole["scheme"].astype(str), strict=True)
    return dict(zip(keys, whole["runs"].astype(float), strict=True))


def _verdict(row: Mapping[str, Any], arms: Mapping[tuple[str, str], float]) -> VerdictRow:
    texts = {name: _text(row.get(name)) for name in _TEXTS}
    values = {name: _number(row.get(name)) for name in _NUMBERS}
    fragile = row.get("fragile")
    runs = arms.get((texts["normalization"], texts["scheme"]), math.nan)
    outcome, verdict = Outcome(row["outcome"]), Verdict(row["verdict"])
    if outcome is Outcome.FAILURE and values["failed"] == values["reference_failed"] == 0:
        verdict = Verdict.NO_FAILURES
    return VerdictRow(
        outcome=outcome,
        normalization=texts["normalization"],
        scheme=texts["scheme"],
        reference=texts["reference"],
        verdict=verdict,
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
