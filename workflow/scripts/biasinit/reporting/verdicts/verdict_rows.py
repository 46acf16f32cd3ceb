"""Rows of the table of verdicts, as typed values."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import pandas as pd

from biasinit import numbers
from biasinit.metric import ACCURACY, Metric
from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.selection import arranged, matching, records, scheme_order, table
from biasinit.statistics.judging.reasons import NO_COMMON_CONDITIONS, why_not_estimable
from biasinit.verdicts import Outcome, Verdict
from biasinit.vocabulary import ALL_CELLS, OWN_BEST_RATE


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictRow:
    """One row of the table of verdicts; missing numbers are nan.

    ``cell`` is the condition that it is about: ``all``, the name of one, or each scheme at its own
    best learning rate.
    """

    outcome: Outcome
    normalization: str
    scheme: str
    reference: str
    cell: str
    conditions: float
    verdict: Verdict
    estimate: float
    lower: float
    upper: float
    level: float
    interval: str
    margin_lower: float
    margin_upper: float
    p_adjusted: float
    p_equivalence_adjusted: float
    fragile: bool
    depends_on: str
    p_below: float
    p_inside: float
    p_above: float
    smallest_margin: float
    seeds: float
    seeds_needed: float
    seeds_needed_low: float
    seeds_needed_high: float
    runs: float
    reference_runs: float
    failed: float
    reference_failed: float
    events: float
    reference_events: float
    collapsed: float
    reference_collapsed: float
    stray: float
    reference_stray: float
    undetected: float
    new_test_set_lower: float
    new_test_set_upper: float
    metric: Metric = ACCURACY
    left_out: str = ""
    seeds_trained: float = math.nan

    @property
    def places(self) -> int:
        """The decimals that its numbers are written with."""
        speed = self.outcome is Outcome.SPEED
        return numbers.LEAST_PLACES if speed else numbers.places(self.margin_upper)

    @property
    def comparison(self) -> tuple[Outcome, str, str]:
        """What all rows of one comparison share, whatever the condition."""
        return self.outcome, self.normalization, self.scheme

    @property
    def measured(self) -> bool:
        """Whether it has a number of its own: one with the interval that decided.

        A mean over conditions that differ has none, nor has the single pair of a scheme that fails.
        """
        known = not (math.isnan(self.lower) or math.isnan(self.upper))
        return known and math.isfinite(self.estimate)

    @property
    def reason(self) -> str:
        """Why a comparison is not estimable, or nothing where it is."""
        if self.verdict is not Verdict.NOT_ESTIMABLE:
            return ""
        if self.cell == OWN_BEST_RATE and not self.seeds > 0:
            return NO_COMMON_CONDITIONS
        return why_not_estimable(
            self.outcome,
            scheme=self.scheme,
            reference=self.reference,
            runs=self.runs,
            reference_runs=self.reference_runs,
            failed=self.failed + self.reference_failed,
            seeds=self.seeds,
            estimate=self.estimate,
            places=self.places,
        )

    @property
    def without(self) -> str:
        """'without dataset svhn: there are no runs of 1.0', or nothing where none is missing."""
        return f"without {self.left_out}" if self.left_out else ""

    @property
    def several_conditions(self) -> bool:
        """Whether it is about more conditions than one."""
        return self.conditions > 1


_NUMBERS = tuple(item.name for item in fields(VerdictRow) if item.type is float)


def read_verdicts(tables: Mapping[str, pd.DataFrame], study: StudyFacts) -> tuple[VerdictRow, ...]:
    """Return the rows of the table of verdicts: by outcome, normalisation, scheme and condition."""
    frame = arranged(table(tables, "verdicts"), schemes=scheme_order(study))
    order = list(Outcome)
    rows = [row_of(row) for row in records(frame)]
    return tuple(sorted(rows, key=lambda row: order.index(row.outcome)))


def over_conditions(rows: Iterable[VerdictRow]) -> tuple[VerdictRow, ...]:
    """Return the rows over all conditions, one for each comparison."""
    return tuple(row for row in rows if row.cell == ALL_CELLS)


def at_own_best(rows: Iterable[VerdictRow]) -> tuple[VerdictRow, ...]:
    """Return the rows of each scheme at its own best learning rate."""
    return tuple(row for row in rows if row.cell == OWN_BEST_RATE)


def single_conditions(rows: Iterable[VerdictRow]) -> tuple[VerdictRow, ...]:
    """Return the rows of single conditions."""
    return tuple(row for row in rows if row.cell not in (ALL_CELLS, OWN_BEST_RATE))


Conditions = Mapping[tuple[Outcome, str, str], Sequence[VerdictRow]]


def by_comparison(rows: Iterable[VerdictRow]) -> Conditions:
    """Return the rows of single conditions, by the comparison that they belong to."""
    found: dict[tuple[Outcome, str, str], list[VerdictRow]] = {}
    for row in single_conditions(rows):
        found.setdefault(row.comparison, []).append(row)
    return found


def row_of(row: Mapping[str, Any]) -> VerdictRow:
    """Return a row as a typed value; a text that is missing is empty, a number nan.

    A row without a cell is about all of them.
    """
    values = {name: numbers.as_float(row.get(name)) for name in _NUMBERS}
    return VerdictRow(
        outcome=Outcome(row["outcome"]),
        normalization=_text(row["normalization"]),
        scheme=_text(row["scheme"]),
        reference=_text(row["reference"]),
        cell=_text(row.get("cell")) or ALL_CELLS,
        verdict=Verdict(row["verdict"]),
        interval=_text(row.get("interval")),
        depends_on=_text(row.get("depends_on")),
        left_out=_text(row.get("left_out")),
        fragile=str(row.get("fragile")) == "True",
        metric=_metric(row),
        **values,
    )


def metric_of(verdicts: pd.DataFrame) -> Metric:
    """Return what a table of verdicts is about; tables of before are about accuracy."""
    told = matching(verdicts, outcome=Outcome.ACCURACY)
    return next((_metric(row) for row in records(told.head(1))), ACCURACY)


def _metric(row: Mapping[str, Any]) -> Metric:
    name, unit, better = (_text(row.get(key)) for key in ("metric", "unit", "better"))
    if not name:
        return ACCURACY
    return Metric.of(name=name, unit=unit, better="lower" if better == "lower" else "higher")


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
