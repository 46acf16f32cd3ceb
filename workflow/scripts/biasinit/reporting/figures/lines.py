"""Lines over time or over seeds, one for each scheme: panels, legend and the lines themselves."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.collections import Collection
from matplotlib.lines import Line2D

from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.figures.canvas import WIDTH, Canvas, new_canvas, short
from biasinit.reporting.figures.style import PAPER, SchemeLook, scheme_looks, told_apart
from biasinit.reporting.labels import normalization_label
from biasinit.reporting.selection import (
    cell_labels,
    normalizations,
    present_schemes,
    scheme_order,
)

MAXIMUM_CELLS = 4  # rows of panels; further cells are in the table beside the figure
PANEL = 1.75  # inches, height of one panel
GAP = 0.34  # inches between rows of panels, for the title of the lower one
LEGEND_ROW = 0.2  # inches
MARKS = 6  # on a line; on every point they would hide it
MARK = 4.6  # points
EDGE = 0.4  # points, in the colour of the paper: marks that overlap stay apart
READABLE_BAND = 6  # schemes; more bands on one panel cannot be told apart, lines can


def cells_shown(frame: pd.DataFrame) -> list[str]:
    """Return the cells that a figure over time shows."""
    cells = [str(cell) for cell in frame["cell"].drop_duplicates()] if "cell" in frame else ["all"]
    single = [cell for cell in cells if cell != "all"]
    if len(single) > MAXIMUM_CELLS and "all" in cells:
        return ["all"]
    return (single or cells)[:MAXIMUM_CELLS]


def panel_grid(
    frame: pd.DataFrame, study: StudyFacts, *, x_label: str, y_label: str
) -> tuple[Canvas, list[tuple[Axes, pd.DataFrame]]]:
    """Return a figure with a legend, and its panels: cells below, normalisations side by side.

    Args:
        frame: ``normalization, scheme`` and perhaps ``cell``; each panel comes with its rows.
        study: the study, whose order of schemes fixes their looks.
        x_label: below the lowest panels.
        y_label: beside the leftmost panels.

    """
    names = present_schemes(frame, study)
    levels, cells = normalizations(frame), cells_shown(frame)
    labels = cell_labels([str(cell) for cell in frame.get("cell", pd.Series(["all"])).unique()])
    rows_of_legend = legend_rows(names)
    top = 0.05 + LEGEND_ROW * rows_of_legend
    canvas = new_canvas(0.48 + PANEL * len(cells) + GAP * (len(cells) - 1) + 0.3 + top)
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
    draw_legend(canvas, names, scheme_looks(scheme_order(study)))
    return canvas, panels


def legend_columns(names: Sequence[str]) -> int:
    """Return how many names stand side by side without touching."""
    longest = max(len(short(name)) for name in names)
    return max(1, min(len(names), int((WIDTH - 0.7) / (0.62 + 0.072 * longest))))


def legend_rows(names: Sequence[str]) -> int:
    """Return how many lines the legend takes."""
    return -(-len(names) // legend_columns(names))


def draw_legend(canvas: Canvas, names: Sequence[str], looks: dict[str, SchemeLook]) -> None:
    """Write the names with their line and marker along the top of the figure."""
    handles = [
        Line2D(
            [],
            [],
            color=look.colour,
            linestyle=look.linestyle,
            marker=look.marker,
            label=short(name),
        )
        for name in names
        if (look := looks.get(name))
    ]
    canvas.picture.legend(
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
    looks: Mapping[str, SchemeLook],
    *,
    column: str,
    over: str,
    steps: bool = False,
    marks: int = MARKS,
    size: float = MARK,
) -> None:
    """Draw one line for each scheme, with marks on it.

    Args:
        axes: the panel.
        frame: ``scheme``, ``column`` and ``over``.
        looks: of the schemes of the study; others are left out.
        column: drawn upwards; a line ends where it is missing, and another begins behind.
        over: drawn to the right.
        steps: hold each value until the next.
        marks: on a line, about.
        size: of a mark, in points.

    """
    names = [name for name in looks if name in set(frame["scheme"])]
    known = frame[frame["scheme"].isin(names)].sort_values(over, kind="stable")
    pieces = known[column].isna().groupby(known["scheme"]).cumsum()
    before = len(axes.lines)
    with own_labels(axes):
        sns.lineplot(
            known.assign(piece=pieces),
            x=over,
            y=column,
            units="piece",
            estimator=None,  # the frame holds what is to be drawn
            dashes={name: looks[name].dash or "" for name in names},
            drawstyle="steps-post" if steps else "default",
            markersize=size,
            markeredgewidth=EDGE,
            markeredgecolor=PAPER.light,
            ax=axes,
            **told_apart(looks, names),
        )
    named = {(looks[name].colour, looks[name].marker): name for name in names}
    for line in axes.lines[before:]:
        name = named[str(line.get_color()), str(line.get_marker())]
        line.set_label(name)
        every = max(np.size(line.get_xdata()) // marks, 1)
        line.set_markevery((names.index(name) % every, every))


def draw_points(
    axes: Axes,
    frame: pd.DataFrame,
    looks: Mapping[str, SchemeLook],
    *,
    column: str,
    over: str,
    size: float,
    alpha: float = 1.0,
) -> list[Collection]:
    """Draw and return one point for each row, in the colour and with the marker of its scheme.

    Args:
        axes: the panel.
        frame: ``scheme``, ``column`` and ``over``.
        looks: of the schemes of the study; others are left out.
        column: drawn upwards.
        over: drawn to the right.
        size: of a mark, in points.
        alpha: opacity.

    """
    before = len(axes.collections)
    with own_labels(axes):
        for name in [name for name in looks if name in set(frame["scheme"])]:
            # a plot for each: marks of one kind take half the bytes of a picture
            sns.scatterplot(
                frame[frame["scheme"] == name],
                x=over,
                y=column,
                color=looks[name].colour,
                marker=looks[name].marker,
                s=size**2,
                alpha=alpha,
                linewidth=0,
                ax=axes,
            )
    return axes.collections[before:]


def draw_bands(
    axes: Axes, frame: pd.DataFrame, looks: Mapping[str, SchemeLook], *, over: str
) -> None:
    """Draw the band of each line, as the frame holds it: for a whole curve where there is one.

    Args:
        axes: the panel.
        frame: ``scheme``, ``over``, ``lower``, ``upper`` and perhaps ``band_lower, band_upper``.
        looks: of the schemes of the study.
        over: drawn to the right.

    """
    names = [name for name in looks if name in set(frame["scheme"])]
    if len(names) > READABLE_BAND:
        return
    for name in names:
        rows = frame[frame["scheme"] == name].sort_values(over)
        lower, upper = _band_columns(rows)
        if {lower, upper} <= set(rows):
            axes.fill_between(
                rows[over].to_numpy(dtype=float),
                rows[lower].to_numpy(dtype=float),
                rows[upper].to_numpy(dtype=float),
                color=looks[name].colour,
                alpha=0.16,
                linewidth=0,
                gid="band",
            )


@contextmanager
def own_labels(axes: Axes) -> Iterator[None]:
    """Keep the labels of the axes, which seaborn would replace by names of columns."""
    labels = axes.get_xlabel(), axes.get_ylabel()
    yield
    axes.set_xlabel(labels[0])
    axes.set_ylabel(labels[1])


def has_simultaneous_band(frame: pd.DataFrame) -> bool:
    """Return whether any curve has a band that holds for all of it: there are seeds enough."""
    return "band_lower" in frame and bool(frame["band_lower"].notna().any())


def _band_columns(rows: pd.DataFrame) -> tuple[str, str]:
    """Return the band of the whole curve; the pointwise one where there are too few seeds."""
    return ("band_lower", "band_upper") if has_simultaneous_band(rows) else ("lower", "upper")
