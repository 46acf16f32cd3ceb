"""Panels of several quantities at the start and at the end of training, place by place."""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Picture

from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.figures.canvas import WIDTH, new_canvas
from biasinit.reporting.figures.lines import LEGEND_ROW, draw_legend, legend_rows
from biasinit.reporting.figures.style import SchemeLook, scheme_looks
from biasinit.reporting.labels import normalization_label
from biasinit.reporting.selection import any_finite, normalizations, scheme_order

THEORY = "theory"  # ends the label of predicted points
MOMENTS = ("start", "end")
PANEL = 1.15  # inches
FEW_PLACES = 5  # whose names have room side by side
SHORT_NAME = 9  # characters
NAMED_PLACES = 8  # of a deep network, so that names do not touch
CHARACTER = 0.065  # inches
# times the median size: a mean of runs that exploded lies far beyond and would flatten all others;
# gradients at the start are up to a hundred times the median, and are to be seen
BULK = 1000.0
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
            _draw(axes, panel.assign(place=panel[along]), places, names, looks, joined)
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
    frame: pd.DataFrame,
    places: Sequence[str],
    names: Sequence[str],
    looks: Mapping[str, SchemeLook],
    joined: bool,
) -> None:
    low, high = axes.get_ylim()
    step = math.ceil(len(places) / NAMED_PLACES)
    scale = SMALL if step > 1 else 1.0
    for number, name in enumerate(names):
        rows = frame[frame["scheme"] == name].drop_duplicates("place").set_index("place")
        rows = rows.reindex(list(places))
        nudge = 0.3 * ((number + 0.5) / len(names) - 0.5)
        x = np.arange(len(places)) + nudge
        estimates = rows["estimate"].to_numpy(dtype=float)
        look = looks[name]
        if {"lower", "upper"} <= set(rows):
            axes.vlines(
                x,
                rows["lower"].astype(float),
                rows["upper"].astype(float),
                color=look.colour,
                linewidth=1.2,
            )
        axes.plot(
            x,
            estimates,
            color=look.colour,
            linestyle=look.dash if joined else "none",
            marker=look.marker,
            markersize=3.8 * scale,
            linewidth=1.0,
            label=name,
        )
        above = estimates > high
        if above.any():
            axes.plot(
                x[above],
                np.full(above.sum(), high - 0.06 * (high - low)),
                color=look.colour,
                linestyle="none",
                marker="^",
                markersize=4.5,
                gid="arrow",
            )
        if "predicted" in rows:
            axes.plot(
                x,
                rows["predicted"].to_numpy(dtype=float),
                color=look.colour,
                linestyle="none",
                marker="x",
                markersize=6.5 * scale,
                markeredgewidth=1.0,
                label=f"{name}: {THEORY}",
            )
    axes.set_xlim(-0.5, len(places) - 0.5)
    axes.set_xticks(
        range(0, len(places), step), places[::step], rotation=90 if _upright(places) else 0
    )
    axes.grid(axis="y")
