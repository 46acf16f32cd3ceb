"""A finding that is one verdict: over all conditions of a study, or in one of them.

A verdict over all conditions that depends on them leaves its claim open, unless the verdict of
every condition says the same of it.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from biasinit import numbers
from biasinit.reporting.claims.finding import Bearing
from biasinit.reporting.selection import cell_labels
from biasinit.reporting.verdicts import clauses
from biasinit.reporting.verdicts.verdict_rows import VerdictRow, row_of
from biasinit.study.evidence import COVERED, JudgedEvidence
from biasinit.verdicts import Verdict
from biasinit.vocabulary import ALL_CELLS, OWN_BEST_RATE

NO_CONDITIONS = "Not judged by condition yet: run the study once more; nothing is trained again."
_UNTESTED = (
    *(Verdict.FAILS, Verdict.REFERENCE_FAILS, Verdict.IDENTICAL),
    *(Verdict.NONE_SEEN, Verdict.NOT_ESTIMABLE),
)
"""Verdicts that no test stands behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The row that evidence asks for, with those of the single conditions behind it.

    Attributes:
        row: the verdict.
        p: of what it says, of the row alone; missing where nothing was tested.
        conditions: of a row over several conditions, each by itself.

    """

    row: VerdictRow
    p: float
    conditions: tuple["Judged", ...] = ()

    @property
    def decisive(self) -> Sequence["Judged"]:
        """What speaks of the claim: the row, or each condition where it depends on them."""
        return self.conditions if self.row.verdict is Verdict.DEPENDS else (self,)

    @property
    def measured(self) -> tuple[str, ...]:
        """Estimate and interval, or those of each condition; counts; the margin."""
        row = self.row
        if row.verdict is Verdict.DEPENDS:
            lines = [clauses.by_condition([one.row for one in self.conditions])]
        elif math.isfinite(row.estimate):
            scope = clauses.scope(row) if row.cell == ALL_CELLS else ""
            lines = [", ".join(filter(None, [clauses.difference(row), scope]))]
        else:
            return ("not estimable",)
        if math.isfinite(row.margin_upper):
            lines.append(f"margin {clauses.margin(row)}")
        return tuple(filter(None, [*lines, clauses.seeds_befallen(row)]))

    @property
    def sure(self) -> str:
        """What a verdict rests on, what would decide it, what it leaves out and what qualifies it.

        A row that depends says of the seeds nothing but their number.
        """
        row = self.row
        parts = [f"{numbers.count(row.seeds)} seeds"] if math.isfinite(row.seeds) else []
        if row.verdict is Verdict.INCONCLUSIVE:
            parts += [clauses.probable(row)]
            parts += [clauses.needed(row) or "more seeds alone do not decide"]
        parts += [clauses.failed_runs(row), clauses.not_excluded(row)]
        return "; ".join(filter(None, [*parts, *(doubt.clause for doubt in clauses.doubts(row))]))


def judged_rows(records: Sequence[Mapping[str, Any]], *, at: str) -> Judged | None:
    """Return the row of a condition, or over all of them with each; None where it is not there.

    Args:
        records: rows of the table of verdicts on one comparison, all conditions.
        at: ``all``, or the condition that is asked for.

    """
    rows = [_judged(record) for record in records]
    found = next((one for one in rows if one.row.cell == at), None)
    if found is None or at != ALL_CELLS:
        return found
    single = tuple(one for one in rows if one.row.cell not in (ALL_CELLS, OWN_BEST_RATE))
    return Judged(row=found.row, p=found.p, conditions=single)


def _judged(record: Mapping[str, Any]) -> Judged:
    return Judged(row=row_of(record), p=numbers.as_float(record.get("p")))


def no_such_condition(records: Sequence[Mapping[str, Any]]) -> str:
    """Return that there is no such condition, with those that there are."""
    cells = [str(record["cell"]) for record in records if "cell" in record]
    if not cells:
        return NO_CONDITIONS
    names = cell_labels(cells)
    known = [names[cell] for cell in dict.fromkeys(cells)]
    return f"The study as it was run has no such condition; it has: {', '.join(known)}."


def bearing_of(evidence: JudgedEvidence, judged: Judged) -> Bearing:
    """Return what a verdict says of the claim, as its file lays it down."""
    if not evidence.bears:
        return Bearing.NUMBERS
    verdicts = [one.row.verdict for one in judged.decisive]
    if verdicts and all(map(evidence.is_refuted_by, verdicts)):
        return Bearing.REFUTES
    supports = verdicts and all(map(evidence.is_supported_by, verdicts))
    return Bearing.SUPPORTS if supports else Bearing.OPEN


def p_of(evidence: JudgedEvidence, judged: Judged) -> float:
    """Return the p-value with which a comparison enters the adjustment over all claims.

    Where every condition has to say the same, the largest (an intersection-union test). Where the
    claim stays open, 1: that is no discovery, and still one of the comparisons that were made.
    Missing where nothing was tested, or where the comparison is for information.
    """
    bearing = bearing_of(evidence, judged)
    if bearing in (Bearing.REFUTES, Bearing.SUPPORTS):
        p_values = [_p(evidence, one) for one in judged.decisive]
        return math.nan if any(map(math.isnan, p_values)) else max(p_values)
    tested = bearing is Bearing.OPEN and judged.row.verdict not in _UNTESTED
    return 1.0 if tested else math.nan


def _p(evidence: JudgedEvidence, judged: Judged) -> float:
    """Return the p-value of what a verdict says of the claim.

    Beyond the margin, where the file does not ask for any difference, it is that of the two-sided
    test of the end of the margin, which the probabilities under a flat prior hold. Negligible is
    the larger one of two, since it says two things.
    """
    row, verdict = judged.row, judged.row.verdict
    asked = {*evidence.refutes, *evidence.supports}
    if verdict in _UNTESTED:
        return math.nan
    if verdict.beyond_margin and COVERED[verdict] not in asked:
        return min(1.0, 2 * (1 - max(row.p_below, row.p_above)))
    if verdict is Verdict.NEGLIGIBLE:
        return max(judged.p, row.p_below, row.p_above)
    return judged.p
