"""The answer as a figure: effects over all conditions, in each, and at the own best rate."""

import pandas as pd
from matplotlib.figure import Figure as Picture

from biasinit import numbers
from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.figures.alternatives import verdicts_by_level
from biasinit.reporting.figures.canvas import short
from biasinit.reporting.figures.captions import (
    ARROWS,
    DECIDING,
    LANES,
    compared_runs,
    failed_count,
    margin_words,
)
from biasinit.reporting.figures.contrast_rows import verdict_lanes
from biasinit.reporting.figures.forest import lane_panels, symmetric_limits
from biasinit.reporting.items.kinds import FigureItem, Rule, Shown, Tables
from biasinit.reporting.selection import has_values, judged_rows
from biasinit.verdicts import Outcome


def frame(tables: Tables, study: StudyFacts) -> pd.DataFrame:
    """Return the verdicts on accuracy, in each condition and over all."""
    return judged_rows(tables, study, Outcome.ACCURACY)


def draw(frame: pd.DataFrame, study: StudyFacts) -> Picture:
    """Return the forest of effects, one panel per normalisation.

    Args:
        frame: rows of the table of verdicts on accuracy.
        study: the study.

    """
    rows = verdict_lanes(frame, outcome=Outcome.ACCURACY)
    return lane_panels(
        rows,
        study,
        limits=symmetric_limits(rows),
        label=f"{study.metric.of_differences}, scheme − {short(study.reference)}"
        f"{study.metric.hint}",
    )


def alternative(frame: pd.DataFrame, study: StudyFacts) -> str:
    """Return the effect of each scheme with its interval and verdict."""
    effects = verdicts_by_level(frame, outcome=Outcome.ACCURACY)
    return f"Effects against {study.reference}, {study.metric.unit}. {effects}"


def caption(_frame: pd.DataFrame, tables: Tables, study: StudyFacts) -> str:
    """Return how to read the effects."""
    among = " Where a run of either arm failed, only seeds where both trained enter."
    return (
        f"Difference of {study.metric.name} from {study.reference} in {study.metric.unit_in_full}"
        f"{study.metric.hint}, paired by seed ({study.seeds} seeds). {LANES} {DECIDING} The shaded "
        f"band is the equivalence margin of {margin_words(study)} {study.metric.unit}. {ARROWS}"
        + (among if failed_count(compared_runs(tables, study)) else "")
    )


def rule(study: StudyFacts) -> Rule:
    """Return how verdicts on accuracy are made."""
    analysis = study.analysis
    margins = ", ".join(f"{name} ±{numbers.plain(m)}" for name, m in analysis.margins.items())
    return Rule(
        anchor="rule-accuracy",
        title=study.metric.short_title,
        text="Each scheme is judged in each condition. Better or worse where the interval for "
        f"the whole family, from sign flips of seeds at {numbers.plain(analysis.alpha)}, excludes "
        "zero, and by more than the margin where all of it lies beyond the margin "
        f"({margins} {study.metric.unit}); negligible where it excludes zero inside the margin; "
        "equivalent where two one-sided tests, adjusted by Holm, reject both ends of the margin; "
        "inconclusive otherwise. Over several conditions equivalent only where it holds in each; "
        "depends where the conditions differ, or decided ones disagree, or runs fail in some of "
        "them only; else the mean over the conditions is judged.",
        made_by=("analyse_accuracy", "judge_schemes"),
    )


ITEM = FigureItem(
    needed=("outcome", "normalization", "scheme", "reference", "cell", "verdict", "estimate"),
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
