"""The answer as a figure: the effect of each scheme on accuracy, with margins and verdicts."""

import pandas as pd
from matplotlib.figure import Figure as Picture

from biasinit import numbers
from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.figures.alternatives import effects_by_level
from biasinit.reporting.figures.canvas import short
from biasinit.reporting.figures.captions import (
    ARROWS,
    INTERVALS,
    compared_runs,
    count_of,
    failed_count,
    margin_words,
)
from biasinit.reporting.figures.contrast_rows import points_rows
from biasinit.reporting.figures.forest import forest_panels, symmetric_limits
from biasinit.reporting.items.kinds import FigureItem, Rule, Shown, Tables
from biasinit.reporting.selection import contrasts, has_values, scheme_order


def frame(tables: Tables, study: StudyFacts) -> pd.DataFrame:
    """Return the contrasts of accuracy over cells, with their verdicts."""
    return contrasts(
        tables,
        "accuracy_contrasts",
        family="accuracy",
        outcome="accuracy",
        schemes=scheme_order(study),
    )


def draw(frame: pd.DataFrame, study: StudyFacts) -> Picture:
    """Return the forest of effects, one panel per normalisation.

    Args:
        frame: ``normalization, scheme, estimate, lower, upper, simultaneous_lower,
            simultaneous_upper, margin`` and, where judged, ``verdict``; in points.
        study: the study.

    """
    rows = points_rows(frame)
    return forest_panels(
        rows,
        study,
        limits=symmetric_limits(rows),
        label=f"points of test accuracy, scheme − {short(study.reference)}",
    )


def alternative(frame: pd.DataFrame, study: StudyFacts) -> str:
    """Return the effect of each scheme with its interval and verdict."""
    return f"Effects against {study.reference}, points. {effects_by_level(frame)}"


def caption(_frame: pd.DataFrame, tables: Tables, study: StudyFacts) -> str:
    """Return how to read the effects."""
    among = " Where a run of either arm failed, only seeds where both trained enter."
    return (
        f"Difference of test accuracy from {study.reference} in percentage points, mean over "
        f"{count_of(study.cells, 'cell')} and {study.seeds} seeds, paired by seed. "
        f"{INTERVALS} The shaded band is the equivalence margin of {margin_words(study)} points. "
        f"{ARROWS}" + (among if failed_count(compared_runs(tables, study)) else "")
    )


def rule(study: StudyFacts) -> Rule:
    """Return how verdicts on accuracy are made."""
    analysis = study.analysis
    margins = ", ".join(f"{name} ±{numbers.plain(m)}" for name, m in analysis.margins.items())
    return Rule(
        anchor="rule-accuracy",
        title="Accuracy",
        text="Better or worse where the interval for the whole family, from sign flips of "
        f"seeds at {numbers.plain(analysis.alpha)}, excludes zero; negligible where it also lies "
        f"inside the margin ({margins} points); equivalent where two one-sided tests, adjusted by "
        "Holm, reject both ends of the margin; inconclusive otherwise.",
        made_by=("analyse_accuracy", "judge_schemes"),
    )


ITEM = FigureItem(
    needed=("normalization", "scheme", "estimate", "lower", "upper"),
    frame=frame,
    drawable=has_values("estimate"),
    draw=draw,
    alternative=alternative,
    caption=caption,
    tables=(),
    sentences=(),
    rules=(rule,),
    shown=Shown.ALWAYS,
)
