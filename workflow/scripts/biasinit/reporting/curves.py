"""Figures over training time: learning curves, and the share of runs past the threshold."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from biasinit.reporting.catalogue import normalization_label
from biasinit.reporting.figures.forest import WIDTH, Frame, drawable, new_frame, placeholder, short
from biasinit.reporting.figures.style import MUTED, SchemeLook, scheme_looks, style_context
from biasinit.reporting.selection import cell_labels, normalizations

MAXIMUM_CELLS = 4  # rows of panels; further cells are in the table beside the figure
PANEL = 1.75  # inches, height of one panel
GAP = 0.34  # inches between rows of panels, for the title of the lower one
LEGEND_ROW = 0.2  # inches
READABLE_BAND = 6  # schemes; more bands on one panel cannot be told apart, lines can


def learning_curves(
    frame: pd.DataFrame, *, schemes: Sequence[str], threshold: float | None
) -> Figure:
    """Return mean validation accuracy over epochs, with a 95 % band over seeds.

    Args:
        frame: ``normalization, cell, scheme, epoch, validation_accuracy, lower, upper`` and, where
            there are seeds enough, ``band_lower, band_upper``, which hold for a whole curve.
        schemes: order of the study.
        threshold: accuracy that counts as converged, in percent; None when cells differ in it.

    """
    if not drawable(frame, columns=["validation_accuracy", "normalization", "scheme", "epoch"]):
        return placeholder("learning_curves", frame)
    with style_context():
        canvas, grid = panel_grid(frame, schemes, x_label="epoch", y_label="validation accuracy, %")
        for axes, panel in grid:
            draw_lines(axes, panel, schemes, column="validation_accuracy")
            axes.set_ylim(*_upper_part(frame, threshold))
            if threshold is not None:
                axes.axhline(
                    threshold, color=MUTED.light, linewidth=0.9, linestyle=":", gid="threshold"
                )
    return canvas.figure


def share_reached(frame: pd.DataFrame, *, schemes: Sequence[str]) -> Figure:
    """Return the cumulative share of runs that have reached the threshold, as steps.

    Args:
        frame: ``normalization, cell, scheme, epoch, share_reached``; shares in [0, 1].
        schemes: order of the study.

    """
    if not drawable(frame, columns=["share_reached", "normalization", "scheme", "epoch"]):
        return placeholder("share_reached", frame)
    percent = frame.assign(share_reached=100 * frame["share_reached"].astype(float))
    with style_context():
        canvas, grid = panel_grid(
            percent, schemes, x_label="epoch", y_label="runs past the threshold, %"
        )
        for axes, panel in grid:
            draw_lines(axes, panel, schemes, column="share_reached", steps=True)
            axes.set_ylim(-3, 103)
    return canvas.figure


def drawn_cells(frame: pd.DataFrame) -> list[str]:
    """Return the cells that a figure over time shows."""
    cells = [str(cell) for cell in frame["cell"].drop_duplicates()] if "cell" in frame else ["all"]
    single = [cell for cell in cells if cell != "all"]
    if len(single) > MAXIMUM_CELLS and "all" in cells:
        return ["all"]
    return (single or cells)[:MAXIMUM_CELLS]


def panel_grid(
    frame: pd.DataFrame, schemes: Sequence[str], *, x_label: str, y_label: str
) -> tuple[Frame, list[tuple[Axes, pd.DataFrame]]]:
    """Return a figure with a legend, and its panels: cells below, normalisations side by side.

    Args:
        frame: ``normalization, scheme`` and perhaps ``cell``; each panel comes with its rows.
        schemes: order of the study.
        x_label: below the lowest panels.
        y_label: beside the leftmost panels.

    """
    names = [name for name in schemes if name in set(frame["scheme"])]
    names += [name for name in frame["scheme"].drop_duplicates() if name not in names]
    levels, cells = normalizations(frame), drawn_cells(frame)
    labels = cell_labels([str(cell) for cell in frame.get("cell", pd.Series(["all"])).unique()])
    rows_of_legend = legend_rows(names)
    top = 0.05 + LEGEND_ROW * rows_of_legend
    canvas = new_frame(0.48 + PANEL * len(cells) + GAP * (len(cells) - 1) + 0.3 + top)
    width = (WIDTH - 0.75 - 0.3 * (len(levels) - 1)) / len(levels)
    panels = []
    for row, cell in enumerate(cells):
        for column, level in enumerate(levels):
            axes = canvas.axes(
                left=0.62 + column * (width + 0.3),
                bottom=0.48 + (len(cells) - 1 - row) * (PANEL + GAP),
                width=width,
                height=PANEL,
            )
            title = normalization_label(level)
            axes.set_title(title if len(cells) == 1 else f"{title}, {labels.get(cell, cell)}")
            axes.grid(axis="y")
            if column == 0:
                axes.set_ylabel(y_label, fontsize=8)
            else:
                axes.tick_params(axis="y", labelleft=False)
            if row == len(cells) - 1:
                axes.set_xlabel(x_label, fontsize=8)
            else:
                axes.tick_params(axis="x", labelbottom=False)
            here = frame[frame["normalization"] == level]
            panels.append((axes, here[here["cell"] == cell] if "cell" in here else here))
    draw_legend(canvas, names, scheme_looks(schemes))
    return canvas, panels


def legend_columns(names: Sequence[str]) -> int:
    """Return how many names stand side by side without touching."""
    longest = max(len(short(name)) for name in names)
    return max(1, min(len(names), int((WIDTH - 0.7) / (0.62 + 0.072 * longest))))


def legend_rows(names: Sequence[str]) -> int:
    """Return how many lines the legend takes."""
    return -(-len(names) // legend_columns(names))


def draw_legend(canvas: Frame, names: Sequence[str], looks: dict[str, SchemeLook]) -> None:
    """Write the names with their line and marker along the top of the figure."""
    handles = [
        Line2D(
            [], [], color=look.colour, linestyle=look.dash, marker=look.marker, label=short(name)
        )
        for name in names
        if (look := looks.get(name))
    ]
    canvas.figure.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(0.4 / canvas.width, 1.0),
        ncols=legend_columns(names),
        handlelength=2.6,
        columnspacing=1.2,
        labelspacing=0.25,
        borderpad=0.1,
    )


def draw_lines(
    axes: Axes,
    frame: pd.DataFrame,
    schemes: Sequence[str],
    *,
    column: str,
    over: str = "epoch",
    steps: bool = False,
) -> None:
    """Draw one line for each scheme, with its band where the frame has one.

    Args:
        axes: the panel.
        frame: ``scheme``, ``column`` and ``over``.
        schemes: order of the study, which decides the looks.
        column: drawn upwards.
        over: drawn to the right.
        steps: hold each value until the next.

    """
    looks = scheme_looks(schemes)
    names = list(frame["scheme"].drop_duplicates())
    for place, name in enumerate(sorted(names, key=lambda n: _place(schemes, str(n)))):
        rows = frame[frame["scheme"] == name].sort_values(over)
        look = looks.get(str(name))
        if look is None:
            continue
        places = rows[over].to_numpy(dtype=float)
        every = max(len(places) // 6, 1)
        axes.plot(
            places,
            rows[column].to_numpy(dtype=float),
            color=look.colour,
            linestyle=look.dash,
            marker=look.marker,
            markevery=(place % every, every),
            markersize=4,
            label=str(name),
            drawstyle="steps-post" if steps else "default",
        )
        lower, upper = _band_columns(rows)
        if not steps and len(names) <= READABLE_BAND and {lower, upper} <= set(rows):
            axes.fill_between(
                places,
                rows[lower].to_numpy(dtype=float),
                rows[upper].to_numpy(dtype=float),
                color=look.colour,
                alpha=0.16,
                linewidth=0,
                gid="band",
            )


def _band_columns(rows: pd.DataFrame) -> tuple[str, str]:
    """Return the band of the whole curve; the pointwise one where there are too few seeds."""
    if "band_lower" in rows and rows["band_lower"].notna().any():
        return "band_lower", "band_upper"
    return "lower", "upper"


def _place(schemes: Sequence[str], name: str) -> int:
    return schemes.index(name) if name in schemes else len(schemes)


def _upper_part(frame: pd.DataFrame, threshold: float | None) -> tuple[float, float]:
    """Return limits from somewhat below most of the curves, where schemes differ, to the top."""
    values = frame["validation_accuracy"].to_numpy(dtype=float)
    values = values[np.isfinite(values)]
    low = float(np.quantile(values, 0.2))
    if threshold is not None:
        low = min(low, threshold - 10)
    high = max(float(values.max()), threshold or 0.0)
    return (max(low, 0.0), min(high + 0.06 * (high - low) + 0.2, 101.0))
