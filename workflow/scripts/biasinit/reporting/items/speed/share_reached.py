"""The share of runs that have reached the threshold, by epoch."""

import pandas as pd
from matplotlib.figure import Figure as Picture

from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.figures.alternatives import last_points
from biasinit.reporting.figures.lines import draw_lines, panel_grid
from biasinit.reporting.figures.style import scheme_looks
from biasinit.reporting.items.kinds import FigureItem, Shown, Tables
from biasinit.reporting.selection import (
    arranged,
    has_values,
    scheme_order,
    table,
    with_columns,
    without_replicate,
)
from biasinit.reporting.verdicts.sentences import threshold_words


def frame(tables: Tables, study: StudyFacts) -> pd.DataFrame:
    """Return the share of runs past the threshold at each epoch."""
    curves = arranged(table(tables, "curve_means"), schemes=scheme_order(study))
    return with_columns(
        without_replicate(curves, study),
        ("normalization", "cell", "scheme", "epoch", "share_reached", "runs"),
    )


def draw(frame: pd.DataFrame, study: StudyFacts) -> Picture:
    """Return the cumulative share of runs that have reached the threshold, as steps.

    Args:
        frame: ``normalization, cell, scheme, epoch, share_reached``; shares in [0, 1].
        study: the study.

    """
    shares = _in_percent(frame)
    canvas, grid = panel_grid(shares, study, x_label="epoch", y_label="runs past the threshold, %")
    looks = scheme_looks(scheme_order(study))
    for axes, panel in grid:
        draw_lines(axes, panel, looks, column="share_reached", over="epoch", steps=True)
        axes.set_ylim(-3, 103)
    return canvas.picture


def _in_percent(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(share_reached=100 * frame["share_reached"].astype(float))


def alternative(frame: pd.DataFrame, _study: StudyFacts) -> str:
    """Return the lowest and the highest share at the last epoch."""
    what = "Share of runs past the threshold"
    return last_points(_in_percent(frame), "share_reached", what=what)


def caption(_frame: pd.DataFrame, _tables: Tables, study: StudyFacts) -> str:
    """Return what counts as reached."""
    return (
        f"Share of runs that have reached {threshold_words(study)} validation accuracy at two "
        "points in succession, by epoch."
    )


ITEM = FigureItem(
    needed=("normalization", "scheme", "epoch", "share_reached"),
    frame=frame,
    drawable=has_values("share_reached"),
    draw=draw,
    alternative=alternative,
    caption=caption,
    tables=(),
    sentences=(),
    rules=(),
    shown=Shown.ALWAYS,
)
