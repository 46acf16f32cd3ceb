"""Figures of raw outcomes: every run, and the share of runs that failed."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from biasinit.reporting import numbers
from biasinit.reporting.catalogue import normalization_label
from biasinit.reporting.figures.forest import (
    ROW,
    WIDTH,
    drawable,
    label_inches,
    new_frame,
    placeholder,
    short,
    text_inches,
    write_numbers,
)
from biasinit.reporting.figures.style import INK, LINE, MUTED, scheme_looks, style_context
from biasinit.reporting.selection import cell_labels, normalizations, records

MAXIMUM_LANES = 4  # cells with a lane of their own; more share one lane
MANY_POINTS = 4000  # more points are drawn as a picture: as shapes they would fill megabytes
_GOLDEN = 0.6180339887  # fractional part of the golden ratio: spreads points evenly


def outcomes(frame: pd.DataFrame, *, schemes: Sequence[str]) -> Figure:
    """Return the final accuracy of every run, by scheme, cell and normalisation.

    Failed runs stand as crosses in a gutter left of the scale, with their number: at their
    accuracy (chance) they would squeeze all others into a line.

    Args:
        frame: ``normalization, scheme, cell, seed, final_accuracy, failed``, in percent.
        schemes: order of the study.

    """
    if not drawable(frame, columns=["final_accuracy", "normalization", "scheme"]):
        return placeholder("outcomes", frame)
    names = [name for name in schemes if name in set(frame["scheme"])]
    names += [name for name in frame["scheme"].drop_duplicates() if name not in names]
    levels = normalizations(frame)
    cells = list(frame["cell"].drop_duplicates()) if "cell" in frame else ["all"]
    lanes = cells if 1 < len(cells) <= MAXIMUM_LANES else []
    height = max(0.34, 0.19 * len(lanes))
    with style_context():
        canvas = new_frame(0.95 + height * len(names))
        left = label_inches(names)
        lane_width = _lane_room(lanes)
        width = (WIDTH - left - lane_width - 0.1) / len(levels) - 0.12
        for place, level in enumerate(levels):
            axes = canvas.axes(
                left=left + place * (width + 0.12),
                bottom=0.55,
                width=width,
                height=height * len(names),
            )
            _strip(axes, frame[frame["normalization"] == level], names, lanes, schemes)
            axes.set_title(normalization_label(level))
            low, edge, high = _accuracy_limits(frame)
            axes.set_xlim(low, high)
            if edge > low:
                axes.axvline(edge, color=LINE.light, linewidth=1.2, gid="gutter")
            if place:
                axes.tick_params(axis="y", labelleft=False)
            if place == len(levels) - 1:
                _lane_labels(axes, lanes, len(names))
    return canvas.figure


def failure_rates(frame: pd.DataFrame, *, schemes: Sequence[str]) -> Figure:
    """Return the share of failed runs with Clopper-Pearson intervals.

    Args:
        frame: ``normalization, scheme, runs, failed, rate, lower, upper``; shares in [0, 1].
        schemes: order of the study.

    """
    if not drawable(frame, columns=["rate", "normalization", "scheme"]):
        return placeholder("failure_rates", frame)
    names = [name for name in schemes if name in set(frame["scheme"])]
    names += [name for name in frame["scheme"].drop_duplicates() if name not in names]
    levels = normalizations(frame)
    texts = [_failure_text(row) for row in records(frame)]
    with style_context():
        canvas = new_frame(0.95 + ROW * len(names))
        left, room = label_inches(names), text_inches(texts)
        width = (WIDTH - left - 0.1) / len(levels) - room - 0.12
        highest = float(np.nanmax(frame[["rate", "upper"]].to_numpy(dtype=float)))
        for place, level in enumerate(levels):
            axes = canvas.axes(
                left=left + place * (width + room + 0.12),
                bottom=0.55,
                width=width,
                height=ROW * len(names),
            )
            here = frame[frame["normalization"] == level].drop_duplicates("scheme")
            _rates(axes, here.set_index("scheme").reindex(list(names)).reset_index(), schemes)
            axes.set_xlim(-0.02 * 100 * highest, max(100 * highest * 1.05, 5))
            axes.set_title(normalization_label(level))
            if place:
                axes.tick_params(axis="y", labelleft=False)
    return canvas.figure


def _failure_text(row: Mapping[str, Any]) -> str:
    failed, runs = row.get("failed"), row.get("runs")
    if not (isinstance(failed, (int, float)) and isinstance(runs, (int, float))):
        return ""
    if not (math.isfinite(failed) and math.isfinite(runs)):
        return ""
    return f"{numbers.count(failed)} of {numbers.count(runs)} runs"


def _rates(axes: Axes, rows: pd.DataFrame, schemes: Sequence[str]) -> None:
    looks = scheme_looks(schemes)
    for place, row in enumerate(records(rows)):
        if not math.isfinite(float(row["rate"])):
            continue
        look = looks.get(str(row["scheme"]))
        colour = look.colour if look else INK.light
        axes.plot(
            [100 * float(row["lower"]), 100 * float(row["upper"])],
            [place, place],
            color=colour,
            linewidth=3.2,
            solid_capstyle="butt",
        )
        axes.plot(
            [100 * float(row["rate"])],
            [place],
            marker=look.marker if look else "o",
            color=colour,
            markeredgecolor=INK.light,
            markeredgewidth=0.5,
            markersize=6.5,
            linestyle="none",
            gid="estimate",
        )
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_yticks(range(len(rows)), [short(str(name)) for name in rows["scheme"]])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5))
    axes.set_xlabel("failed runs, %", fontsize=8)
    write_numbers(axes, [_failure_text(row) for row in records(rows)])


def _accuracy_limits(frame: pd.DataFrame) -> tuple[float, float, float]:
    """Return the left end, where the gutter for failed runs ends, and the right end."""
    trained = frame.loc[~_failed(frame), "final_accuracy"].to_numpy(dtype=float)
    trained = trained[np.isfinite(trained)]
    if not trained.size:
        return (0.0, 100.0, 100.0)
    low, high = float(trained.min()), float(trained.max())
    span = max(high - low, 0.5)
    edge = low - 0.04 * span
    gutter = 0.3 * span if _failed(frame).any() else 0.0
    return (edge - gutter, edge, high + 0.04 * span)


def _failed(frame: pd.DataFrame) -> pd.Series:
    if "failed" not in frame:
        return pd.Series(False, index=frame.index)
    return frame["failed"].astype(bool)


def _strip(
    axes: Axes,
    frame: pd.DataFrame,
    names: Sequence[str],
    lanes: Sequence[str],
    schemes: Sequence[str],
) -> None:
    looks = scheme_looks(schemes)
    many = len(frame) > MANY_POINTS
    failed = _failed(frame)
    for place, name in enumerate(names):
        for lane, cell in enumerate(lanes or ["all"]):
            rows = frame["scheme"] == name
            if lanes:
                rows = rows & (frame["cell"] == cell)
            height = place + _lane_offset(lane, len(lanes))
            half = 0.3 / max(len(lanes), 1)
            values = frame.loc[rows & ~failed, "final_accuracy"].to_numpy(dtype=float)
            spread = half * (2 * ((np.arange(len(values)) * _GOLDEN) % 1) - 1)
            look = looks.get(name)
            axes.plot(
                values,
                height + spread,
                linestyle="none",
                marker=look.marker if look else "o",
                markersize=3.4,
                color=look.colour if look else INK.light,
                alpha=0.75,
                markeredgewidth=0,
                rasterized=many,
                gid=None if many else "run",
            )
            lost = int((rows & failed).sum())
            if lost:
                axes.text(
                    0.012,
                    height,
                    f"× {lost} failed",
                    transform=axes.get_yaxis_transform(),
                    va="center",
                    fontsize=7.5,
                    color=INK.light,
                    gid="failed",
                )
        if place:
            axes.axhline(place - 0.5, color=LINE.light, linewidth=0.6)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_yticks(range(len(names)), [short(name) for name in names])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    # the last number would touch the first one of the panel beside
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5, prune="upper"))
    axes.set_xlabel("test accuracy after the last epoch, %; one mark is one run", fontsize=8)


def _lane_offset(lane: int, lanes: int) -> float:
    return 0.0 if lanes < 2 else (lane - (lanes - 1) / 2) * 0.86 / lanes


def _lane_room(lanes: Sequence[str]) -> float:
    if not lanes:
        return 0.0
    labels = cell_labels(list(lanes))
    return 0.15 + 0.055 * max(len(short(labels[cell])) for cell in lanes)


def _lane_labels(axes: Axes, lanes: Sequence[str], rows: int) -> None:
    labels = cell_labels(list(lanes))
    for place in range(rows):
        for lane, cell in enumerate(lanes):
            axes.text(
                1.015,
                place + _lane_offset(lane, len(lanes)),
                short(labels[cell]),
                transform=axes.get_yaxis_transform(),
                va="center",
                fontsize=7,
                color=MUTED.light,
            )
