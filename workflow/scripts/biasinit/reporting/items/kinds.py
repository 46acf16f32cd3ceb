"""What an item of the report is made of.

Every part must be given: one that is forgotten is an error at import.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

import pandas as pd
from matplotlib.figure import Figure as Picture

from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.page.columns import PageColumn

Tables = Mapping[str, pd.DataFrame]

OPEN = ""  # in place of the summary under which a table is folded


class Shown(Enum):
    """When an item stands on the page."""

    ALWAYS = "always; without data it says so"
    WITH_ROWS = "where any of its tables has rows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How one kind of verdict is made: its anchor, what decides, and the workflow's rules."""

    anchor: str
    title: str
    text: str
    made_by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What a table of the page lists.

    Attributes:
        note: how to read it.
        columns: what a reader sees of a row; those that the rows lack are left out.
        rows: what it lists, from all tables of the study.
        file: file below the study's folder that holds a table too large for the page.
        folded: summary under which it is folded, or ``OPEN``.

    """

    note: str
    columns: tuple[PageColumn, ...]
    rows: Callable[[Tables, StudyFacts], pd.DataFrame]
    file: str
    folded: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TableBelow(Listing):
    """A table below a figure, with a name and a title of its own."""

    name: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Belongings:
    """What any item may bring along.

    Attributes:
        shown: when it stands on the page.
        sentences: what its section says at the top, from all tables; empty ones are left out.
        rules: how verdicts are made that rest on it, for the methods.

    """

    shown: Shown
    sentences: tuple[Callable[[Tables, StudyFacts], str], ...]
    rules: tuple[Callable[[StudyFacts], Rule], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureItem(Belongings):
    """A figure, its words, and the tables below it.

    Attributes:
        needed: columns without which there is nothing to draw.
        frame: what it shows, from all tables: rows chosen, ordered and joined, never estimated.
        drawable: whether a frame with these columns holds anything to draw.
        draw: draws such a frame; computes nothing.
        alternative: what the drawing shows, in words, for those who do not see it.
        caption: how to read it.
        tables: those that stand below it.

    """

    needed: tuple[str, ...]
    frame: Callable[[Tables, StudyFacts], pd.DataFrame]
    drawable: Callable[[pd.DataFrame], bool]
    draw: Callable[[pd.DataFrame, StudyFacts], Picture]
    alternative: Callable[[pd.DataFrame, StudyFacts], str]
    caption: Callable[[pd.DataFrame, Tables, StudyFacts], str]
    tables: tuple[TableBelow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableItem(Belongings):
    """A table that stands alone; name and title are those of its line in the index."""

    listing: Listing


Item = FigureItem | TableItem
