"""Figure of the two controls, which must show nothing: identity check and A/A arm."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from biasinit.reporting import numbers
from biasinit.reporting.catalogue import ABSENT, FIGURES, normalization_label
from biasinit.reporting.forest import (
    ROW,
    WIDTH,
    absent_figure,
    absent_text,
    draw_forest,
    drawable,
    new_frame,
    short,
    symmetric_limits,
    text_inches,
    write_numbers,
)
from biasinit.reporting.selection import cell_labels
from biasinit.reporting.style import INK, MUTED, scheme_looks, style_context

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
        return absent_figure(absent_text(FIGURES["controls"].title, "identity, replicate"))
    shown = drawn_identity(frame) if has_identity else frame
    rows = _replicate_rows(replicate) if has_replicate else pd.DataFrame()
    labels = _identity_labels(shown) if has_identity else []
    with style_context():
        longest = max(len(labels), len(rows), 3)
        canvas = new_frame(1.0 + ROW * longest)
        half = WIDTH / 2
        left_room = 0.2 + 0.066 * max((len(label) for label in labels), default=3)
        texts = [_identity_text(row) for row in shown.to_dict("records")] if has_identity else []
        axes = canvas.axes(
            left=left_room,
            bottom=0.55 + ROW * (longest - max(len(labels), 1)),
            width=max(half - left_room - text_inches(texts) + 0.1, 0.6),
            height=ROW * max(len(labels), 1),
        )
        _identity(axes, shown, labels, texts, schemes, present=has_identity)
        right_room = 0.2 + 0.066 * max((len(str(label)) for label in rows.get("label", [])), default=3)
        right_texts = list(rows["text"]) if has_replicate else []
        axes = canvas.axes(
            left=half + 0.15 + right_room,
            bottom=0.55 + ROW * (longest - max(len(rows), 1)),
            width=max(half - 0.3 - right_room - text_inches(right_texts), 0.6),
            height=ROW * max(len(rows), 1),
        )
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


def _identity_text(row: dict[object, object]) -> str:
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
    axes.set_title("Identity check: bias before batch norm.")
    if not present:
        _say_absent(axes)
        return
    looks = scheme_looks(schemes)
    shares = 100 * frame["share_identical_predictions"].to_numpy(dtype=float)
    for place, (share, name) in enumerate(zip(shares, frame["scheme"], strict=True)):
        look = looks.get(str(name))
        axes.plot(
            [share], [place], marker=look.marker if look else "o", markersize=6.5,
            color=look.colour if look else INK.light, linestyle="none", clip_on=False, gid="identity",
        )  # fmt: skip
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
        normalization_label(str(level)).replace("batch normalisation", "BN")
        + ("" if cell == "all" else f", {short(labels[cell])}")
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
        for row in rows.to_dict("records")
    ]
    return rows.assign(text=texts).head(MAXIMUM_ROWS)


def _replicate(axes: Axes, rows: pd.DataFrame, schemes: Sequence[str], *, present: bool) -> None:
    axes.set_title("A/A arm: same scheme, other batch order")
    if not present:
        _say_absent(axes)
        return
    draw_forest(
        axes, rows, looks=scheme_looks(schemes), limits=symmetric_limits(rows), neutral=0.0
    )
    axes.set_yticks(range(len(rows)), list(rows["label"]), fontsize=8)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4))
    axes.set_xlabel("points of test accuracy", fontsize=8)
    write_numbers(axes, list(rows["text"]))


def _say_absent(axes: Axes) -> None:
    axes.set_axis_off()
    axes.text(0, 0.5, ABSENT, transform=axes.transAxes, color=MUTED.light, style="italic")
