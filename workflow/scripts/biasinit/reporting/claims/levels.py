"""Evidence that compares levels of a factor, or the effect of a scheme at two levels of it."""

from collections.abc import Mapping
from typing import Any

from biasinit import numbers
from biasinit.reporting.claims.finding import (
    Finding,
    Kind,
    Place,
    Tables,
    absent,
    bearing,
    measured,
    sure,
)
from biasinit.reporting.labels import normalization_label
from biasinit.reporting.selection import matching, records, table
from biasinit.reporting.verdicts.verdict_rows import VerdictRow, row_of
from biasinit.reporting.verdicts.vocabulary import VOCABULARY, kind, shown
from biasinit.study.evidence import LevelEvidence
from biasinit.verdicts import Outcome

NOT_COMPARED = "Not compared yet: run the study once more; nothing is trained again."
_PLACE = Place(table="level_contrasts", figure="level_contrasts", rule="rule-levels")


def find(evidence: LevelEvidence, tables: Tables) -> Finding:
    """Return the comparison with its verdict; one of two effects is neither good nor bad."""
    contrasts = table(tables, _PLACE.table)
    if contrasts.empty:
        return absent(evidence, _question(evidence), table=_PLACE.table, why=NOT_COMPARED)
    found = records(matching(contrasts, **evidence.question))
    if not found or found[0]["runs"] == 0:
        return absent(evidence, _question(evidence), table=_PLACE.table)
    row = _as_verdict(found[0])
    wording = VOCABULARY[row.verdict]
    return Finding(
        study=evidence.study,
        question=_question(evidence),
        measured=measured(row),
        shown=wording.shown(wording.change)
        if evidence.reference
        else shown(row.verdict, row.outcome),
        kind=kind(row.verdict, Outcome.INTERACTION if evidence.reference else row.outcome),
        bearing=bearing(row.verdict, evidence),
        sure=sure(row, counted="seeds"),
        place=_PLACE,
        needed=row.seeds_needed,
    )


def _question(evidence: LevelEvidence) -> str:
    what = (
        f"effect of {evidence.scheme} against {evidence.reference} on final accuracy"
        if evidence.reference
        else f"final accuracy, biases {evidence.scheme}"
    )
    factor = evidence.factor.replace("_", " ")
    where = normalization_label(evidence.normalization)
    return f"{factor}: {evidence.level} {numbers.MINUS} {evidence.against}, {what}, {where}"


def _as_verdict(contrast: Mapping[str, Any]) -> VerdictRow:
    """Return a row of level contrasts as a verdict on the accuracy of one level against another."""
    return row_of(
        {
            **contrast,
            "outcome": Outcome.ACCURACY,
            "scheme": contrast["level"],
            "reference": contrast["against"],
            "lower": contrast["simultaneous_lower"],
            "upper": contrast["simultaneous_upper"],
            "level": contrast["interval_level"],
            "margin_lower": -contrast["margin"],
            "margin_upper": contrast["margin"],
            "reference_failed": contrast["against_failed"],
        }
    )


KIND = Kind(reads=(_PLACE.table,), find=find)
