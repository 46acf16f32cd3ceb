"""The smallest margin at which each contrast would count as equivalent."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.figure import Figure as Picture

from biasinit import numbers
from biasinit.numbers import as_float
from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.figures.alternatives import extremes_by_level
from biasinit.reporting.figures.captions import margin_words
from biasinit.reporting.figures.contrast_rows import column_values
from biasinit.reporting.figures.forest import forest_panels, symmetric_limits
from biasinit.reporting.items.kinds import FigureItem, Shown, Tables
from biasinit.reporting.selection import has_values, judged_rows, over_cells, records
from biasinit.reporting.verdicts.clauses import would_decide
from biasinit.verdicts import Outcome


def frame(tables: Tables, study: StudyFacts) -> pd.DataFrame:
    """Return the verdicts on accuracy over all conditions."""
    return over_cells(judged_rows(tables, study, Outcome.ACCURACY))


def draw(frame: pd.DataFrame, study: StudyFacts) -> Picture:
    """Return the smallest margin at which each contrast would count as equivalent.

    Args:
        frame: ``normalization, scheme, smallest_margin, margin_upper, verdict, seeds_needed``,
            in points.
        study: the study.

    """
    values = pd.to_numeric(frame["smallest_margin"], errors="coerce")
    rows = pd.DataFrame(
        {
            "normalization": frame["normalization"].astype(str),
            "scheme": frame["scheme"].astype(str),
            "label": frame["scheme"].astype(str),
            "estimate": values,
            "lower": 0.0 * values,
            "upper": values,
            "margin_lower": 0.0,
            "margin_upper": column_values(frame, "margin_upper"),
            "text": [_text(row, study) for row in records(frame)],
        }
    )
    return forest_panels(
        rows,
        study,
        limits=(0.0, symmetric_limits(rows)[1]),
        label=f"smallest equivalence margin, {study.metric.unit}",
    )


def _text(row: Mapping[str, Any], study: StudyFacts) -> str:
    margin = as_float(row.get("smallest_margin"))
    text = f"±{numbers.number(margin, decimals=study.places)} {study.metric.unit}"
    needed = as_float(row.get("seeds_needed"))
    verdict = str(row.get("verdict", ""))
    detail = would_decide(needed, about="") if math.isfinite(needed) else verdict
    return f"{text}\n{detail}" if detail else text


def alternative(frame: pd.DataFrame, study: StudyFacts) -> str:
    """Return the smallest and the largest of these margins at each normalisation."""
    margins = extremes_by_level(
        frame, "smallest_margin", unit=study.metric.unit, places=study.places
    )
    return f"Smallest margin that would count as equivalent. {margins}"


def caption(_frame: pd.DataFrame, _tables: Tables, study: StudyFacts) -> str:
    """Return how to read the bars."""
    return (
        "The smallest equivalence margin that the data would support. Bars that stay inside "
        f"the shaded margin ({margin_words(study)} {study.metric.unit}) are equivalent; others "
        "need more seeds or differ."
    )


ITEM = FigureItem(
    needed=("normalization", "scheme", "smallest_margin"),
    frame=frame,
    drawable=has_values("smallest_margin"),
    draw=draw,
    alternative=alternative,
    caption=caption,
    tables=(),
    sentences=(),
    rules=(),
    shown=Shown.ALWAYS,
)
