"""Lines over time or over seeds, one for each scheme: panels, legend and the lines themselves."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.figures.canvas import WIDTH, Canvas, new_canvas, short
from biasinit.reporting.figures.style import SchemeLook, scheme_looks
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
            [], [], color=look.colour, linestyle=look.dash, marker=look.marker, label=short(name)
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
    study: StudyFacts,
    *,
    column: str,
    over: str = "epoch",
    steps: bool = False,
) -> None:
    """Draw one line for each scheme, with its band where the frame has one.

    Args:
        axes: the panel.
        frame: ``scheme``, ``column`` and ``over``.
        study: the study, whose order of schemes fixes their looks.
        column: drawn upwards.
        over: drawn to the right.
        steps: hold each value until the next.

    """
    looks = scheme_looks(scheme_order(study))
    names = [name for name in looks if name in set(frame["scheme"])]
    for place, name in enumerate(names):
        rows = frame[frame["scheme"] == name].sort_values(over)
        look = looks[name]
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
            label=name,
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


def has_simultaneous_band(frame: pd.DataFrame) -> bool:
    """Return whether any curve has a band that holds for all of it: there are seeds enough."""
    return "band_lower" in frame and bool(frame["band_lower"].notna().any())


def _band_columns(rows: pd.DataFrame) -> tuple[str, str]:
    """Return the band of the whole curve; the pointwise one where there are too few seeds."""
    return ("band_lower", "band_upper") if has_simultaneous_band(rows) else ("lower", "upper")
