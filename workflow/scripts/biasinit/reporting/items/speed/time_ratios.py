"""The time to the threshold against the reference, as ratios on a log scale."""

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Picture
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from biasinit import numbers
from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.figures.alternatives import effects_by_level
from biasinit.reporting.figures.canvas import short
from biasinit.reporting.figures.captions import ARROWS, INTERVALS
from biasinit.reporting.figures.contrast_rows import ratio_rows
from biasinit.reporting.figures.forest import forest_panels, symmetric_limits
from biasinit.reporting.items.kinds import FigureItem, Rule, Shown, Tables
from biasinit.reporting.selection import contrasts, has_values, scheme_order
from biasinit.reporting.verdicts.sentences import threshold_words
from biasinit.verdicts import Outcome

_SCALED = (
    *("estimate", "lower", "upper", "outer_lower", "outer_upper"),
    *("margin_lower", "margin_upper"),
)
_TICKS = (1.05, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0)


def frame(tables: Tables, study: StudyFacts) -> pd.DataFrame:
    """Return the contrasts of time over cells, with their verdicts."""
    return contrasts(
        tables, "speed_contrasts", family="speed", outcome="speed", schemes=scheme_order(study)
    )


def draw(frame: pd.DataFrame, study: StudyFacts) -> Picture:
    """Return the ratios of the restricted mean time to the threshold, on a log scale.

    Args:
        frame: ``normalization, scheme, ratio, ratio_lower, ratio_upper,
            ratio_simultaneous_lower, ratio_simultaneous_upper, margin_lower, margin_upper``.
        study: the study.

    """
    rows = ratio_rows(frame)
    logs = rows.copy()
    columns = [column for column in _SCALED if column in logs]
    logs[columns] = np.log(logs[columns].to_numpy(dtype=float))
    against = f"scheme / {short(study.reference)} (log scale)"
    picture = forest_panels(
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
    effects = effects_by_level(frame, outcome=Outcome.SPEED)
    return f"Effects against {study.reference}, ratio of times. {effects}"


def caption(_frame: pd.DataFrame, _tables: Tables, study: StudyFacts) -> str:
    """Return how to read the ratios, and how runs count that never got there."""
    low, high = (numbers.plain(value) for value in study.analysis.speed_margin)
    epochs = "its" if study.epochs is None else numbers.plain(study.epochs)
    return (
        f"Restricted mean number of epochs to {threshold_words(study)}, as a ratio to "
        f"{study.reference}; below 1 is faster. A run that never got there counts with all "
        f"{epochs} epochs. The band is the margin, {low} to {high}. {INTERVALS} {ARROWS}"
    )


def rule(study: StudyFacts) -> Rule:
    """Return how verdicts on speed are made."""
    low, high = (numbers.plain(value) for value in study.analysis.speed_margin)
    return Rule(
        anchor="rule-speed",
        title="Speed",
        text="The same on the ratio of restricted mean epochs to the threshold, with ratios "
        f"of {low} to {high} as the margin; its own family.",
        made_by=("analyse_speed", "judge_schemes"),
    )


ITEM = FigureItem(
    needed=("normalization", "scheme", "ratio", "ratio_lower", "ratio_upper"),
    frame=frame,
    drawable=has_values("ratio"),
    draw=draw,
    alternative=alternative,
    caption=caption,
    tables=(),
    sentences=(),
    rules=(rule,),
    shown=Shown.ALWAYS,
)
