"""Figure of what happens inside the network, layer by layer."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from biasinit.reporting.catalogue import normalization_label
from biasinit.reporting.curves import LEGEND_ROW, draw_legend, legend_rows
from biasinit.reporting.forest import WIDTH, drawable, new_frame, placeholder
from biasinit.reporting.selection import normalizations
from biasinit.reporting.style import scheme_looks, style_context

QUANTITIES = {
    "active_fraction": "active units\n(share of inputs)",
    "dead_fraction": "dead units\n(share of units)",
    "gradient_norm_weight": "gradient norm\n(weights)",
    "bias_shift": "distance moved\nby biases",
}
THEORY = "theory"  # ends the label of predicted points
MOMENTS = ("start", "end")
PANEL = 1.15  # inches
FEW_LAYERS = 5  # whose names have room side by side
NAMED_LAYERS = 8  # of a deep network, so that names do not touch
SMALL = 0.55  # marks of a deep network, as a share of their usual size


def mechanism(frame: pd.DataFrame, *, schemes: Sequence[str]) -> Figure:
    """Return four quantities by layer, at the start and at the end of training.

    Args:
        frame: ``normalization, scheme, when, layer, quantity, estimate, lower, upper`` and,
            where theory says something, ``predicted``.
        schemes: order of the study.

    """
    if not drawable(frame, columns=["estimate", "normalization", "scheme", "layer", "quantity"]):
        return placeholder("mechanism", frame)
    names = [name for name in schemes if name in set(frame["scheme"])]
    levels = normalizations(frame)
    columns = [
        (level, when) for level in levels for when in MOMENTS if (frame["when"] == when).any()
    ]
    rows = [quantity for quantity in QUANTITIES if (frame["quantity"] == quantity).any()]
    if not names or not columns or not rows:
        return placeholder("mechanism", frame)
    layers = [str(layer) for layer in frame["layer"].drop_duplicates()]
    with style_context():
        top = 0.15 + LEGEND_ROW * legend_rows(names)
        bottom = 0.4 if len(layers) <= FEW_LAYERS else 0.75
        canvas = new_frame(top + bottom + (PANEL + 0.15) * len(rows))
        width = (WIDTH - 1.1) / len(columns) - 0.12
        for line, quantity in enumerate(rows):
            here = frame[frame["quantity"] == quantity]
            limits = _limits(here)
            for place, (level, when) in enumerate(columns):
                axes = canvas.axes(
                    left=1.0 + place * (width + 0.12),
                    bottom=bottom + (len(rows) - 1 - line) * (PANEL + 0.15),
                    width=width,
                    height=PANEL,
                )
                panel = here[(here["normalization"] == level) & (here["when"] == when)]
                _by_layer(axes, panel, layers, names, schemes)
                axes.set_ylim(*limits)
                axes.tick_params(axis="y", labelleft=place == 0)
                axes.tick_params(axis="x", labelbottom=line == len(rows) - 1)
                if place == 0:
                    axes.set_ylabel(QUANTITIES[quantity], fontsize=8)
                if line == 0:
                    short_level = normalization_label(level).replace("normalisation", "norm.")
                    axes.set_title(f"{short_level}: {when}", fontsize=8)
        draw_legend(canvas, names, scheme_looks(schemes))
    return canvas.figure


def _limits(frame: pd.DataFrame) -> tuple[float, float]:
    columns = [column for column in ("estimate", "lower", "upper", "predicted") if column in frame]
    values = frame[columns].to_numpy(dtype=float)
    values = values[np.isfinite(values)]
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
    room = 0.08 * (high - low) or 0.05
    return (min(low, 0.0) - room, high + room)


def _by_layer(
    axes: Axes,
    frame: pd.DataFrame,
    layers: Sequence[str],
    names: Sequence[str],
    schemes: Sequence[str],
) -> None:
    looks = scheme_looks(schemes)
    step = math.ceil(len(layers) / NAMED_LAYERS)
    scale = SMALL if step > 1 else 1.0
    for place, name in enumerate(names):
        rows = frame[frame["scheme"] == name].drop_duplicates("layer").set_index("layer")
        rows = rows.reindex(list(layers))
        nudge = 0.3 * ((place + 0.5) / len(names) - 0.5)
        x = np.arange(len(layers)) + nudge
        look = looks[name]
        if {"lower", "upper"} <= set(rows):
            axes.vlines(
                x,
                rows["lower"].astype(float),
                rows["upper"].astype(float),
                color=look.colour,
                linewidth=1.2,
            )
        axes.plot(
            x,
            rows["estimate"].to_numpy(dtype=float),
            color=look.colour,
            linestyle=look.dash,
            marker=look.marker,
            markersize=3.8 * scale,
            linewidth=1.0,
            label=name,
        )
        if "predicted" in rows:
            axes.plot(
                x,
                rows["predicted"].to_numpy(dtype=float),
                color=look.colour,
                linestyle="none",
                marker="x",
                markersize=6.5 * scale,
                markeredgewidth=1.0,
                label=f"{name}: {THEORY}",
            )
    axes.set_xlim(-0.5, len(layers) - 0.5)
    axes.set_xticks(
        range(0, len(layers), step),
        layers[::step],
        rotation=90 if len(layers) > FEW_LAYERS else 0,
    )
    axes.grid(axis="y")
