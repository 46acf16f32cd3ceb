"""Evidence that compares levels of a factor, or the effect of a scheme at two levels of it."""

from collections.abc import Mapping
from typing import Any

from biasinit import numbers
from biasinit.metric import Metric
from biasinit.reporting.claims.finding import NO_SUCH_RUNS, Finding, Kind, Place, Tables, absent
from biasinit.reporting.claims.judged import bearing_of, judged_rows, no_such_condition, p_of
from biasinit.reporting.labels import normalization_label
from biasinit.reporting.selection import matching, records, table
from biasinit.reporting.verdicts import clauses
from biasinit.reporting.verdicts.verdict_rows import metric_of, row_of
from biasinit.reporting.verdicts.vocabulary import changed, kind, shown
from biasinit.study.evidence import LevelEvidence
from biasinit.verdicts import Outcome, Verdict
from biasinit.vocabulary import ALL_CELLS

NOT_COMPARED = "Not compared yet: run the study once more; nothing is trained again."
_PLACE = Place(table="level_contrasts", figure="level_contrasts", rule="rule-levels")


def find(evidence: LevelEvidence, tables: Tables) -> Finding:
    """Return the comparison with its verdict; one of two effects is neither good nor bad."""
    contrasts = table(tables, _PLACE.table)
    if contrasts.empty:
        metric = metric_of(table(tables, "verdicts"))
        return absent(evidence, _question(evidence, metric), table=_PLACE.table, why=NOT_COMPARED)
    metric = row_of(_as_verdict(records(contrasts)[0])).metric
    asked = _question(evidence, metric)
    rows = records(matching(contrasts, **evidence.question))
    found = [_as_verdict(row) for row in rows if row["runs"] > 0]
    judged = judged_rows(found, at=evidence.at)
    if judged is None:
        why = no_such_condition(found) if found else NO_SUCH_RUNS
        return absent(evidence, asked, table=_PLACE.table, why=why)
    row = judged.row
    where = "" if evidence.at == ALL_CELLS else f", {clauses.scope(row)}"
    return Finding(
        study=evidence.study,
        question=asked + where,
        measured=judged.measured,
        shown=changed(row.verdict, metric=metric)
        if evidence.reference
        else shown(row.verdict, row.outcome, depends_on=row.depends_on, metric=metric),
        kind=kind(row.verdict, Outcome.INTERACTION if evidence.reference else row.outcome),
        bearing=bearing_of(evidence, judged),
        sure=judged.sure,
        place=_PLACE,
        needed=row.seeds_needed,
        p=p_of(evidence, judged),
    )


def _question(evidence: LevelEvidence, metric: Metric) -> str:
    what = (
        f"effect of {evidence.scheme} against {evidence.reference} on {metric.at_the_end}"
        if evidence.reference
        else f"{metric.at_the_end}, biases {evidence.scheme}"
    )
    factor = evidence.factor.replace("_", " ")
    where = normalization_label(evidence.normalization)
    return f"{factor}: {evidence.level} {numbers.MINUS} {evidence.against}, {what}, {where}"


def _as_verdict(contrast: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of level contrasts as one of the table of verdicts, on the accuracy of levels.

    There, too, `p` is that of what the verdict says.
    """
    p = "p_equivalence" if contrast["verdict"] == Verdict.EQUIVALENT else "p"
    return {
        **contrast,
        "outcome": Outcome.ACCURACY,
        "scheme": contrast["level"],
        "reference": contrast["against"],
        "lower": contrast.get("printed_lower"),
        "upper": contrast.get("printed_upper"),
        "level": contrast.get("printed_level"),
        "interval": contrast.get("printed_interval"),
        "margin_lower": -contrast["margin"],
        "margin_upper": contrast["margin"],
        "reference_runs": contrast["against_runs"],
        "reference_failed": contrast["against_failed"],
        "p": contrast[p],
    }


KIND = Kind(reads=(_PLACE.table, "verdicts"), find=find)
