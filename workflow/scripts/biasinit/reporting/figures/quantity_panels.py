"""Panels of several quantities at the start and at the end of training, place by place."""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Picture

from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.figures.canvas import WIDTH, new_canvas
from biasinit.reporting.figures.lines import (
    LEGEND_ROW,
    draw_legend,
    draw_lines,
    draw_points,
    legend_rows,
)
from biasinit.reporting.figures.style import SchemeLook, scheme_looks
from biasinit.reporting.labels import normalization_label
from biasinit.reporting.selection import any_finite, normalizations, scheme_order

THEORY = "theory"  # marks predicted points
MOMENTS = ("start", "end")
PANEL = 1.15  # inches
FEW_PLACES = 5  # whose names have room side by side
SHORT_NAME = 9  # characters
NAMED_PLACES = 8  # of a deep network, so that names do not touch
CHARACTER = 0.065  # inches
# times the median size: a mean of runs that exploded lies far beyond and would flatten all others;
# gradients at the start are up to a hundred times the median, and are to be seen
BULK = 1000.0
MARK = 4.0  # points
SMALL = 0.55  # marks of a deep network, as a share of their usual size


def quantity_values(quantities: Mapping[str, str]) -> Callable[[pd.DataFrame], bool]:
    """Return a function that says whether a frame has anything of these quantities to show."""

    def drawable(frame: pd.DataFrame) -> bool:
        if not any_finite(frame, "estimate"):
            return False
        return bool((frame["quantity"].isin(quantities) & frame["when"].isin(MOMENTS)).any())

    return drawable


def quantity_panels(
    frame: pd.DataFrame,
    study: StudyFacts,
    *,
    quantities: Mapping[str, str],
    along: str,
    joined: bool,
) -> Picture:
    """Return a row of panels for each quantity: by normalisation, at the start and at the end.

    Args:
        frame: ``normalization, scheme, when, quantity, estimate, lower, upper``, the column
            ``along`` and, where theory says something, ``predicted``.
        study: the study.
        quantities: label of each quantity that is shown, in order.
        along: column of the places on the horizontal axis, in their order.
        joined: whether the places follow each other, so that a line joins them.

    """
    looks = scheme_looks(scheme_order(study))
    names = [name for name in looks if name in set(frame["scheme"])]
    levels = normalizations(frame)
    columns = [
        (level, when) for level in levels for when in MOMENTS if (frame["when"] == when).any()
    ]
    rows = [quantity for quantity in quantities if (frame["quantity"] == quantity).any()]
    places = [str(place) for place in frame[along].drop_duplicates()]
    top = 0.15 + LEGEND_ROW * legend_rows(names)
    longest = max(map(len, places))
    bottom = max(0.75, 0.2 + CHARACTER * longest) if _upright(places) else 0.4
    canvas = new_canvas(top + bottom + (PANEL + 0.15) * len(rows))
    width = (WIDTH - 1.1) / len(columns) - 0.12
    for line, quantity in enumerate(rows):
        here = frame[frame["quantity"] == quantity]
        limits = _limits(here)
        for column, (level, when) in enumerate(columns):
            axes = canvas.axes(
                left=1.0 + column * (width + 0.12),
                bottom=bottom + (len(rows) - 1 - line) * (PANEL + 0.15),
                width=width,
                height=PANEL,
            )
            panel = here[(here["normalization"] == level) & (here["when"] == when)]
            axes.set_ylim(*limits)
            _draw(axes, _points(panel, along, names, places), places, looks, joined)
            axes.tick_params(axis="y", labelleft=column == 0)
            axes.tick_params(axis="x", labelbottom=line == len(rows) - 1)
            if column == 0:
                axes.set_ylabel(quantities[quantity], fontsize=8)
            if line == 0:
                short_level = normalization_label(level).replace("normalisation", "norm.")
                axes.set_title(f"{short_level}: {when}", fontsize=8)
    draw_legend(canvas, names, looks)
    return canvas.picture


def _limits(frame: pd.DataFrame) -> tuple[float, float]:
    columns = [column for column in ("estimate", "lower", "upper", "predicted") if column in frame]
    values = frame[columns].to_numpy(dtype=float)
    values = values[np.isfinite(values)]
    sizes = np.abs(values[values != 0])
    if sizes.size:
        values = values[np.abs(values) <= BULK * np.median(sizes)]
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
    room = 0.08 * (high - low) or 0.05
    return (min(low, 0.0) - room, high + room)


def _upright(places: Sequence[str]) -> bool:
    """Return whether names stand upright, since they have no room side by side."""
    return len(places) > FEW_PLACES or max(map(len, places)) > SHORT_NAME


def _draw(
    axes: Axes,
    points: pd.DataFrame,
    places: Sequence[str],
    looks: Mapping[str, SchemeLook],
    joined: bool,
) -> None:
    colours = np.array([looks[name].colour for name in points["scheme"]])
    step = math.ceil(len(places) / NAMED_PLACES)
    scale = SMALL if step > 1 else 1.0
    if {"lower", "upper"} <= set(points):
        _draw_intervals(axes, points, looks)
    if joined:
        draw_lines(
            axes,
            points,
            looks,
            column="estimate",
            over="x",
            marks=len(places),
            size=MARK * scale,
        )
    else:
        draw_points(axes, points, looks, column="estimate", over="x", size=MARK * scale)
    low, high = axes.get_ylim()
    above = points["estimate"] > high
    if above.any():
        edge = np.full(above.sum(), high - 0.06 * (high - low))
        axes.scatter(points["x"][above], edge, s=20, c=colours[above], marker="^", gid="arrow")
    if "predicted" in points:
        axes.scatter(
            points["x"],
            points["predicted"],
            s=(6.5 * scale) ** 2,
            c=colours,
            marker="x",
            linewidths=1.0,
            gid=THEORY,
        )
    axes.set_xlim(-0.5, len(places) - 0.5)
    axes.set_xticks(
        range(0, len(places), step), places[::step], rotation=90 if _upright(places) else 0
    )
    axes.grid(axis="y")


def _draw_intervals(axes: Axes, points: pd.DataFrame, looks: Mapping[str, SchemeLook]) -> None:
    """Draw the intervals of each scheme as one broken line, of few bytes in a page."""
    for name, rows in points.groupby("scheme", sort=False):
        bounds = rows[["lower", "upper"]].assign(gap=np.nan).to_numpy(dtype=float)
        axes.plot(
            np.repeat(rows["x"].to_numpy(dtype=float), bounds.shape[1]),
            bounds.ravel(),
            color=looks[str(name)].colour,
            linewidth=1.2,
            solid_capstyle="butt",
            gid="interval",
        )


def _points(
    panel: pd.DataFrame, along: str, names: Sequence[str], places: Sequence[str]
) -> pd.DataFrame:
    """Return a row for each scheme in each place, also where nothing is known, side by side."""
    keys = pd.MultiIndex.from_product([names, places], names=["scheme", along])
    known = panel.drop_duplicates(["scheme", along]).set_index(["scheme", along])
    points = known.reindex(keys).reset_index()
    number = pd.Series(np.repeat(np.arange(len(names)), len(places)))
    place = np.tile(np.arange(len(places)), len(names))
    return points.assign(x=place + 0.3 * ((number + 0.5) / len(names) - 0.5))
