"""Rows of the table of verdicts, as typed values."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import pandas as pd

from biasinit import numbers
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


_NUMBERS = tuple(item.name for item in fields(VerdictRow) if item.type is float)


def read_verdicts(tables: Mapping[str, pd.DataFrame], study: StudyFacts) -> tuple[VerdictRow, ...]:
    """Return the rows of the table of verdicts, ordered by outcome, normalisation and scheme."""
    frame = arranged(table(tables, "verdicts"), schemes=scheme_order(study))
    arms = arm_runs(tables)
    order = list(Outcome)
    rows = [
        row_of(row, runs=arms.get((str(row["normalization"]), str(row["scheme"])), math.nan))
        for row in records(frame)
    ]
    return tuple(sorted(rows, key=lambda row: order.index(row.outcome)))


def arm_runs(tables: Mapping[str, pd.DataFrame]) -> dict[tuple[str, str], float]:
    """Return the number of runs by normalisation and scheme, over all cells."""
    frame = table(tables, "failure_rates")
    if not {"cell", "normalization", "scheme", "runs"} <= set(frame.columns):
        return {}
    whole = frame[frame["cell"] == ALL_CELLS]
    keys = zip(whole["normalization"].astype(str), whole["scheme"].astype(str), strict=True)
    return dict(zip(keys, whole["runs"].astype(float), strict=True))


def row_of(row: Mapping[str, Any], *, runs: float = math.nan) -> VerdictRow:
    """Return a row as a typed value; a text that is missing is empty, a number nan.

    Args:
        row: values by the name of their column.
        runs: number of runs of each arm, where it is known.

    """
    values = {name: numbers.as_float(row.get(name)) for name in _NUMBERS} | {"runs": runs}
    outcome, verdict = Outcome(row["outcome"]), Verdict(row["verdict"])
    if outcome is Outcome.FAILURE and values["failed"] == values["reference_failed"] == 0:
        verdict = Verdict.NO_FAILURES
    return VerdictRow(
        outcome=outcome,
        normalization=_text(row["normalization"]),
        scheme=_text(row["scheme"]),
        reference=_text(row["reference"]),
        verdict=verdict,
        depends_on=_text(row.get("depends_on")),
        fragile=str(row.get("fragile")) == "True",
        **values,
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
