"""Rows of estimates with intervals, margins and numbers: the part that most figures share.

A forest frame has one row per line of the drawing and the columns ``label``, ``estimate``,
``lower``, ``upper`` (thick bar), and optionally ``outer_lower``, ``outer_upper`` (thin bar),
``margin_lower``, ``margin_upper`` (band), ``text`` (numbers on the right), ``scheme`` (look),
``name`` (what names the row, where it is not its label), ``size`` and ``marker`` of its mark,
``points`` (small marks beside it) and ``absent`` (what stands there in place of an estimate).
Intervals that leave the scale end in an arrow; the numbers beside them say where they end.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Picture
from matplotlib.ticker import MaxNLocator

from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.figures.canvas import (
    LONGEST_LABEL,
    ROW,
    TALL_ROW,
    TEXT_SIZE,
    WIDTH,
    label_inches,
    label_rows,
    label_scale,
    new_canvas,
    short,
    text_inches,
    write_numbers,
)
from biasinit.reporting.figures.style import BAND, INK, LINE, MUTED, SchemeLook, scheme_looks
from biasinit.reporting.labels import normalization_label
from biasinit.reporting.selection import normalizations, records, scheme_order

BETWEEN = 0.12  # inches between panels
FEW_DIGITS = 0.1  # an axis that ends before it has numbers of three decimals, which take room
MARK = 6.5  # points, of an estimate
STAR = 1.5  # a star of the same area is wider


def forest_panels(
    rows: pd.DataFrame,
    study: StudyFacts,
    *,
    limits: tuple[float, float],
    label: str,
    row_height: float | None = None,
    longest: int = LONGEST_LABEL,
    text_size: float = TEXT_SIZE,
) -> Picture:
    """Return one forest per normalisation, side by side, over the same labels and scale.

    Args:
        rows: a forest frame with the column ``normalization``.
        study: the study, whose order of schemes fixes their looks.
        limits: ends of the scale.
        label: what the scale shows.
        row_height: inches; by default what the numbers beside the rows need.
        longest: characters of a row's label.
        text_size: of the numbers, in points.

    """
    levels = normalizations(rows)
    labels = [str(name) for name in rows["label"].drop_duplicates()]
    names = _names(rows, labels)
    lines = rows["text"].str.split("\n").explode().tolist()
    tall = rows["text"].str.contains("\n").any()
    height = row_height or (TALL_ROW if tall else ROW)
    canvas = new_canvas(0.95 + height * len(labels))
    left = label_inches(names, longest=longest)
    numbers_width = text_inches([str(line) for line in lines]) * text_size / TEXT_SIZE
    width = (WIDTH - left - 0.1) / len(levels) - numbers_width - BETWEEN
    width = max(width, 0.9)
    for place, level in enumerate(levels):
        axes = canvas.axes(
            left=left + place * (width + numbers_width + BETWEEN),
            bottom=0.55,
            width=width,
            height=height * len(labels),
        )
        here = rows[rows["normalization"] == level].drop_duplicates("label")
        here = here.set_index("label").reindex(labels).reset_index()
        draw_forest(
            axes,
            here.assign(label=[short(name, longest=longest) for name in names]),
            looks=scheme_looks(scheme_order(study)),
            limits=limits,
        )
        axes.set_title(normalization_label(level))
        axes.xaxis.set_major_locator(MaxNLocator(nbins=5 if limits[1] >= FEW_DIGITS else 3))
        if place:
            axes.tick_params(axis="y", labelleft=False)
        texts = [text if isinstance(text, str) else "" for text in here["text"]]
        write_numbers(axes, texts, size=text_size)
    label_scale(canvas, canvas.picture.axes, label)
    return canvas.picture


LANE = 0.155  # inches, one of the rows of a scheme
LANE_TEXT = 7.2  # points


def lane_panels(
    rows: pd.DataFrame, study: StudyFacts, *, limits: tuple[float, float], label: str
) -> Picture:
    """Return the forests of ``verdict_lanes``, in which each scheme may have several rows.

    Args:
        rows: from ``verdict_lanes``.
        study: the study.
        limits: ends of the scale.
        label: what the scale shows.

    """
    if rows["label"].nunique() == rows["scheme"].nunique():
        return forest_panels(rows, study, limits=limits, label=label)
    picture = forest_panels(
        rows, study, limits=limits, label=label, row_height=LANE, text_size=LANE_TEXT
    )
    names = _names(rows, [str(name) for name in rows["label"].drop_duplicates()])
    for axes in picture.axes:
        for place in [place for place, name in enumerate(names) if name and place]:
            axes.axhline(place - 0.5, color=LINE.light, linewidth=0.8, gid="between")
    return picture


def _names(rows: pd.DataFrame, labels: Sequence[str]) -> list[str]:
    """Return what names each row, and by that order the rows of its scheme."""
    if "name" not in rows:
        return list(labels)
    names = dict(zip(rows["label"].astype(str), rows["name"].astype(str), strict=True))
    return [names[label] for label in labels]


def draw_forest(
    axes: Axes,
    rows: pd.DataFrame,
    *,
    looks: Mapping[str, SchemeLook],
    limits: tuple[float, float],
) -> None:
    """Draw one row per line of ``rows``, from the top down; no effect is at 0."""
    axes.set_xlim(*limits)
    label_rows(axes, [str(label) for label in rows["label"]])
    for place, row in enumerate(records(rows)):
        _band(axes, place, row, limits)
    axes.axvline(0.0, color=INK.light, linewidth=0.9, gid="neutral")
    for place, row in enumerate(records(rows)):
        look = looks.get(str(row.get("scheme", "")))
        _row(axes, place, row, limits, look)


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
    points = row.get("points")
    _points(axes, place, points if isinstance(points, tuple) else (), limits, colour)
    if not math.isfinite(estimate):
        absent = row.get("absent")
        axes.text(
            sum(limits) / 2,
            place,
            absent if isinstance(absent, str) and absent else "not estimable",
            va="center",
            ha="center",
            fontsize=8,
            color=MUTED.light,
            style="italic",
        )
        return
    size, own_marker = _value(row, "size"), row.get("marker")
    size = size if math.isfinite(size) else MARK
    for lower, upper, width in (
        (_value(row, "outer_lower"), _value(row, "outer_upper"), 1.1),
        (_value(row, "lower"), _value(row, "upper"), 3.2 * size / MARK),
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
            marker=own_marker or (look.marker if look else "o"),
            color=colour,
            markersize=size * STAR if own_marker == "*" else size,
            markeredgecolor=INK.light,
            markeredgewidth=0.5,
            linestyle="none",
            gid="estimate",
        )


def _points(
    axes: Axes,
    place: int,
    points: Sequence[float],
    limits: tuple[float, float],
    colour: str,
) -> None:
    """Draw small marks in one row; those beyond the scale stand at its end, as arrows."""
    for value in points:
        beyond = "<" if value < limits[0] else ">" if value > limits[1] else ""
        axes.plot(
            [min(max(value, limits[0]), limits[1])],
            [place],
            marker=beyond or "o",
            markersize=4,
            markerfacecolor="none",
            markeredgecolor=colour,
            linestyle="none",
            clip_on=False,
            gid="arrow" if beyond else "condition",
        )


def _lowest(row: Mapping[str, object]) -> float:
    values = [_value(row, key) for key in ("lower", "outer_lower", "estimate")]
    return min((value for value in values if not math.isnan(value)), default=math.inf)


def _highest(row: Mapping[str, object]) -> float:
    values = [_value(row, key) for key in ("upper", "outer_upper", "estimate")]
    return max((value for value in values if not math.isnan(value)), default=-math.inf)


def _reach(rows: pd.DataFrame) -> float:
    """Return the largest distance of any drawn number from 0."""
    columns = [
        column
        for column in ("estimate", "lower", "upper", "outer_lower", "outer_upper")
        if column in rows.columns
    ]
    values = rows[columns].to_numpy(dtype=float)
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max()) if finite.size else 0.0


def symmetric_limits(rows: pd.DataFrame) -> tuple[float, float]:
    """Return limits around 0 that show the margin; no wider than eight margins.

    One scheme that loses ten points would otherwise squeeze all others, and the margin,
    into a line; its arrow and its number tell the rest.
    """
    margins = rows["margin_upper"].to_numpy(dtype=float) if "margin_upper" in rows else np.array([])
    margins = margins[np.isfinite(margins)]
    wanted = 1.08 * _reach(rows)
    if margins.size:
        margin = float(margins.max())
        wanted = min(max(wanted, 1.6 * margin), 8 * margin)
    wanted = wanted or 1.0
    return (-wanted, wanted)
