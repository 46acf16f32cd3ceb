"""Evidence that is one row of a study's verdicts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from biasinit import numbers
from biasinit.reporting.claims.finding import NO_SUCH_RUNS, Finding, Kind, Place, Tables, absent
from biasinit.reporting.claims.judged import bearing_of, judged_rows, no_such_condition, p_of
from biasinit.reporting.labels import normalization_label
from biasinit.reporting.selection import matching, records, table
from biasinit.reporting.verdicts import clauses
from biasinit.reporting.verdicts.verdict_rows import metric_of
from biasinit.reporting.verdicts.vocabulary import kind, shown
from biasinit.study.evidence import VerdictEvidence
from biasinit.verdicts import Outcome
from biasinit.vocabulary import ALL_CELLS

NO_EARLY_TIMES = (
    "Not measured yet: the runs do not say when they reached an early threshold; train the study "
    "once more."
)
_TABLES = {"registered": "verdicts", "early": "early_verdicts"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """How an outcome is asked about: its words, what a verdict on it counts, its place."""

    words: str
    place: Place
    against: str = numbers.MINUS


_EVENTS = Place(table="failure_contrasts", figure="failure_rates", rule="rule-failure")
_ASKED: Mapping[Outcome, _Asked] = {
    Outcome.ACCURACY: _Asked(
        words="{at_the_end}",
        place=Place(table="accuracy_contrasts", figure="effects", rule="rule-accuracy"),
    ),
    Outcome.INTERACTION: _Asked(
        words="{at_the_end}",
        place=Place(table="accuracy_contrasts", figure="interaction", rule="rule-accuracy"),
    ),
    Outcome.SPEED: _Asked(
        words="epochs to the {threshold}",
        place=Place(table="speed_contrasts", figure="time_ratios", rule="rule-speed"),
        against="/",
    ),
    Outcome.FAILURE: _Asked(words="share of seeds with a failed run", place=_EVENTS),
    Outcome.COLLAPSE: _Asked(words="share of seeds with a collapsed run", place=_EVENTS),
    Outcome.NOT_REACHED: _Asked(
        words="share of seeds with a run that misses the {threshold}", place=_EVENTS
    ),
}


def find(evidence: VerdictEvidence, tables: Tables) -> Finding:
    """Return the study's verdict with its numbers."""
    name = _TABLES[evidence.threshold]
    asked = _ASKED[evidence.outcome]
    early = evidence.threshold == "early"
    verdicts = table(tables, name)
    words = asked.words.format(
        threshold="early threshold" if early else "threshold",
        at_the_end=metric_of(verdicts).at_the_end,
    )
    about = f"{words}, {normalization_label(evidence.normalization)}"
    found = records(
        matching(
            verdicts,
            outcome=evidence.outcome,
            normalization=evidence.normalization,
            scheme=evidence.scheme,
        )
    )
    judged = judged_rows(found, at=evidence.at)
    if judged is None:
        why = no_such_condition(found) if found else NO_SUCH_RUNS
        if early and verdicts.empty:
            why = NO_EARLY_TIMES
        return absent(evidence, f"{evidence.scheme}, {about}", table=name, why=why)
    row = judged.row
    where = "" if evidence.at == ALL_CELLS else f", {clauses.scope(row)}"
    return Finding(
        study=evidence.study,
        question=f"{row.scheme} {asked.against} {row.reference}, {about}{where}",
        measured=judged.measured,
        shown=shown(row.verdict, row.outcome, depends_on=row.depends_on, metric=row.metric),
        kind=kind(row.verdict, row.outcome),
        bearing=bearing_of(evidence, judged),
        sure=judged.sure,
        place=replace(asked.place, table=name, figure="") if early else asked.place,
        needed=row.seeds_needed,
        p=p_of(evidence, judged),
    )


KIND = Kind(reads=tuple(_TABLES.values()), find=find)
