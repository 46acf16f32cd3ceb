"""The figure of growth: the cost of an image that is trained on, by what grows."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from biasinit.reporting.figures.canvas import Canvas, new_canvas
from biasinit.reporting.figures.lines import draw_legend, draw_lines
from biasinit.reporting.figures.style import INK, scheme_looks, style_context
from biasinit.reporting.figures.svg import to_svg

NAMES = ("plain loop", "serial", "eager", "compiled")
LIMIT = "matrix product"
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
COLUMNS, PANEL, GAP = 4, 1.75, 0.42  # panels in a row; inches
LEFT, BOTTOM, TOP, ABOVE = 0.62, 0.5, 0.35, 0.3
ALT = "Cost of an image that is trained on, by size, under each engine and beside a plain loop"

Found = Mapping[str, Any]


def growth_figure(found: Found) -> str:
    """Return the figure as SVG.

    Args:
        found: what ``growth.py`` wrote.

    """
    axes = [name for name in TITLES if name in found]
    rows = -(-len(axes) // COLUMNS)
    looks = scheme_looks(NAMES)
    with style_context():
        canvas = new_canvas(BOTTOM + rows * (PANEL + ABOVE + GAP) + TOP)
        for place, name in enumerate(axes):
            _panel(canvas, name, found[name]["found"], place, rows)
        draw_legend(canvas, NAMES, looks)
    return to_svg(canvas.picture, name="growth", alt=ALT) + "\n"


def _panel(canvas: Canvas, name: str, found: Found, place: int, rows: int) -> None:
    row, column = divmod(place, COLUMNS)
    width = (canvas.width - LEFT) / COLUMNS
    axes = canvas.axes(
        left=LEFT + column * width,
        bottom=BOTTOM + (rows - 1 - row) * (PANEL + ABOVE + GAP),
        width=width - 0.5,
        height=PANEL,
    )
    axes.set_title(TITLES[name], fontsize=8)
    axes.grid(axis="y")
    frame, limit = _of_runs(found) if name == "runs" else _of_sizes(found)
    axes.set_xscale("log")
    axes.set_yscale("log")
    draw_lines(axes, frame, scheme_looks(NAMES), column="cost", over="size", size=4)
    if limit is not None:
        axes.plot(limit["size"], limit["cost"], color=INK.light, linestyle=":", gid="limit")
    sizes = sorted(frame["size"].unique())
    shown = sizes if len(sizes) <= 5 else sizes[::2]
    axes.set_xticks(shown, [f"{size:g}" for size in shown])
    axes.minorticks_off()
    if column == 0 or name == "runs":
        axes.set_ylabel("s for each run" if name == "runs" else "µs for each image", fontsize=8)


def _of_sizes(found: Found) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows, limit = [], []
    for size, point in found.items():
        median = point["median"]
        cost = {name: 1e6 / median[name] for name in NAMES if name in median}
        rows += [{"scheme": name, "size": int(size), "cost": value} for name, value in cost.items()]
        least = 1e6 * point["FLOP for an image"] / median[LIMIT]
        limit.append({"size": int(size), "cost": least})
    return pd.DataFrame(rows), pd.DataFrame(limit)


def _of_runs(found: Found) -> tuple[pd.DataFrame, None]:
    rows = [
        {"scheme": engine, "size": int(runs), "cost": seconds}
        for engine, by_runs in found["seconds for each run"].items()
        for runs, seconds in by_runs.items()
    ]
    return pd.DataFrame(rows), None
