"""What a study measured of one piece of evidence, as a reader sees it."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

import pandas as pd

from biasinit import numbers
from biasinit.reporting.verdicts import clauses
from biasinit.reporting.verdicts.verdict_rows import VerdictRow
from biasinit.study.evidence import AnyEvidence, LevelEvidence, VerdictEvidence
from biasinit.verdicts import Verdict

Tables = Mapping[str, pd.DataFrame]
"""The tables of one study by name; those that it does not have may be left out."""

Evidence = TypeVar("Evidence")

NO_SUCH_RUNS = "The study as it was run has no such runs."


class Bearing(StrEnum):
    """What a finding says of its claim."""

    REFUTES = "refutes it"
    SUPPORTS = "agrees"
    OPEN = "leaves it open"
    NUMBERS = "for information"
    ABSENT = "not in this study"


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
class Place:
    """Where the page of the study shows what is behind a finding: names of anchors."""

    table: str
    figure: str = ""
    rule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One piece of evidence as a reader sees it.

    Attributes:
        study: the study that measured it.
        question: what is compared.
        measured: its numbers, one line each; empty where they are a grid.
        shown: the verdict with its symbol; empty where there are numbers only.
        kind: class of the verdict in the style sheet.
        bearing: what it says of the claim.
        sure: what it rests on, and what qualifies it.
        place: where it stands on the page of the study.
        needed: seeds that would decide an inconclusive verdict; missing where there is no such
            number.
        grid: the numbers, where they are many.

    """

    study: str
    question: str
    measured: tuple[str, ...]
    bearing: Bearing
    place: Place
    shown: str = ""
    kind: str = ""
    sure: str = ""
    needed: float = math.nan
    grid: Grid | None = None

    @property
    def bearing_kind(self) -> str:
        """Class of the bearing in the style sheet."""
        return f"claim-{self.bearing.name.lower()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[Evidence]):
    """How one kind of evidence is found: the tables that it is read from, and the function."""

    reads: tuple[str, ...]
    find: Callable[[Evidence, Tables], Finding]


def absent(evidence: AnyEvidence, question: str, *, table: str, why: str = NO_SUCH_RUNS) -> Finding:
    """Return the finding that the study, as it was run, does not have what is asked.

    A study file may be changed, and a ledger must not keep its report from being written.
    """
    return Finding(
        study=evidence.study,
        question=question,
        measured=(why,),
        bearing=Bearing.ABSENT,
        place=Place(table=table),
    )


def bearing(verdict: Verdict, evidence: VerdictEvidence | LevelEvidence) -> Bearing:
    """Return what a verdict says of the claim, as its file lays it down."""
    if not evidence.refutes and not evidence.supports:
        return Bearing.NUMBERS
    if verdict in evidence.refutes:
        return Bearing.REFUTES
    return Bearing.SUPPORTS if verdict in evidence.supports else Bearing.OPEN


def measured(row: VerdictRow) -> tuple[str, ...]:
    """Return estimate and interval, and the margin where there is one."""
    if not math.isfinite(row.estimate):
        return ("not estimable",)
    lines = (clauses.difference(row),)
    return (*lines, f"margin {clauses.margin(row)}") if math.isfinite(row.margin_upper) else lines


def sure(row: VerdictRow, *, counted: str) -> str:
    """Return what a verdict rests on (seeds or runs), what qualifies and what would decide it."""
    parts = [f"{numbers.count(row.seeds)} {counted}"] if math.isfinite(row.seeds) else []
    if row.verdict is Verdict.INCONCLUSIVE:
        parts.append(
            clauses.would_decide(row.seeds_needed, noun="")
            if math.isfinite(row.seeds_needed)
            else "more seeds alone do not decide"
        )
    failed = clauses.failed_runs(row)
    parts += [failed] if failed else []
    return "; ".join([*parts, *(doubt.clause for doubt in clauses.doubts(row))])
