"""A figure of the page: the picture, its data and its words."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd
from markupsafe import Markup
from matplotlib.figure import Figure as Picture

from biasinit import numbers
from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.figures.canvas import empty_picture
from biasinit.reporting.figures.style import style_context
from biasinit.reporting.figures.svg import themed, to_svg
from biasinit.reporting.index import FIGURES, Entry
from biasinit.reporting.items.kinds import FigureItem, Tables
from biasinit.reporting.items.loading import figure_item
from biasinit.reporting.page.table import csv_href
from biasinit.reporting.selection import usable


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure of the page.

    Attributes:
        entry: its line in the index.
        svg: the picture, which stands alone.
        frame: what it shows, for the CSV beside it.
        alternative: what the picture shows, in words.
        caption: how to read it.
        absent: the study has no such table, or nothing in it could be estimated; picture and words
            say so.

    """

    entry: Entry
    svg: str
    frame: pd.DataFrame
    alternative: str
    caption: str
    absent: bool

    @property
    def inline(self) -> Markup:
        """The picture as the page holds it, which decides on its colours and its width."""
        return Markup(themed(self.svg))  # matplotlib and to_svg escape all text

    @property
    def csv_href(self) -> str:
        """Address of the data."""
        return csv_href(self.csv, fallback=f"figures/{self.entry.name}.csv")

    @property
    def csv(self) -> str:
        """The data as CSV text."""
        return self.frame.to_csv(index=False, lineterminator="\n")


def figures_of(tables: Tables, study: StudyFacts) -> Mapping[str, Figure]:
    """Return every figure of the index by name; one without data says so.

    Args:
        tables: the tables of docs/tables.md by name, such as ``verdicts`` and ``runs``; absent
            ones may be left out.
        study: the study that made them.

    """
    return {name: figure_of(entry, tables, study) for name, entry in FIGURES.items()}


def figure_of(entry: Entry, tables: Tables, study: StudyFacts) -> Figure:
    """Return one figure of the index."""
    entry = replace(entry, title=study.metric.said(entry.title))
    item = figure_item(entry)
    frame = frame_of(item, tables, study)
    if not item.drawable(frame):
        return _absent(entry, frame)
    alternative = item.alternative(frame, study)
    return Figure(
        entry=entry,
        svg=to_svg(picture_of(item, frame, study), name=entry.name, alt=alternative),
        frame=frame,
        alternative=alternative,
        caption=item.caption(frame, tables, study),
        absent=False,
    )


def frame_of(item: FigureItem, tables: Tables, study: StudyFacts) -> pd.DataFrame:
    """Return what a figure shows, empty where a table or a column that it needs is absent."""
    return usable(item.frame(tables, study), needed=item.needed)


def picture_of(item: FigureItem, frame: pd.DataFrame, study: StudyFacts) -> Picture:
    """Return the picture of a frame that can be drawn, in the style of the report."""
    with style_context():
        return item.draw(frame, study)


def _absent(entry: Entry, frame: pd.DataFrame) -> Figure:
    reason = numbers.ABSENT if frame.empty else "nothing could be estimated"
    sentence = f"{entry.title}: {reason} ({', '.join(entry.tables)})."
    with style_context():
        picture = empty_picture(sentence)
    return Figure(
        entry=entry,
        svg=to_svg(picture, name=entry.name, alt=sentence),
        frame=frame,
        alternative=sentence,
        caption=sentence,
        absent=True,
    )
