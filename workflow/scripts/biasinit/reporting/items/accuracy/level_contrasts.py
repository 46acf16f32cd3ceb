"""Levels of a factor against each other, as claims ask for them."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.figure import Figure as Picture

from biasinit import numbers
from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.figures.alternatives import by_level, effect
from biasinit.reporting.figures.captions import ARROWS, INTERVALS
from biasinit.reporting.figures.contrast_rows import points_rows
from biasinit.reporting.figures.forest import forest_panels, symmetric_limits
from biasinit.reporting.items.kinds import OPEN, FigureItem, Rule, Shown, TableBelow, Tables
from biasinit.reporting.page.columns import (
    DECISIONS,
    OF_METRIC,
    SCHEME,
    WHERE,
    count,
    interval,
    signed,
    words,
)
from biasinit.reporting.selection import has_values, over_cells, records, rows_of

LONGEST_LABEL = 44  # characters


def frame(tables: Tables, study: StudyFacts) -> pd.DataFrame:
    """Return the comparisons over all conditions, with the interval that decided each."""
    rows = over_cells(rows_of("level_contrasts")(tables, study))
    named = {"printed_lower": "judged_lower", "printed_upper": "judged_upper"}
    return rows.rename(columns=named)


def draw(frame: pd.DataFrame, study: StudyFacts) -> Picture:
    """Return the differences between levels of a factor, one row for each comparison.

    Args:
        frame: ``normalization, scheme, level, against, estimate, judged_lower, judged_upper,
            margin``; ``reference`` where two effects are compared; in points.
        study: the study.

    """
    rows = points_rows(frame, metric=study.metric).assign(
        label=[_label(row) for row in records(frame)]
    )
    return forest_panels(
        rows,
        study,
        limits=symmetric_limits(rows),
        label=f"{study.metric.of_differences}{study.metric.hint}",
        longest=LONGEST_LABEL,
    )


def _label(row: Mapping[str, Any]) -> str:
    reference = row.get("reference")
    against = f" vs {reference}" if isinstance(reference, str) and reference else ""
    return f"{row['scheme']}{against}: {row['level']} {numbers.MINUS} {row['against']}"


def alternative(frame: pd.DataFrame, study: StudyFacts) -> str:
    """Return every difference between levels with its interval and verdict."""
    parts = []
    for level, rows in by_level(frame):
        named = [effect({**row, "scheme": _comparison(row)}) for row in records(rows)]
        parts.append(f"{level}: {'; '.join(named)}.")
    return f"Differences between levels, {study.metric.unit}. {' '.join(parts)}"


def _comparison(row: Mapping[str, Any]) -> str:
    reference = row.get("reference")
    against = f" against {reference}" if isinstance(reference, str) and reference else ""
    return f"{row['scheme']}{against}, {row['level']} against {row['against']}"


def caption(_frame: pd.DataFrame, _tables: Tables, study: StudyFacts) -> str:
    """Return how to read the differences."""
    return (
        f"{study.metric.title} at one level of a factor minus another, under one scheme and paired "
        "by seed; where a scheme is set against another, the difference of its effect between the "
        f"levels. {INTERVALS} The shaded band is the equivalence margin. {ARROWS} Where a run "
        "failed, only seeds where both trained enter."
    )


def rule(study: StudyFacts) -> Rule:
    """Return how verdicts between levels are made."""
    return Rule(
        anchor="rule-levels",
        title="Levels of a factor",
        text="All comparisons between levels that the ledger asks of this study are one "
        f"family: one set of sign flips of whole seeds at {numbers.plain(study.analysis.alpha)} "
        "gives intervals that hold for all of them at once, and Holm adjusts their tests of "
        f"equivalence. They are named in {study.claims_file}, not in the registered plan, so they "
        "are exploratory; no second analysis checks them.",
        made_by=("compare_levels",),
    )


ITEM = FigureItem(
    needed=("normalization", "scheme", "estimate", "lower", "upper", "factor", "level", "against"),
    frame=frame,
    drawable=has_values("estimate"),
    draw=draw,
    alternative=alternative,
    caption=caption,
    tables=(
        TableBelow(
            name="level_contrasts",
            title="Levels of a factor against each other",
            note="Within seeds, under one scheme; all comparisons that the ledger of claims asks "
            "of this study are one family.",
            columns=(
                WHERE,
                SCHEME,
                words("effect against", "reference"),
                words("factor", "factor"),
                words("level", "level"),
                words("against", "against"),
                words("condition", "cell"),
                words("rests on", "basis"),
                count("seeds", "seeds"),
                signed("difference, {unit}", "estimate", OF_METRIC),
                interval("95 % interval", "lower", "upper", OF_METRIC),
                interval("interval, family", "simultaneous_lower", "simultaneous_upper", OF_METRIC),
                interval("interval that decides", "printed_lower", "printed_upper", OF_METRIC),
                *DECISIONS,
                words("verdict", "verdict"),
                count("seeds needed", "seeds_needed"),
            ),
            rows=rows_of("level_contrasts"),
            file="analysis/level_contrasts.parquet",
            folded=OPEN,
        ),
    ),
    sentences=(),
    rules=(rule,),
    shown=Shown.WITH_ROWS,
)
