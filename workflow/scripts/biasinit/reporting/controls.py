"""Figure of the two controls, which must show nothing: identity check and A/A arm."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from biasinit.reporting import numbers
from biasinit.reporting.catalogue import ABSENT, normalization_label
from biasinit.reporting.figures.forest import (
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
from biasinit.reporting.figures.style import INK, MUTED, scheme_looks, style_context
from biasinit.reporting.selection import cell_labels, records

TITLE = 0.3  # inches above a panel
AXIS = 0.5  # inches below a panel
LONGEST = 46  # characters of a label: a scheme and its cell
MAXIMUM_ROWS = 30  # rows of the identity check that are drawn: those with the largest difference


def controls(frame: pd.DataFrame, *, replicate: pd.DataFrame, schemes: Sequence[str]) -> Figure:
    """Return the identity check (left) and the effect of the A/A arm (right).

    Args:
        frame: identity check, ``cell, scheme, largest_accuracy_difference,
            share_identical_predictions``.
        replicate: contrasts of the A/A arm, the columns of ``accuracy_contrasts``.
        schemes: order of the study.

    """
    has_identity = drawable(frame, columns=["share_identical_predictions", "scheme", "cell"])
    has_replicate = drawable(replicate, columns=["estimate", "normalization"])
    if not has_identity and not has_replicate:
        return placeholder("controls", frame)
    shown = drawn_identity(frame) if has_identity else frame
    rows = _replicate_rows(replicate) if has_replicate else pd.DataFrame()
    labels = _identity_labels(shown) if has_identity else []
    with style_context():
        upper, lower = ROW * max(len(labels), 1), ROW * max(len(rows), 1)
        canvas = new_frame(upper + lower + 2 * (TITLE + AXIS))
        texts = [_identity_text(row) for row in records(shown)] if has_identity else []
        replicate_texts = list(rows["text"]) if has_replicate else []
        left = label_inches([*labels, *rows.get("label", [])], longest=LONGEST)
        width = WIDTH - left - text_inches([*texts, *replicate_texts]) - 0.1
        axes = canvas.axes(left=left, bottom=2 * AXIS + TITLE + lower, width=width, height=upper)
        _identity(axes, shown, labels, texts, schemes, present=has_identity)
        axes = canvas.axes(left=left, bottom=AXIS, width=width, height=lower)
        _replicate(axes, rows, schemes, present=has_replicate)
    return canvas.figure


def drawn_identity(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the identity check that are drawn, the largest difference first kept."""
    if len(frame) <= MAXIMUM_ROWS:
        return frame
    return frame.nlargest(MAXIMUM_ROWS, "largest_accuracy_difference", keep="first")


def _identity_labels(frame: pd.DataFrame) -> list[str]:
    cells = cell_labels([str(cell) for cell in frame["cell"].unique()])
    if frame["cell"].nunique() == 1:
        return [short(str(name)) for name in frame["scheme"]]
    pairs = zip(frame["scheme"], frame["cell"], strict=True)
    return [f"{short(str(name), longest=14)}, {short(cells[str(cell)])}" for name, cell in pairs]


def _identity_text(row: Mapping[str, Any]) -> str:
    difference = row.get("largest_accuracy_difference")
    value = float(difference) if isinstance(difference, (int, float)) else float("nan")
    return f"largest {numbers.number(value)} points"


def _identity(
    axes: Axes,
    frame: pd.DataFrame,
    labels: Sequence[str],
    texts: Sequence[str],
    schemes: Sequence[str],
    *,
    present: bool,
) -> None:
    axes.set_title("Identity check: bias before batch normalisation")
    if not present:
        _say_absent(axes)
        return
    looks = scheme_looks(schemes)
    shares = 100 * frame["share_identical_predictions"].to_numpy(dtype=float)
    for place, (share, name) in enumerate(zip(shares, frame["scheme"], strict=True)):
        look = looks.get(str(name))
        axes.plot(
            [share],
            [place],
            marker=look.marker if look else "o",
            markersize=6.5,
            color=look.colour if look else INK.light,
            linestyle="none",
            clip_on=False,
            gid="identity",
        )
    lowest = float(np.nanmin(shares))
    axes.set_xlim(min(lowest - 0.05 * (100 - lowest) - 0.2, 99.0), 100.0)
    axes.axvline(100, color=INK.light, linewidth=0.9)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.set_yticks(range(len(labels)), list(labels), fontsize=8)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4))
    axes.set_xlabel("identical predictions, %", fontsize=8)
    write_numbers(axes, texts)


def _replicate_rows(frame: pd.DataFrame) -> pd.DataFrame:
    cells = frame["cell"].astype(str) if "cell" in frame else pd.Series("all", index=frame.index)
    labels = cell_labels(sorted(cells.unique()))
    words = [
        normalization_label(str(level)) + ("" if cell == "all" else f", {short(labels[cell])}")
        for level, cell in zip(frame["normalization"], cells, strict=True)
    ]
    rows = pd.DataFrame(
        {
            "scheme": frame["scheme"].astype(str),
            "label": words,
            "estimate": frame["estimate"].astype(float),
            "lower": frame["lower"].astype(float),
            "upper": frame["upper"].astype(float),
        }
    )
    if "margin" in frame:
        margin = frame["margin"].astype(float)
        rows = rows.assign(margin_lower=-margin, margin_upper=margin)
    texts = [
        f"{numbers.signed(row['estimate'])} ({numbers.interval(row['lower'], row['upper'])})"
        for row in records(rows)
    ]
    return rows.assign(text=texts).head(MAXIMUM_ROWS)


def _replicate(axes: Axes, rows: pd.DataFrame, schemes: Sequence[str], *, present: bool) -> None:
    axes.set_title("A/A arm: same scheme, another batch order")
    if not present:
        _say_absent(axes)
        return
    draw_forest(axes, rows, looks=scheme_looks(schemes), limits=symmetric_limits(rows), neutral=0.0)
    axes.set_yticks(range(len(rows)), list(rows["label"]), fontsize=8)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4))
    axes.set_xlabel("points of test accuracy", fontsize=8)
    write_numbers(axes, list(rows["text"]))


def _say_absent(axes: Axes) -> None:
    axes.set_axis_off()
    axes.text(0, 0.5, ABSENT, transform=axes.transAxes, color=MUTED.light, style="italic")
