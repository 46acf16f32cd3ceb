"""Evidence that is one row of a study's verdicts."""

from collections.abc import Mapping
from dataclasses import dataclass

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
from biasinit.reporting.verdicts.verdict_rows import row_of
from biasinit.reporting.verdicts.vocabulary import kind, shown
from biasinit.study.evidence import VerdictEvidence
from biasinit.verdicts import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """How an outcome is asked about: its words, what a verdict on it counts, its place."""

    words: str
    place: Place
    against: str = numbers.MINUS
    counted: str = "seeds"


_ASKED: Mapping[Outcome, _Asked] = {
    Outcome.ACCURACY: _Asked(
        words="final accuracy",
        place=Place(table="accuracy_contrasts", figure="effects", rule="rule-accuracy"),
    ),
    Outcome.INTERACTION: _Asked(
        words="final accuracy",
        place=Place(table="accuracy_contrasts", figure="interaction", rule="rule-accuracy"),
    ),
    Outcome.SPEED: _Asked(
        words="epochs to the threshold",
        place=Place(table="speed_contrasts", figure="time_ratios", rule="rule-speed"),
        against="/",
    ),
    Outcome.FAILURE: _Asked(
        words="share of failed runs",
        place=Place(table="failure_contrasts", figure="failure_rates", rule="rule-failure"),
        counted="runs",
    ),
}


def find(evidence: VerdictEvidence, tables: Tables) -> Finding:
    """Return the study's verdict with its numbers."""
    asked = _ASKED[evidence.outcome]
    found = matching(
        table(tables, "verdicts"),
        outcome=evidence.outcome,
        normalization=evidence.normalization,
        scheme=evidence.scheme,
    )
    about = f"{asked.words}, {normalization_label(evidence.normalization)}"
    if found.empty:
        return absent(evidence, f"{evidence.scheme}, {about}", table="verdicts")
    row = row_of(records(found)[0])
    return Finding(
        study=evidence.study,
        question=f"{row.scheme} {asked.against} {row.reference}, {about}",
        measured=measured(row),
        shown=shown(row.verdict, row.outcome),
        kind=kind(row.verdict, row.outcome),
        bearing=bearing(row.verdict, evidence),
        sure=sure(row, counted=asked.counted),
        place=asked.place,
        needed=row.seeds_needed,
    )


KIND = Kind(reads=("verdicts",), find=find)
