"""The items of the report as the page places them, section by section."""

from collections.abc import Mapping
from dataclasses import dataclass

from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.figure import Figure
from biasinit.reporting.index import SECTIONS, Entry, Section, entries_of
from biasinit.reporting.items.kinds import (
    FigureItem,
    Item,
    Listing,
    Rule,
    Shown,
    TableItem,
    Tables,
)
from biasinit.reporting.items.loading import item_of
from biasinit.reporting.page.columns import Measure
from biasinit.reporting.page.table import PageTable, page_table


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedItem:
    """An item as the template places it: its figure, where it has one, then its tables."""

    figures: tuple[Figure, ...]
    tables: tuple[PageTable, ...]
    sentences: tuple[str, ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedSection:
    """A section as the template places it: what its items say, then the items."""

    name: str
    title: str
    link: str
    items: tuple[PlacedItem, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """What its items say at its top."""
        return tuple(sentence for item in self.items for sentence in item.sentences)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """How verdicts are made that rest on its items."""
        return tuple(rule for item in self.items for rule in item.rules)

    @property
    def tables(self) -> tuple[PageTable, ...]:
        """All its tables."""
        return tuple(table for item in self.items for table in item.tables)


def placed_sections(
    figures: Mapping[str, Figure], tables: Tables, study: StudyFacts
) -> Mapping[str, PlacedSection]:
    """Return every section by name, with those of its items that stand on the page.

    Args:
        figures: what ``figures_of`` returned.
        tables: all tables of the study.
        study: the study.

    """
    return {section.name: _placed(section, figures, tables, study) for section in SECTIONS}


def _placed(
    section: Section, figures: Mapping[str, Figure], tables: Tables, study: StudyFacts
) -> PlacedSection:
    items = []
    for entry in entries_of(section):
        item = item_of(entry)
        shown = _tables(entry, item, tables, study)
        if item.shown is Shown.ALWAYS or any(table.rows for table in shown):
            said = [sentence(tables, study) for sentence in item.sentences]
            items.append(
                PlacedItem(
                    figures=(figures[entry.name],) if isinstance(item, FigureItem) else (),
                    tables=shown,
                    sentences=tuple(text for text in said if text),
                    rules=tuple(rule(study) for rule in item.rules),
                )
            )
    return PlacedSection(
        name=section.name,
        title=study.metric.said(section.title),
        link=study.metric.said(section.link),
        items=tuple(items),
    )


def _tables(entry: Entry, item: Item, tables: Tables, study: StudyFacts) -> tuple[PageTable, ...]:
    if isinstance(item, TableItem):
        return (_table(item.listing, entry.name, entry.title, tables, study),)
    return tuple(_table(below, below.name, below.title, tables, study) for below in item.tables)


def _table(listing: Listing, name: str, title: str, tables: Tables, study: StudyFacts) -> PageTable:
    return page_table(
        listing.rows(tables, study),
        name=name,
        title=title,
        note=listing.note,
        columns=listing.columns,
        file=listing.file,
        folded=listing.folded,
        measure=Measure(metric=study.metric, places=study.places),
    )
