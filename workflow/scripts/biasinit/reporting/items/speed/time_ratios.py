"""The time to the threshold against the reference, as ratios on a log scale."""

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Picture
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from biasinit import numbers
from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.figures.alternatives import verdicts_by_level
from biasinit.reporting.figures.canvas import short
from biasinit.reporting.figures.captions import ARROWS, DECIDING, LANES
from biasinit.reporting.figures.contrast_rows import verdict_lanes
from biasinit.reporting.figures.forest import lane_panels, symmetric_limits
from biasinit.reporting.items.kinds import FigureItem, Rule, Shown, Tables
from biasinit.reporting.selection import has_values, judged_rows
from biasinit.reporting.verdicts.sentences import threshold_words
from biasinit.verdicts import Outcome

_SCALED = ("estimate", "lower", "upper", "margin_lower", "margin_upper")
_TICKS = (1.05, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0)


def frame(tables: Tables, study: StudyFacts) -> pd.DataFrame:
    """Return the verdicts on speed, in each condition and over all."""
    return judged_rows(tables, study, Outcome.SPEED)


def draw(frame: pd.DataFrame, study: StudyFacts) -> Picture:
    """Return the ratios of the time to the threshold, on a log scale.

    Args:
        frame: rows of the table of verdicts on speed.
        study: the study.

    """
    rows = verdict_lanes(frame, outcome=Outcome.SPEED)
    logs = rows.copy()
    values = rows[list(_SCALED)].astype(float)
    logs[list(_SCALED)] = np.log(values.where(values > 0))
    logs["points"] = [tuple(math.log(value) for value in points) for points in rows["points"]]
    against = f"scheme / {short(study.reference)} (log scale)"
    picture = lane_panels(
        logs,
        study,
        limits=symmetric_limits(logs),
        label=f"epochs to {threshold_words(study)}, {against}",
    )
    for axes in picture.axes:
        _ratio_ticks(axes)
    return picture


def _ratio_ticks(axes: Axes) -> None:
    limit = float(np.exp(axes.get_xlim()[1]))
    inside = [tick for tick in _TICKS if tick <= limit * 1.001]
    chosen = inside[-2:] if len(inside) > 1 else inside
    ticks = [1.0, *chosen, *(1 / tick for tick in chosen)]
    axes.xaxis.set_major_locator(FixedLocator([math.log(tick) for tick in sorted(ticks)]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{math.exp(value):.2f}".rstrip("0").rstrip("."))
    )


def alternative(frame: pd.DataFrame, study: StudyFacts) -> str:
    """Return the ratio of each scheme with its interval and verdict."""
    effects = verdicts_by_level(frame, outcome=Outcome.SPEED)
    return f"Effects against {study.reference}, ratio of times. {effects}"


def caption(_frame: pd.DataFrame, _tables: Tables, study: StudyFacts) -> str:
    """Return how to read the ratios, and what becomes of runs that never got there."""
    low, high = (numbers.plain(value) for value in study.analysis.speed_margin)
    return (
        f"Epochs to {threshold_words(study)} as a ratio to {study.reference}: the geometric mean "
        "over the seeds where both reached it; below 1 is faster. How many never reach it is "
        f"judged apart. {LANES} The band is the margin, {low} to {high}. {DECIDING} {ARROWS}"
    )


def rule(study: StudyFacts) -> Rule:
    """Return how verdicts on speed are made."""
    low, high = (numbers.plain(value) for value in study.analysis.speed_margin)
    return Rule(
        anchor="rule-speed",
        title="Speed",
        text="The same on the logarithm of the ratio of epochs to the threshold, among the seeds "
        f"where both arms reached it, with ratios of {low} to {high} as the margin; its own "
        "family. The risk of not reaching the threshold is judged apart, by an exact paired test.",
        made_by=("analyse_speed", "judge_schemes"),
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
