"""Figures of robustness: contrasts under other choices, and how often the analysis errs."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

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
from biasinit.reporting.figures.style import BAND, INK, MUTED, scheme_looks, style_context
from biasinit.reporting.selection import normalizations, records

LANE = 0.42  # inches for all specifications of one scheme
SPREAD = 0.36  # half the height of a lane that marks use
LONGEST = 44  # characters of the label of a calibrated rate


def specifications(frame: pd.DataFrame, *, schemes: Sequence[str], margin: float) -> Figure:
    """Return every specification's estimate on the scale of points, the registered one marked.

    Args:
        frame: the rows of ``sensitivity`` for accuracy in points: ``normalization, scheme,
            estimate, decision, registered``.
        schemes: order of the study.
        margin: equivalence margin in points; always in view, so that small looks small.

    """
    if not drawable(frame, columns=["estimate", "normalization", "scheme", "decision"]):
        return placeholder("specifications", frame)
    names = [name for name in schemes if name in set(frame["scheme"])]
    levels = normalizations(frame)
    texts = {
        (level, name): decisions_text(part)
        for (level, name), part in frame.groupby(["normalization", "scheme"], sort=False)
    }
    with style_context():
        canvas = new_frame(0.95 + LANE * len(names))
        left, room = label_inches(names), text_inches(list(texts.values()))
        width = (WIDTH - left - 0.1) / len(levels) - room - 0.12
        for place, level in enumerate(levels):
            axes = canvas.axes(
                left=left + place * (width + room + 0.12),
                bottom=0.55,
                width=width,
                height=LANE * len(names),
            )
            axes.axvspan(-margin, margin, color=BAND.light, linewidth=0, zorder=0, gid="margin")
            _lanes(axes, frame[frame["normalization"] == level], names, schemes)
            low, high = axes.get_xlim()
            axes.set_xlim(min(low, -1.6 * margin), max(high, 1.6 * margin))
            write_numbers(axes, [texts.get((level, name), "") for name in names])
            axes.set_title(normalization_label(level))
            axes.set_xlabel("points of test accuracy; one mark is one specification")
            if place:
                axes.tick_params(axis="y", labelleft=False)
    return canvas.figure


def decisions_text(rows: pd.DataFrame) -> str:
    """Return how many specifications decide what, the most frequent first."""
    counts = rows["decision"].value_counts(sort=True)
    return ", ".join(f"{count} {name}" for name, count in counts.items())


def _lanes(axes: Axes, rows: pd.DataFrame, names: Sequence[str], schemes: Sequence[str]) -> None:
    looks = scheme_looks(schemes)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_yticks(range(len(names)), [short(name) for name in names])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    axes.axvline(0, color=INK.light, linewidth=0.9, gid="neutral")
    for place, name in enumerate(names):
        lane = rows[rows["scheme"] == name].dropna(subset=["estimate"]).sort_values("estimate")
        heights = place + np.linspace(-SPREAD, SPREAD, max(len(lane), 2))[: len(lane)]
        look = looks[name]
        for height, row in zip(heights, records(lane), strict=True):
            registered = bool(row["registered"])
            axes.plot(
                [float(row["estimate"])],
                [height],
                marker=look.marker if registered else "|",
                markersize=7 if registered else 5,
                color=look.colour if row["decision"] in {"higher", "lower"} else MUTED.light,
                markeredgecolor=INK.light if registered else None,
                linestyle="none",
                zorder=3 if registered else 2,
                gid="registered" if registered else "specification",
            )


def calibration(frame: pd.DataFrame) -> Figure:
    """Return every calibrated rate with its Clopper-Pearson interval and the band it should hit.

    Args:
        frame: the table ``calibration``.

    """
    if not drawable(frame, columns=["rate", "quantity", "experiment"]):
        return placeholder("calibration", frame)
    labels = [f"{row['quantity']}, {row['experiment']}" for row in records(frame)]
    texts = [
        f"{numbers.percent(row['rate'], decimals=1)} of {numbers.count(row['tables'])}"
        for row in records(frame)
    ]
    with style_context():
        canvas = new_frame(0.65 + ROW * len(frame))
        left, room = label_inches(labels, longest=LONGEST), text_inches(texts)
        axes = canvas.axes(
            left=left, bottom=0.5, width=WIDTH - left - room - 0.1, height=ROW * len(frame)
        )
        axes.set_xlim(0, 100)
        axes.set_ylim(len(frame) - 0.5, -0.5)
        axes.set_yticks(range(len(frame)), [short(label, longest=LONGEST) for label in labels])
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x")
        for place, row in enumerate(records(frame)):
            band = (100 * float(row["band_lower"]), 100 * float(row["band_upper"]))
            if np.isfinite(band).all():
                axes.barh(place, band[1] - band[0], left=band[0], height=0.9, color=BAND.light)
            axes.plot(
                [100 * float(row["lower"]), 100 * float(row["upper"])],
                [place, place],
                color=INK.light,
                linewidth=2.4,
                solid_capstyle="butt",
            )
            axes.plot(
                [100 * float(row["rate"])], [place], "o", color=INK.light, markersize=5, gid="rate"
            )
        write_numbers(axes, texts)
        axes.set_xlabel("% of tables or contrasts; the shaded band is where the rate should be")
    return canvas.figure
