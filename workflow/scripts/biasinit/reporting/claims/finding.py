"""What a study measured of one piece of evidence, as a reader sees it."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

import pandas as pd

from biasinit import numbers
from biasinit.study.evidence import AnyEvidence

Tables = Mapping[str, pd.DataFrame]
"""The tables of one study by name; those that it does not have may be left out."""

Evidence = TypeVar("Evidence")

NO_SUCH_RUNS = "The study as it was run has no such runs."
FALSE_DISCOVERIES = 0.05  # share of the comparisons that bear on a claim which may do so by chance


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
        p: of what the verdict says of the claim, of the comparison alone; 1 where it leaves the
            claim open, missing where nothing was tested.
        p_over_all: the same, adjusted for all comparisons of the ledger; missing in the ledger of
            one study, which has not all of them.

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
    p: float = math.nan
    p_over_all: float = math.nan

    @property
    def over_all(self) -> str:
        """The adjusted p-value of a comparison that refutes or supports; empty where it does not.

        It says so where the comparison does not hold among so many.
        """
        bears = self.bearing in (Bearing.REFUTES, Bearing.SUPPORTS)
        if not bears or math.isnan(self.p_over_all):
            return ""
        p = numbers.p_value(self.p_over_all)
        return f"{p}: not sure among so many" if self.p_over_all > FALSE_DISCOVERIES else p

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
