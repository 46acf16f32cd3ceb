"""Figures of effects: each scheme against the reference, with margins and verdicts.

Thick bars are plain 95 % intervals, thin bars those that hold for the whole family; the
numbers give the second. Each function takes a frame and draws what it says.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from biasinit.reporting import numbers
from biasinit.reporting.catalogue import normalization_label
from biasinit.reporting.figures.contrast_rows import (
    column_values,
    finite_or_nan,
    points_rows,
    ratio_rows,
)
from biasinit.reporting.figures.forest import (
    LONGEST_LABEL,
    ROW,
    WIDTH,
    draw_forest,
    drawable,
    label_inches,
    new_frame,
    placeholder,
    short,
    symmetric_limits,
    text_inches,
    write_numbers,
)
from biasinit.reporting.figures.style import INK, scheme_looks, style_context
from biasinit.reporting.selection import cell_labels, normalizations, records

TALL_ROW = 0.42  # inches; a row with its verdict beneath the numbers


MAXIMUM_ROWS = 160  # rows of a figure by cell; the table beside it holds all of them


def effects(frame: pd.DataFrame, *, schemes: Sequence[str], reference: str) -> Figure:
    """Return the forest plot of accuracy effects, one panel per normalisation.

    Args:
        frame: ``normalization, scheme, estimate, lower, upper, simultaneous_lower,
            simultaneous_upper, margin`` and, where judged, ``verdict``; in points.
        schemes: order of the study, which fixes the look of each scheme.
        reference: name of the scheme that the others are compared with.

    """
    if not drawable(frame, columns=["estimate", "normalization", "scheme"]):
        return placeholder("effects", frame)
    rows = points_rows(frame)
    with style_context():
        return _panels(
            rows,
            schemes=schemes,
            limits=symmetric_limits(rows),
            neutral=0.0,
            label=f"points of test accuracy, scheme − {short(reference)}",
        )


def time_ratios(
    frame: pd.DataFrame, *, schemes: Sequence[str], reference: str, threshold: str
) -> Figure:
    """Return the ratios of the restricted mean time to the threshold, on a log scale.

    Args:
        frame: ``normalization, scheme, ratio, ratio_lower, ratio_upper,
            ratio_simultaneous_lower, ratio_simultaneous_upper, margin_lower, margin_upper``.
        schemes: order of the study.
        reference: name of the scheme that the others are compared with.
        threshold: the threshold in words, such as '95 %'.

    """
    if not drawable(frame, columns=["ratio", "normalization", "scheme"]):
        return placeholder("time_ratios", frame)
    rows = ratio_rows(frame)
    logs = rows.copy()
    columns = [column for column in _SCALED if column in logs]
    logs[columns] = np.log(logs[columns].to_numpy(dtype=float))
    with style_context():
        figure = _panels(
            logs,
            schemes=schemes,
            limits=symmetric_limits(logs),
            neutral=0.0,
            label=f"epochs to {threshold}, scheme / {short(reference)} (log scale)",
        )
        for axes in figure.axes:
            _ratio_ticks(axes)
    return figure


_SCALED = (
    "estimate",
    "lower",
    "upper",
    "outer_lower",
    "outer_upper",
    "margin_lower",
    "margin_upper",
)


def effects_by_cell(frame: pd.DataFrame, *, schemes: Sequence[str], reference: str) -> Figure:
    """Return the effects in each single cell, grouped by scheme; exploratory.

    Args:
        frame: the columns of :func:`effects` and ``cell``.
        schemes: order of the study.
        reference: name of the scheme that the others are compared with.

    """
    if not drawable(frame, columns=["estimate", "normalization", "scheme", "cell"]):
        return placeholder("effects_by_cell", frame)
    labels = cell_labels(sorted(frame["cell"].astype(str).unique()))
    names = [
        f"{short(str(s), longest=16)} · {labels[str(c)]}"
        for s, c in zip(frame["scheme"], frame["cell"], strict=True)
    ]
    rows = points_rows(frame.drop(columns=["verdict"], errors="ignore")).assign(label=names)
    kept = rows["label"].drop_duplicates().head(MAXIMUM_ROWS)
    rows = rows[rows["label"].isin(kept)]
    with style_context():
        return _panels(
            rows,
            schemes=schemes,
            limits=symmetric_limits(rows),
            neutral=0.0,
            label=f"points of test accuracy, scheme − {short(reference)}",
            row_height=0.25,
            longest=44,
        )


def level_contrasts(frame: pd.DataFrame, *, schemes: Sequence[str]) -> Figure:
    """Return the differences between levels of a factor, one row for each comparison.

    Args:
        frame: the columns of :func:`effects` and ``factor, level, against``; ``reference`` where
            two effects are compared.
        schemes: order of the study, which fixes the look of each scheme.

    """
    if not drawable(frame, columns=["estimate", "normalization", "scheme", "level", "against"]):
        return placeholder("level_contrasts", frame)
    rows = points_rows(frame).assign(label=[level_label(row) for row in records(frame)])
    with style_context():
        return _panels(
            rows,
            schemes=schemes,
            limits=symmetric_limits(rows),
            neutral=0.0,
            label="points of test accuracy",
            longest=44,
        )


def level_label(row: Mapping[str, Any]) -> str:
    """Return what a row of contrasts between levels compares, in short."""
    reference = row.get("reference")
    against = f" vs {reference}" if isinstance(reference, str) and reference else ""
    return f"{row['scheme']}{against}: {row['level']} {numbers.MINUS} {row['against']}"


def certainty(frame: pd.DataFrame, *, schemes: Sequence[str]) -> Figure:
    """Return the smallest margin at which each contrast would count as equivalent.

    Args:
        frame: ``normalization, scheme, smallest_margin, margin_upper, verdict, seeds_needed``,
            in points.
        schemes: order of the study.

    """
    if not drawable(frame, columns=["smallest_margin", "normalization", "scheme"]):
        return placeholder("certainty", frame)
    values = pd.to_numeric(frame["smallest_margin"], errors="coerce")
    rows = pd.DataFrame(
        {
            "normalization": frame["normalization"].astype(str),
            "scheme": frame["scheme"].astype(str),
            "label": frame["scheme"].astype(str),
            "estimate": values,
            "lower": 0.0 * values,
            "upper": values,
            "margin_lower": 0.0,
            "margin_upper": column_values(frame, "margin_upper"),
            "text": [_certainty_text(row) for row in records(frame)],
        }
    )
    with style_context():
        return _panels(
            rows,
            schemes=schemes,
            limits=(0.0, symmetric_limits(rows)[1]),
            neutral=0.0,
            label="smallest equivalence margin, points",
        )


def _certainty_text(row: Mapping[str, Any]) -> str:
    margin = row.get("smallest_margin")
    text = f"±{numbers.number(finite_or_nan(margin))} points"
    needed = finite_or_nan(row.get("seeds_needed"))
    verdict = str(row.get("verdict", ""))
    detail = f"{numbers.count(needed)} seeds would decide" if math.isfinite(needed) else verdict
    return f"{text}\n{detail}" if detail else text


def _panels(
    rows: pd.DataFrame,
    *,
    schemes: Sequence[str],
    limits: tuple[float, float],
    neutral: float,
    label: str,
    row_height: float | None = None,
    longest: int = LONGEST_LABEL,
) -> Figure:
    """Return one forest per normalisation, side by side, over the same labels and scale."""
    levels = normalizations(rows)
    labels = [str(name) for name in rows["label"].drop_duplicates()]
    lines = rows["text"].str.split("\n").explode().tolist()
    tall = rows["text"].str.contains("\n").any()
    height = row_height or (TALL_ROW if tall else ROW)
    canvas = new_frame(0.95 + height * len(labels))
    left = label_inches(labels, longest=longest)
    numbers_width = text_inches([str(line) for line in lines])
    width = (WIDTH - left - 0.1) / len(levels) - numbers_width - 0.12
    width = max(width, 0.9)
    for place, level in enumerate(levels):
        axes = canvas.axes(
            left=left + place * (width + numbers_width + 0.12),
            bottom=0.55,
            width=width,
            height=height * len(labels),
        )
        here = rows[rows["normalization"] == level].drop_duplicates("label")
        here = here.set_index("label").reindex(labels).reset_index()
        draw_forest(
            axes,
            here.assign(label=[short(name, longest=longest) for name in labels]),
            looks=scheme_looks(schemes),
            limits=limits,
            neutral=neutral,
        )
        axes.set_title(normalization_label(level))
        axes.set_xlabel(label if width > 0.06 * len(label) else "", fontsize=8)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=5))
        if place:
            axes.tick_params(axis="y", labelleft=False)
        write_numbers(axes, [text if isinstance(text, str) else "" for text in here["text"]])
    if width <= 0.06 * len(label):
        canvas.figure.text(left / WIDTH, 0.1 / canvas.height, label, fontsize=8, color=INK.light)
    return canvas.figure


def _ratio_ticks(axes: Axes) -> None:
    limit = float(np.exp(axes.get_xlim()[1]))
    steps = [1.05, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0]
    inside = [step for step in steps if step <= limit * 1.001]
    chosen = inside[-2:] if len(inside) > 1 else inside
    ticks = [1.0, *chosen, *(1 / step for step in chosen)]
    axes.xaxis.set_major_locator(FixedLocator([math.log(tick) for tick in sorted(ticks)]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{math.exp(value):.2f}".rstrip("0").rstrip("."))
    )
