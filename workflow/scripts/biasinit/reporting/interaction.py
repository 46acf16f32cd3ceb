"""Figure of the interaction: means at both normalisations, and how effects differ between them."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from biasinit.reporting.catalogue import normalization_label
from biasinit.reporting.effects import TALL_ROW
from biasinit.reporting.figures.contrast_rows import finite_or_nan, points_rows
from biasinit.reporting.figures.forest import (
    WIDTH,
    Frame,
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
from biasinit.reporting.figures.style import INK, LINE, MUTED, PAPER, scheme_looks, style_context
from biasinit.reporting.selection import normalizations, records
from biasinit.verdicts import Outcome


def interaction(frame: pd.DataFrame, *, contrasts: pd.DataFrame, schemes: Sequence[str]) -> Figure:
    """Return marginal means at both normalisations, and how the effect differs between them.

    Args:
        frame: marginal means, ``normalization, scheme, estimate, lower, upper``, in percent.
        contrasts: contrasts of contrasts, the columns of :func:`effects`; may be empty.
        schemes: order of the study.

    """
    if not drawable(frame, columns=["estimate", "normalization", "scheme"]):
        return placeholder("interaction", frame)
    names = [name for name in schemes if name in set(frame["scheme"])]
    names += [name for name in frame["scheme"].drop_duplicates() if name not in names]
    with style_context():
        left = label_inches(names)
        has_contrasts = drawable(contrasts, columns=["estimate", "scheme"])
        room = (WIDTH - left - 0.2) * (0.46 if has_contrasts else 0.94)
        canvas = new_frame(0.95 + TALL_ROW * len(names))
        _dumbbells(canvas, frame, names, left=left, width=room)
        if has_contrasts:
            _contrast_panel(canvas, contrasts, names, schemes, left=left + room + 0.3)
    return canvas.figure


def _dumbbells(
    canvas: Frame, frame: pd.DataFrame, names: Sequence[str], *, left: float, width: float
) -> None:
    axes = canvas.axes(left=left, bottom=0.6, width=width, height=TALL_ROW * len(names))
    levels = normalizations(frame)
    points = {(str(row["normalization"]), str(row["scheme"])): row for row in records(frame)}
    offsets = {level: 0.14 * (2 * place - len(levels) + 1) for place, level in enumerate(levels)}
    for place, name in enumerate(names):
        ends = []
        for level in levels:
            if (level, name) not in points:
                continue
            row = points[level, name]
            height = place + offsets[level]
            filled = INK.light if level == levels[0] else PAPER.light
            bounds = [finite_or_nan(row["lower"]), finite_or_nan(row["upper"])]
            axes.plot(bounds, [height] * len(bounds), color=MUTED.light, linewidth=2.2)
            axes.plot(
                [float(row["estimate"])],
                [height],
                marker="o",
                markersize=6,
                markerfacecolor=filled,
                markeredgecolor=INK.light,
                linestyle="none",
                label=normalization_label(level) if place == 0 else None,
                gid="mean",
            )
            ends.append((float(row["estimate"]), height))
        if len(ends) > 1:
            axes.plot(*zip(*ends, strict=True), color=LINE.light, linewidth=1, zorder=1)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_yticks(range(len(names)), [short(name) for name in names])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5))
    axes.set_xlabel("test accuracy, %: marginal mean over cells", fontsize=8)
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(-0.02, 1.0),
        ncols=2,
        handletextpad=0.2,
        borderpad=0.2,
        columnspacing=1.0,
        fontsize=8,
    )


def _contrast_panel(
    canvas: Frame,
    contrasts: pd.DataFrame,
    names: Sequence[str],
    schemes: Sequence[str],
    *,
    left: float,
) -> None:
    rows = points_rows(contrasts, outcome=Outcome.INTERACTION).drop_duplicates("label")
    rows = rows.set_index("label").reindex(list(names)).reset_index()
    texts = [text if isinstance(text, str) else "" for text in rows["text"]]
    lines = [line for text in texts for line in text.split("\n")]
    width = WIDTH - left - text_inches(lines) - 0.1
    axes = canvas.axes(left=left, bottom=0.6, width=width, height=TALL_ROW * len(names))
    draw_forest(
        axes,
        _blank_missing(rows, contrasts),
        looks=scheme_looks(schemes),
        limits=symmetric_limits(rows),
        neutral=0.0,
    )
    axes.tick_params(axis="y", labelleft=False)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4))
    axes.set_title("does the effect change?")
    axes.set_xlabel("points: effect with − effect without", fontsize=8)
    write_numbers(axes, texts)


def _blank_missing(rows: pd.DataFrame, contrasts: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with the reference, which has no contrast with itself, left blank."""
    return rows.assign(blank=~rows["label"].isin(contrasts["scheme"].astype(str)))
