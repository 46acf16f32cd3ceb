"""A figure that has been drawn: the drawing, its data and its words."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pandas as pd

from biasinit.reporting.catalogue import FIGURES


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnFigure:
    """One figure of the report.

    ``svg`` stands alone; ``data`` is what it shows, for the CSV beside it; ``alt`` says in
    words what the drawing shows, and ``caption`` how to read it. ``absent`` marks a
    placeholder: the study has no such table, or nothing in it could be estimated.
    """

    name: str
    svg: str
    data: pd.DataFrame
    alt: str
    caption: str
    absent: bool = False

    @property
    def title(self) -> str:
        """Title of the figure."""
        return FIGURES[self.name].title

    @property
    def category(self) -> str:
        """Category in Snakemake's own report, such as '1. Answer'."""
        return FIGURES[self.name].category

    @property
    def labels(self) -> MappingProxyType[str, Any]:
        """Labels in Snakemake's own report."""
        return MappingProxyType(FIGURES[self.name].labels)

    @property
    def csv(self) -> str:
        """The data as CSV text."""
        return self.data.to_csv(index=False, lineterminator="\n")
