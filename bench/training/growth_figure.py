"""The figure of growth: the cost of an image that is trained on, by what grows."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.ticker import FuncFormatter, LogLocator

from biasinit.reporting.figures.canvas import Canvas, new_canvas
from biasinit.reporting.figures.lines import draw_legend, draw_lines
from biasinit.reporting.figures.style import INK, SchemeLook, scheme_looks, style_context
from biasinit.reporting.figures.svg import to_svg

NAMES = ("plain loop", "serial", "eager", "compiled")
LIMIT = "matrix product"  # what the processor can do
TITLES = {
    "width, 8×8": "members side by side, 8×8",
    "width": "members side by side, 32×32",
    "side": "side of the images",
    "channels": "channels of the last stage",
    "channels, batch norm": "the same, batch norm",
    "depth": "convolutions",
    "residual depth": "depth of a residual network",
    "runs": "runs in a shard, digits",
}
COLUMNS, PANEL, GAP = 4, 1.7, 0.6  # panels in a row; inches
LEFT, BOTTOM, TOP, BESIDE = 0.62, 0.3, 0.55, 0.62
MARK = 4  # points
MOST_TICKS = 4
LOOKS = {
    **scheme_looks(NAMES), LIMIT: SchemeLook(colour=INK.light, marker=".", dash=(1.0, 1.5))
}  # fmt: skip
ALT = "Cost of an image that is trained on, by size, under each engine and beside a plain loop"

Found = Mapping[str, Any]


def growth_figure(found: Found) -> str:
    """Return the figure as SVG.

    Args:
        found: what ``growth.py`` wrote.

    """
    axes = [name for name in TITLES if name in found]
    rows = -(-len(axes) // COLUMNS)
    with style_context():
        canvas = new_canvas(BOTTOM + rows * PANEL + (rows - 1) * GAP + TOP)
        for place, name in enumerate(axes):
            _panel(canvas, name, found[name]["found"], place, rows)
        draw_legend(canvas, list(LOOKS), LOOKS)
    return to_svg(canvas.picture, name="growth", alt=ALT) + "\n"


def _panel(canvas: Canvas, name: str, found: Found, place: int, rows: int) -> None:
    row, column = divmod(place, COLUMNS)
    width = (canvas.width - LEFT) / COLUMNS
    axes = canvas.axes(
        left=LEFT + column * width,
        bottom=BOTTOM + (rows - 1 - row) * (PANEL + GAP),
        width=width - BESIDE,
        height=PANEL,
    )
    axes.set_title(TITLES[name], fontsize=8)
    axes.grid(axis="y")
    frame = _of_runs(found) if name == "runs" else _of_sizes(found)
    axes.set_xscale("log")
    axes.set_yscale("log")
    draw_lines(axes, frame, LOOKS, column="cost", over="size", size=MARK)
    sizes = sorted(frame["size"].unique())
    shown = sizes[::2] if len(sizes) > MOST_TICKS else sizes
    axes.set_xticks(shown, [f"{size:g}" for size in shown])
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.minorticks_off()
    axes.set_ylabel("s for each run" if name == "runs" else "µs for each image", fontsize=7)


def _of_sizes(found: Found) -> pd.DataFrame:
    rows = []
    for size, point in found.items():
        median = point["median"]
        cost = {name: 1e6 / median[name] for name in NAMES if name in median}
        cost[LIMIT] = 1e6 * point["FLOP for an image"] / median[LIMIT]
        rows += [{"scheme": name, "size": int(size), "cost": value} for name, value in cost.items()]
    return pd.DataFrame(rows)


def _of_runs(found: Found) -> pd.DataFrame:
    rows = [
        {"scheme": engine, "size": int(runs), "cost": seconds}
        for engine, by_runs in found["seconds for each run"].items()
        for runs, seconds in by_runs.items()
    ]
    return pd.DataFrame(rows)
