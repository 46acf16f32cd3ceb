"""Every run behind the means: its final accuracy, by scheme, cell and normalisation."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Picture
from matplotlib.ticker import MaxNLocator

from biasinit import numbers
from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.figures.canvas import (
    WIDTH,
    label_inches,
    label_rows,
    label_scale,
    new_canvas,
    short,
)
from biasinit.reporting.figures.captions import compared_runs, failed_count, failures_in_words
from biasinit.reporting.figures.lines import draw_points
from biasinit.reporting.figures.style import INK, LINE, MUTED, scheme_looks
from biasinit.reporting.items.kinds import FigureItem, Shown, Tables
from biasinit.reporting.labels import normalization_label
from biasinit.reporting.selection import (
    arranged,
    cell_labels,
    has_values,
    normalizations,
    present_schemes,
    scheme_order,
    with_columns,
)
from biasinit.vocabulary import CELL_FACTORS

MAXIMUM_LANES = 4  # cells with a lane of their own; more share one lane
MARK = 3.4  # points
MANY_POINTS = 4000  # more points are drawn as a picture: as shapes they would fill megabytes
GOLDEN = 0.6180339887  # fractional part of the golden ratio: spreads points evenly


def frame(tables: Tables, study: StudyFacts) -> pd.DataFrame:
    """Return the final accuracy of every run that enters a mean."""
    runs = arranged(compared_runs(tables, study), schemes=scheme_order(study))
    return with_columns(
        runs,
        (
            *("normalization", "cell", *CELL_FACTORS, "scheme"),
            *("seed", "final_accuracy", "failed", "failure_kind"),
        ),
    )


def draw(frame: pd.DataFrame, study: StudyFacts) -> Picture:
    """Return the final accuracy of every run, by scheme, cell and normalisation.

    Failed runs stand in a gutter at the worse end of the scale, as a number: at their accuracy
    (chance) they would squeeze all others into a line.

    Args:
        frame: ``normalization, scheme, cell, seed, final_accuracy, failed``.
        study: the study.

    """
    names = present_schemes(frame, study)
    levels = normalizations(frame)
    cells = list(frame["cell"].drop_duplicates()) if "cell" in frame else ["all"]
    lanes = cells if 1 < len(cells) <= MAXIMUM_LANES else []
    height = max(0.34, 0.19 * len(lanes))
    canvas = new_canvas(0.95 + height * len(names))
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
        _strip(axes, frame[frame["normalization"] == level], names, lanes, study)
        axes.set_title(normalization_label(level))
        limits, edge = _limits(frame, study)
        axes.set_xlim(*limits)
        if edge is not None:
            axes.axvline(edge, color=LINE.light, linewidth=1.2, gid="gutter")
        if place:
            axes.tick_params(axis="y", labelleft=False)
        if place == len(levels) - 1:
            _lane_labels(axes, lanes, len(names))
    label = f"{study.metric.name} after the last epoch, {study.metric.level_unit}"
    label_scale(canvas, canvas.picture.axes, f"{label}; one mark is one run")
    return canvas.picture


def _limits(frame: pd.DataFrame, study: StudyFacts) -> tuple[tuple[float, float], float | None]:
    """Return the ends of the scale, and where the gutter for failed runs begins, if any failed."""
    trained = frame.loc[~_failed(frame), "final_accuracy"].to_numpy(dtype=float)
    trained = trained[np.isfinite(trained)]
    if not trained.size:
        ends = (0.0, 100.0 if study.metric.is_accuracy else 1.0)
        return (ends, ends[1] if study.metric.worse_edge == "left" else ends[0])
    low, high = float(trained.min()), float(trained.max())
    least = 0.5 if study.metric.is_accuracy else min(study.analysis.margins.values())
    span = max(high - low, least)
    left, right = low - 0.04 * span, high + 0.04 * span
    if not _failed(frame).any():
        return ((left, right), None)
    gutter = 0.3 * span
    if study.metric.worse_edge == "left":
        return ((left - gutter, right), left)
    return ((left, right + gutter), right)


def _failed(frame: pd.DataFrame) -> pd.Series:
    if "failed" not in frame:
        return pd.Series(False, index=frame.index)
    return frame["failed"].astype(bool)


def _strip(
    axes: Axes,
    frame: pd.DataFrame,
    names: Sequence[str],
    lanes: Sequence[str],
    study: StudyFacts,
) -> None:
    heights, failed = _heights(frame, names, lanes), _failed(frame)
    strips = draw_points(
        axes,
        frame[~failed].assign(height=_spread(heights[~failed], lanes)),
        scheme_looks(scheme_order(study)),
        column="height",
        over="final_accuracy",
        size=MARK,
        alpha=0.75,
    )
    for strip in strips:
        strip.set_gid("run")
        strip.set_rasterized(len(frame) > MANY_POINTS)
    lost = heights[failed].value_counts(sort=False)
    edge = study.metric.worse_edge
    for height, count in zip(lost.index.to_numpy(dtype=float), lost, strict=True):
        axes.text(
            0.012 if edge == "left" else 0.988,
            height,
            f"× {count} failed",
            transform=axes.get_yaxis_transform(),
            va="center",
            ha=edge,
            fontsize=7.5,
            color=INK.light,
            gid="failed",
        )
    for place in range(1, len(names)):
        axes.axhline(place - 0.5, color=LINE.light, linewidth=0.6)
    label_rows(axes, [short(name) for name in names])
    # the last number would touch the first one of the panel beside
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5, prune="upper"))


def _heights(frame: pd.DataFrame, names: Sequence[str], lanes: Sequence[str]) -> pd.Series:
    """Return the middle of each run's lane: that of its scheme, or of its cell within it."""
    heights = frame["scheme"].map({name: place for place, name in enumerate(names)}).astype(float)
    if not lanes:
        return heights
    offsets = {cell: _lane_offset(lane, len(lanes)) for lane, cell in enumerate(lanes)}
    return heights + frame["cell"].map(offsets)


def _spread(heights: pd.Series, lanes: Sequence[str]) -> pd.Series:
    """Return heights spread evenly over their lanes, the same for the same runs."""
    number = heights.groupby(heights).cumcount()
    half = 0.3 / max(len(lanes), 1)
    return heights + half * (2 * ((number * GOLDEN) % 1) - 1)


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


def alternative(frame: pd.DataFrame, study: StudyFacts) -> str:
    """Return the number of runs, their range and the failed ones."""
    failed = _failed(frame)
    trained = frame.loc[~failed, "final_accuracy"].to_numpy(dtype=float)
    trained = trained[np.isfinite(trained)]
    text = f"{len(frame)} runs of {frame['scheme'].nunique()} schemes. "
    if trained.size:
        low, high = (
            numbers.number(float(value), decimals=study.places)
            for value in (trained.min(), trained.max())
        )
        text += f"Runs that trained end between {low} and {high} {study.metric.of_levels}. "
    lost = frame[failed].groupby("scheme", sort=False).size()
    named = [f"{count} of {scheme}" for scheme, count in lost.items()]
    told = f"Failed: {numbers.joined(named)}."
    return text + failures_in_words(frame, none="No run failed.", some=told)


def caption(frame: pd.DataFrame, _tables: Tables, study: StudyFacts) -> str:
    """Return how many marks there are, and where failed runs stand."""
    edge = study.metric.worse_edge
    words = f"{failed_count(frame)} of them failed: they stand at the {edge} edge as a number."
    return (
        f"{study.metric.title} of all {len(frame)} runs after the last epoch, one mark for each. "
        + failures_in_words(frame, none="None of them failed.", some=words)
    )


ITEM = FigureItem(
    needed=("normalization", "scheme", "final_accuracy"),
    frame=frame,
    drawable=has_values("final_accuracy"),
    draw=draw,
    alternative=alternative,
    caption=caption,
    tables=(),
    sentences=(),
    rules=(),
    shown=Shown.ALWAYS,
)
