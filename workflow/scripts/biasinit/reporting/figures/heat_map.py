"""Many effects at a glance: one cell for each, with its number, coloured around zero."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Picture

from biasinit import numbers
from biasinit.metric import Metric
from biasinit.reporting.figures.canvas import WIDTH, label_inches, new_canvas, short
from biasinit.reporting.figures.style import ON_COLOUR, PAPER, diverging
from biasinit.reporting.labels import normalization_label
from biasinit.reporting.selection import normalizations

ROW = 0.2  # inches
COLUMN = 0.42  # inches that a number needs
WIDEST = 1.1  # inches; wider columns look empty
TITLE = 0.3  # inches above a panel
GAP = 0.2  # inches beside or below a panel
LONGEST_COLUMN = 26  # characters of the name of a column, which stands upright
MAXIMUM_ROWS = 60
CHARACTER = 0.062  # inches, of an upright name


def heat_maps(
    frame: pd.DataFrame,
    *,
    rows: str,
    columns: str,
    metric: Metric,
    places: int,
    limit: float,
    longest: int,
) -> Picture:
    """Return one map for each normalisation: side by side where there is room, else stacked.

    What does not fit is left out, at the end of both orders.

    Args:
        frame: ``normalization, estimate`` and the two columns that ``rows`` and ``columns`` name.
        rows: column of the frame whose values are the rows of a map, in their order.
        columns: column of the frame whose values are the columns of a map.
        metric: what the effects are on, whose direction the colours follow.
        places: decimals of the numbers.
        limit: colours say no more beyond it, in either direction.
        longest: characters of the name of a row.

    """
    levels = normalizations(frame)
    names = [str(name) for name in frame[rows].drop_duplicates()][:MAXIMUM_ROWS]
    left = label_inches(names, longest=longest)
    across = [str(name) for name in frame[columns].drop_duplicates()]
    beside = len(levels) if _width(left, len(levels), len(across)) >= COLUMN else 1
    across = across[: int((WIDTH - left - GAP * beside) / (COLUMN * beside))]
    width = min(_width(left, beside, len(across)), WIDEST) * len(across)
    height = ROW * len(names)
    below = 0.15 + CHARACTER * max(len(short(name, longest=LONGEST_COLUMN)) for name in across)
    stacked = len(levels) // beside
    canvas = new_canvas(stacked * (TITLE + height) + (stacked - 1) * GAP + below)
    for place, level in enumerate(levels):
        line, column = divmod(place, beside)
        axes = canvas.axes(
            left=left + column * (width + GAP),
            bottom=below + (stacked - 1 - line) * (height + TITLE + GAP),
            width=width,
            height=height,
        )
        here = frame[frame["normalization"] == level]
        effects = here.pivot(index=rows, columns=columns, values="estimate")
        shown = effects.reindex(index=names, columns=across)
        _draw(axes, shown, limit, longest, metric=metric, places=places)
        axes.set_title(normalization_label(level))
        axes.tick_params(axis="y", labelleft=column == 0)
        axes.tick_params(axis="x", labelbottom=line == stacked - 1)
    return canvas.picture


def _width(left: float, beside: int, columns: int) -> float:
    return ((WIDTH - left) / beside - GAP) / columns


def _draw(
    axes: Axes, effects: pd.DataFrame, limit: float, longest: int, *, metric: Metric, places: int
) -> None:
    values = effects.to_numpy(dtype=float)
    texts = [[numbers.signed(value, decimals=places) for value in row] for row in values]
    sns.heatmap(
        metric.sign * effects,
        vmin=-limit,
        vmax=limit,
        cmap=diverging(),
        annot=np.array(texts),
        fmt="",
        annot_kws={"fontsize": 7.5, "color": ON_COLOUR},
        linewidths=0.8,
        linecolor=PAPER.light,
        cbar=False,
        xticklabels=_shortened(effects.columns, LONGEST_COLUMN),
        yticklabels=_shortened(effects.index, longest),
        ax=axes,
    )
    axes.set(xlabel="", ylabel="")
    axes.tick_params(axis="both", length=0)
    axes.tick_params(axis="x", labelrotation=90)
    axes.tick_params(axis="y", labelrotation=0)


def _shortened(names: Iterable[object], longest: int) -> list[str]:
    return [short(str(name), longest=longest) for name in names]
