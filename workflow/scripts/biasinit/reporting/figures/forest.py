"""Rows of estimates with intervals, margins and numbers: the part that most figures share.

A forest frame has one row per line of the drawing and the columns ``label``, ``estimate``,
``lower``, ``upper`` (thick bar), and optionally ``outer_lower``, ``outer_upper`` (thin bar),
``margin_lower``, ``margin_upper`` (band), ``text`` (numbers on the right), ``scheme`` (look).
Intervals that leave the scale end in an arrow; the numbers beside them say where they end.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from biasinit.reporting.catalogue import ABSENT, FIGURES
from biasinit.reporting.figures.style import BAND, INK, LINE, MUTED, SchemeLook, style_context
from biasinit.reporting.selection import records

WIDTH = 9.6  # inches; 691 points, drawn at about 960 pixels on a page
ROW = 0.31  # inches from one row to the next
CHARACTER = 0.072  # inches, mean width of a character at 8.5 points in DejaVu Sans
LONGEST_LABEL = 26  # characters; longer names are cut in the drawing, never in tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Where the panels of a figure stand, in inches from its lower left corner."""

    figure: Figure
    width: float
    height: float

    def axes(self, *, left: float, bottom: float, width: float, height: float) -> Axes:
        """Return new axes in that place."""
        return self.figure.add_axes(
            (left / self.width, bottom / self.height, width / self.width, height / self.height)
        )


def new_frame(height: float, *, width: float = WIDTH) -> Frame:
    """Return an empty figure of that height in inches."""
    return Frame(figure=Figure(figsize=(width, height)), width=width, height=height)


def short(label: str, *, longest: int = LONGEST_LABEL) -> str:
    """Return a label that fits, with an ellipsis when it was cut."""
    return label if len(label) <= longest else label[: longest - 1] + "…"


def label_inches(labels: Sequence[str], *, longest: int = LONGEST_LABEL) -> float:
    """Return the room that the longest label takes, with a small gap."""
    characters = max((len(short(label, longest=longest)) for label in labels), default=0)
    return 0.22 + CHARACTER * max(characters, 3)


def text_inches(texts: Sequence[str]) -> float:
    """Return the room that the longest number column takes."""
    return 0.12 + 0.062 * max((len(text) for text in texts), default=0)


def placeholder(name: str, frame: pd.DataFrame) -> Figure:
    """Return a figure without axes that says in one sentence why there is nothing to draw."""
    item = FIGURES[name]
    tables = ", ".join(item.tables)
    reason = f"{ABSENT} ({tables})" if frame.empty else f"nothing could be estimated ({tables})"
    with style_context():
        frame_of_text = new_frame(0.7)
        frame_of_text.figure.text(
            0.02, 0.5, f"{item.title}: {reason}.", va="center", color=MUTED.light, style="italic"
        )
    return frame_of_text.figure


def drawable(frame: pd.DataFrame, *, columns: Sequence[str]) -> bool:
    """Return whether the frame has these columns and any finite value in the first of them."""
    if frame.empty or not set(columns) <= set(frame.columns):
        return False
    return bool(np.isfinite(pd.to_numeric(frame[columns[0]], errors="coerce")).any())


def draw_forest(
    axes: Axes,
    rows: pd.DataFrame,
    *,
    looks: Mapping[str, SchemeLook],
    limits: tuple[float, float],
    neutral: float,
) -> None:
    """Draw one row per line of ``rows``, from the top down."""
    axes.set_xlim(*limits)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_yticks(range(len(rows)), [str(label) for label in rows["label"]])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    for place, row in enumerate(records(rows)):
        _band(axes, place, row, limits)
    axes.axvline(neutral, color=INK.light, linewidth=0.9, gid="neutral")
    for place, row in enumerate(records(rows)):
        look = looks.get(str(row.get("scheme", "")))
        _row(axes, place, row, limits, look)


def write_numbers(axes: Axes, texts: Sequence[str]) -> None:
    """Write one text right of each row."""
    for place, text in enumerate(texts):
        axes.text(
            1.03,
            place,
            text,
            transform=axes.get_yaxis_transform(),
            va="center",
            ha="left",
            fontsize=8,
            color=INK.light,
        )


def _value(row: Mapping[str, object], key: str) -> float:
    value = row.get(key, math.nan)
    return float(value) if isinstance(value, (int, float)) else math.nan


def _band(axes: Axes, place: int, row: Mapping[str, object], limits: tuple[float, float]) -> None:
    lower, upper = _value(row, "margin_lower"), _value(row, "margin_upper")
    if not (math.isfinite(lower) and math.isfinite(upper)):
        return
    inside = (max(lower, limits[0]), min(upper, limits[1]))
    axes.fill_betweenx(
        [place - 0.5, place + 0.5], *inside, color=BAND.light, linewidth=0, zorder=0.5, gid="margin"
    )
    for edge in inside:
        axes.plot(
            [edge, edge], [place - 0.5, place + 0.5], color=LINE.light, linewidth=0.8, zorder=0.6
        )


def _row(
    axes: Axes,
    place: int,
    row: Mapping[str, object],
    limits: tuple[float, float],
    look: SchemeLook | None,
) -> None:
    colour = look.colour if look else INK.light
    estimate = _value(row, "estimate")
    if row.get("blank") is True:
        return
    if not math.isfinite(estimate):
        axes.text(
            sum(limits) / 2,
            place,
            "not estimable",
            va="center",
            ha="center",
            fontsize=8,
            color=MUTED.light,
            style="italic",
        )
        return
    for lower, upper, width in (
        (_value(row, "outer_lower"), _value(row, "outer_upper"), 1.1),
        (_value(row, "lower"), _value(row, "upper"), 3.2),
    ):
        if not (math.isnan(lower) or math.isnan(upper)):
            inside = np.clip([lower, upper], *limits)
            axes.plot(inside, [place, place], color=colour, linewidth=width, solid_capstyle="butt")
    for end, marker, beyond in (
        (limits[0], "<", _lowest(row) < limits[0]),
        (limits[1], ">", _highest(row) > limits[1]),
    ):
        if beyond:
            axes.plot(
                [end],
                [place],
                marker=marker,
                color=colour,
                markersize=6,
                clip_on=False,
                gid="arrow",
            )
    if limits[0] <= estimate <= limits[1]:
        axes.plot(
            [estimate],
            [place],
            marker=look.marker if look else "o",
            color=colour,
            markersize=6.5,
            markeredgecolor=INK.light,
            markeredgewidth=0.5,
            linestyle="none",
            gid="estimate",
        )


def _lowest(row: Mapping[str, object]) -> float:
    values = [_value(row, key) for key in ("lower", "outer_lower", "estimate")]
    return min((value for value in values if not math.isnan(value)), default=math.inf)


def _highest(row: Mapping[str, object]) -> float:
    values = [_value(row, key) for key in ("upper", "outer_upper", "estimate")]
    return max((value for value in values if not math.isnan(value)), default=-math.inf)


def reach(rows: pd.DataFrame, *, neutral: float = 0.0) -> float:
    """Return the largest distance of any drawn number from the neutral value."""
    columns = [
        column
        for column in ("estimate", "lower", "upper", "outer_lower", "outer_upper")
        if column in rows.columns
    ]
    values = rows[columns].to_numpy(dtype=float)
    finite = np.abs(values[np.isfinite(values)] - neutral)
    return float(finite.max()) if finite.size else 0.0


def symmetric_limits(rows: pd.DataFrame) -> tuple[float, float]:
    """Return limits around 0 that show the margin; no wider than eight margins.

    One scheme that loses ten points would otherwise squeeze all others, and the margin,
    into a line; its arrow and its number tell the rest.
    """
    margins = rows["margin_upper"].to_numpy(dtype=float) if "margin_upper" in rows else np.array([])
    margins = margins[np.isfinite(margins)]
    wanted = 1.08 * reach(rows)
    if margins.size:
        margin = float(margins.max())
        wanted = min(max(wanted, 1.6 * margin), 8 * margin)
    wanted = wanted or 1.0
    return (-wanted, wanted)
