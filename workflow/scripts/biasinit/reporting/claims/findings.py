"""What a study measured of a claim: effect with interval, verdict, how sure, where it stands.

Nothing is estimated here and nothing is judged: verdicts are those of the study's tables, and
which verdict refutes or supports a claim stands in ``claims.yaml``.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum

import pandas as pd

from biasinit.reporting import numbers
from biasinit.reporting.labels import normalization_label
from biasinit.reporting.selection import natural_order, records
from biasinit.reporting.verdicts.vocabulary import VOCABULARY, kind, shown
from biasinit.statistics.inference.binomial import clopper_pearson
from biasinit.study.claims import (
    AnyEvidence,
    FailureEvidence,
    LayerEvidence,
    LevelEvidence,
    TwinEvidence,
    VerdictEvidence,
)
from biasinit.verdicts import Outcome, Verdict

NO_SUCH_RUNS = "The study as it was run has no such runs."
NOT_COMPARED = "Not compared yet: run the study once more; nothing is trained again."


class Bearing(StrEnum):
    """What a finding says of its claim."""

    REFUTES = "refutes it"
    SUPPORTS = "agrees"
    OPEN = "leaves it open"
    NUMBERS = "for information"
    ABSENT = "not in this study"


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyTables:
    """The tables of one study that evidence is read from; a study may lack all but two."""

    runs: pd.DataFrame
    verdicts: pd.DataFrame
    layer_means: pd.DataFrame = field(default_factory=pd.DataFrame)
    level_contrasts: pd.DataFrame = field(default_factory=pd.DataFrame)
    twin_means: pd.DataFrame = field(default_factory=pd.DataFrame)


STUDY_TABLES: tuple[str, ...] = tuple(item.name for item in fields(StudyTables))


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Numbers by row and column, for evidence that is no single comparison.

    ``title`` says what the numbers are; ``rows`` holds the name of each row and one text for each
    column, which may have two lines.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """The grid as one line of text for each row."""
        return tuple(
            f"{name}: "
            + "; ".join(
                f"{column} {text}".replace("\n", ", ")
                for column, text in zip(self.columns, texts, strict=True)
                if text != numbers.MISSING
            )
            for name, texts in self.rows
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One piece of evidence as a reader sees it.

    ``question`` names what is compared, ``measured`` gives its numbers, one line each;
    ``verdict`` is the word of the study's table, empty where there are numbers only, and
    ``shown`` is that word with its symbol. ``figure``, ``table`` and ``rule`` are names of anchors
    on the page of the study.
    """

    study: str
    question: str
    measured: tuple[str, ...]
    verdict: str
    shown: str
    bearing: Bearing
    sure: str
    figure: str
    table: str
    rule: str
    change: bool = False
    """Whether it compares two effects."""
    needed: float = math.nan
    """Seeds that would decide an inconclusive verdict; missing where there is no such number."""
    grid: Grid | None = None
    """The numbers in place of ``measured``, where they are many."""

    @property
    def kind(self) -> str:
        """Class of the verdict in the style sheet; a changed effect is neither good nor bad."""
        if not self.verdict:
            return ""
        return kind(Verdict(self.verdict), Outcome.INTERACTION if self.change else Outcome.ACCURACY)

    @property
    def bearing_kind(self) -> str:
        """Class of the bearing in the style sheet."""
        return f"claim-{self.bearing.name.lower()}"


def finding(evidence: AnyEvidence, study: StudyTables) -> Finding:
    """Return what a study measured of one piece of evidence.

    Where the study, as it was run, does not have those runs, the finding says so: a study file
    may be changed, and a ledger must not keep its report from being written.
    """
    match evidence:
        case VerdictEvidence():
            return _verdict(evidence, study)
        case LayerEvidence():
            return _layers(evidence, study)
        case TwinEvidence():
            return _twins(evidence, study)
        case FailureEvidence():
            return _failures(evidence, study)
        case LevelEvidence():
            return _levels(evidence, study)


def _rows(frame: pd.DataFrame, **wanted: str) -> pd.DataFrame:
    """Return the rows with these texts; none where a column is missing."""
    if frame.empty or not set(wanted) <= set(frame.columns):
        return frame.head(0)
    for column, value in wanted.items():
        frame = frame[frame[column].astype(str) == value]
    return frame


def _absent(
    evidence: AnyEvidence, question: str, *, table: str, why: str = NO_SUCH_RUNS
) -> Finding:
    return Finding(
        study=evidence.study,
        question=question,
        measured=(why,),
        verdict="",
        shown="",
        bearing=Bearing.ABSENT,
        sure="",
        figure="",
        table=table,
        rule="",
    )


def _bearing(word: str, evidence: VerdictEvidence | LevelEvidence) -> Bearing:
    if not evidence.refutes and not evidence.supports:
        return Bearing.NUMBERS
    if word in evidence.refutes:
        return Bearing.REFUTES
    return Bearing.SUPPORTS if word in evidence.supports else Bearing.OPEN


# table, figure and rule of each outcome on the page of its study
_PLACES: Mapping[str, tuple[str, str, str]] = {
    "accuracy": ("accuracy_contrasts", "effects", "rule-accuracy"),
    "interaction": ("accuracy_contrasts", "interaction", "rule-accuracy"),
    "speed": ("speed_contrasts", "time_ratios", "rule-speed"),
    "failure": ("failure_contrasts", "failure_rates", "rule-failure"),
}
_OUTCOMES: Mapping[str, str] = {
    "accuracy": "final accuracy",
    "interaction": "final accuracy",
    "speed": "epochs to the threshold",
    "failure": "share of failed runs",
}


def _verdict(evidence: VerdictEvidence, study: StudyTables) -> Finding:
    outcome = evidence.outcome
    table, figure, rule = _PLACES[outcome]
    found = _rows(
        study.verdicts,
        outcome=outcome,
        normalization=evidence.normalization,
        scheme=evidence.scheme,
    )
    where = normalization_label(evidence.normalization)
    if found.empty:
        return _absent(
            evidence, f"{evidence.scheme}, {_OUTCOMES[outcome]}, {where}", table="verdicts"
        )
    row = records(found)[0]
    reference = str(row["reference"])
    sign = "/" if outcome == "speed" else f"{numbers.MINUS}"
    question = f"{evidence.scheme} {sign} {reference}, {_OUTCOMES[outcome]}, {where}"
    word = Verdict(str(row["verdict"]))
    if outcome == "failure" and _value(row, "failed") == 0 and _value(row, "reference_failed") == 0:
        word = Verdict.NO_FAILURES
    return Finding(
        study=evidence.study,
        question=question,
        measured=_effect(row, outcome),
        verdict=word,
        shown=shown(word, Outcome(outcome)),
        bearing=_bearing(word, evidence),
        sure=_sure(
            row,
            word,
            (evidence.scheme, reference),
            ("failed", "reference_failed"),
            counted="runs" if outcome == "failure" else "seeds",  # failures are counted by run
        ),
        figure=figure,
        table=table,
        rule=rule,
        change=outcome == "interaction",
        needed=_value(row, "seeds_needed"),
    )


def _value(row: Mapping[str, object], name: str) -> float:
    value = row.get(name)
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return math.nan


def _effect(row: Mapping[str, object], outcome: str) -> tuple[str, ...]:
    """Return estimate and interval, and the margin, of a row of verdicts."""
    estimate, lower, upper = (_value(row, name) for name in ("estimate", "lower", "upper"))
    factor, decimals = (100, 1) if outcome == "failure" else (1, 2)
    low, high = _value(row, "margin_lower"), _value(row, "margin_upper")
    if not math.isfinite(estimate):
        return ("not estimable",)
    write = numbers.number if outcome == "speed" else numbers.signed
    unit = {"speed": "times", "failure": "% of runs"}.get(outcome, "points")
    bounds = "no interval"
    if not (math.isnan(lower) or math.isnan(upper)):
        ends = numbers.interval(factor * lower, factor * upper, decimals=decimals)
        bounds = f"{_value(row, 'level'):g} % interval {ends}"
    text = f"{write(factor * estimate, decimals=decimals)} {unit}, {bounds}"
    if not math.isfinite(high):
        return (text,)
    margin = (
        f"{numbers.plain(low)} to {numbers.plain(high)}"
        if outcome == "speed"
        else f"±{numbers.plain(high)}"
    )
    return (text, f"margin {margin}")


def _sure(
    row: Mapping[str, object],
    word: str,
    arms: tuple[str, str],
    failed: tuple[str, str],
    *,
    counted: str = "seeds",
) -> str:
    """Return what a verdict rests on (seeds or runs), what qualifies and what would decide it."""
    seeds, needed = _value(row, "seeds"), _value(row, "seeds_needed")
    lost = [_value(row, name) for name in failed]
    some_failed = any(value > 0 for value in lost)
    parts = [f"{numbers.count(seeds)} {counted}"] if math.isfinite(seeds) else []
    if word == "inconclusive":
        parts.append(
            f"about {numbers.count(needed)} would decide"
            if math.isfinite(needed)
            else "more seeds alone do not decide"
        )
    if some_failed:
        counts = " and ".join(
            f"{numbers.count(count)} of {arm}" for arm, count in zip(arms, lost, strict=True)
        )
        parts.append(f"failed runs: {counts}")
    depends = row.get("depends_on")
    if isinstance(depends, str) and depends:
        parts.append(f"depends on the {depends.replace('_', ' ')}")
    if str(row.get("fragile")) == "True":
        parts.append("fragile: the second analysis disagrees")
    return "; ".join(parts)


def _levels(evidence: LevelEvidence, study: StudyTables) -> Finding:
    found = _rows(study.level_contrasts, **evidence.question)
    where = normalization_label(evidence.normalization)
    factor = evidence.factor.replace("_", " ")
    what = (
        f"effect of {evidence.scheme} against {evidence.reference} on final accuracy"
        if evidence.reference
        else f"final accuracy, biases {evidence.scheme}"
    )
    question = f"{factor}: {evidence.level} {numbers.MINUS} {evidence.against}, {what}, {where}"
    table = "level_contrasts"
    if study.level_contrasts.empty:
        return _absent(evidence, question, table=table, why=NOT_COMPARED)
    if found.empty or _value(records(found)[0], "runs") == 0:
        return _absent(evidence, question, table=table)
    row = records(found)[0]
    word = Verdict(str(row["verdict"]))
    wording = VOCABULARY[word]
    measured: tuple[str, ...] = ("not estimable",)
    if math.isfinite(_value(row, "estimate")):
        bounds = numbers.interval(
            _value(row, "simultaneous_lower"), _value(row, "simultaneous_upper")
        )
        measured = (
            f"{numbers.signed(_value(row, 'estimate'))} points, "
            f"{_value(row, 'interval_level'):g} % interval {bounds}",
            f"margin ±{numbers.plain(_value(row, 'margin'))}",
        )
    return Finding(
        study=evidence.study,
        question=question,
        measured=measured,
        verdict=word,
        shown=wording.shown(
            wording.change if evidence.reference else wording.of[Outcome.ACCURACY].word
        ),
        bearing=_bearing(word, evidence),
        sure=_sure(row, word, (evidence.level, evidence.against), ("failed", "against_failed")),
        figure="level_contrasts",
        table=table,
        rule="rule-levels",
        change=bool(evidence.reference),
        needed=_value(row, "seeds_needed"),
    )


def _layers(evidence: LayerEvidence, study: StudyTables) -> Finding:
    found = _means(
        evidence,
        study.layer_means,
        by="layer",
        places=("layer_means", "mechanism", "rule-layers"),
    )
    if evidence.refutes is None or found.grid is None:
        return found
    rows = _asked(evidence, study.layer_means)
    part = _rows(rows, scheme=evidence.refutes.scheme)
    above = (part["lower"].astype(float) > evidence.refutes.above).any()
    return replace(found, bearing=Bearing.REFUTES if above else Bearing.OPEN)


def _twins(evidence: TwinEvidence, study: StudyTables) -> Finding:
    return _means(
        evidence,
        study.twin_means,
        by="architecture",
        places=("twin_means", "twins", "rule-twins"),
    )


def _asked(evidence: LayerEvidence | TwinEvidence, table: pd.DataFrame) -> pd.DataFrame:
    at = _rows(
        table,
        normalization=evidence.normalization,
        when=evidence.when,
        quantity=evidence.quantity,
    )
    return at if at.empty else at[at["scheme"].astype(str).isin(evidence.schemes)]


def _means(
    evidence: LayerEvidence | TwinEvidence,
    table: pd.DataFrame,
    *,
    by: str,
    places: tuple[str, str, str],
) -> Finding:
    """Return means of a quantity by scheme and by the values of the column ``by``."""
    where = normalization_label(evidence.normalization)
    what = evidence.quantity.replace("_", " ")
    question = f"{what} by {by}, {where}, at the {evidence.when}"
    name, figure, rule = places
    rows = _asked(evidence, table)
    if rows.empty:
        return _absent(evidence, question, table=name)
    columns = tuple(dict.fromkeys(map(str, rows[by])))
    parts = {scheme: _rows(rows, scheme=scheme) for scheme in evidence.schemes}
    grid = Grid(
        title="mean (95 % interval)",
        columns=columns,
        rows=tuple(
            (scheme, tuple(_mean_words(_rows(part, **{by: value})) for value in columns))
            for scheme, part in parts.items()
            if len(part)
        ),
    )
    return Finding(
        study=evidence.study,
        question=question,
        measured=(),
        grid=grid,
        verdict="",
        shown="",
        bearing=Bearing.NUMBERS,
        sure=_runs_in_words(rows),
        figure=figure,
        table=name,
        rule=rule,
    )


def _runs_in_words(rows: pd.DataFrame) -> str:
    if "runs" not in rows:
        return ""
    fewest, most = int(rows["runs"].min()), int(rows["runs"].max())
    count = str(most) if fewest == most else f"{fewest} to {most}"
    return f"{count} runs in each mean"


def _mean_words(rows: pd.DataFrame) -> str:
    if rows.empty:
        return numbers.MISSING
    row = records(rows)[0]
    values = (_value(row, name) for name in ("estimate", "lower", "upper"))
    estimate, lower, upper = (numbers.number(value, decimals=3) for value in values)
    return f"{estimate}\n{lower} to {upper}"


def _failures(evidence: FailureEvidence, study: StudyTables) -> Finding:
    where = normalization_label(evidence.normalization)
    factor = evidence.factor.replace("_", " ")
    question = f"failed runs by {factor}, {where}"
    rows = _rows(study.runs, normalization=evidence.normalization)
    if evidence.factor not in rows or rows.empty:
        return _absent(evidence, question, table="failure_rates")
    names = rows["scheme"].astype(str)
    schemes = tuple(scheme for scheme in evidence.schemes if (names == scheme).any())
    rows = rows[names.isin(schemes)]
    if not schemes:
        return _absent(evidence, question, table="failure_rates")
    grid = Grid(
        title="failed runs, exact 95 % interval, mean accuracy of all",
        columns=schemes,
        rows=tuple(
            (str(level), tuple(_failure_words(_rows(part, scheme=name)) for name in schemes))
            for level, part in sorted(
                rows.groupby(evidence.factor), key=lambda group: natural_order(str(group[0]))
            )
        ),
    )
    return Finding(
        study=evidence.study,
        question=question,
        measured=(),
        grid=grid,
        verdict="",
        shown="",
        bearing=Bearing.NUMBERS,
        sure=f"{rows['seed'].nunique()} seeds",
        figure="failure_rates",
        table="failure_rates",
        rule="rule-failure",
    )


def _failure_words(runs: pd.DataFrame) -> str:
    if runs.empty:
        return numbers.MISSING
    failed, total = int(runs["failed"].sum()), len(runs)
    lower, upper = clopper_pearson(failed, total)
    bounds = f"{numbers.number(100 * lower, decimals=0)} to {numbers.percent(upper)}"
    mean = numbers.number(float(runs["final_accuracy"].mean()), decimals=1)
    return f"{failed} of {total} ({bounds})\n{mean} %"
