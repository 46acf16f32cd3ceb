"""Figure of the residuals, beside those of tables drawn from the mixed model."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from biasinit.reporting.catalogue import normalization_label
from biasinit.reporting.figures.forest import WIDTH, drawable, new_frame, placeholder
from biasinit.reporting.figures.style import BAND, INK, LINE, style_context
from biasinit.reporting.selection import normalizations

PANEL = 2.3  # inches, height of a panel
GAP = 0.5  # inches between panels


def residuals(frame: pd.DataFrame) -> Figure:
    """Return ordered residuals over normal quantiles, with the band of simulated tables.

    Args:
        frame: the table ``accuracy_residuals``.

    """
    if not drawable(frame, columns=["observed", "normalization", "normal", "lower", "upper"]):
        return placeholder("residuals", frame)
    levels = normalizations(frame)
    with style_context():
        canvas = new_frame(PANEL + 0.85)
        width = (WIDTH - 0.75 - GAP * (len(levels) - 1)) / len(levels)
        for place, level in enumerate(levels):
            rows = frame[frame["normalization"] == level]
            normal, observed, expected, lower, upper = (
                rows[name].to_numpy(dtype=float)
                for name in ("normal", "observed", "expected", "lower", "upper")
            )
            axes = canvas.axes(
                left=0.62 + place * (width + GAP), bottom=0.48, width=width, height=PANEL
            )
            axes.grid()
            axes.fill_between(normal, lower, upper, color=BAND.light, linewidth=0, gid="envelope")
            axes.plot(normal, expected, color=LINE.light, linewidth=1.2, gid="expected")
            outside = (observed < lower) | (observed > upper)
            for chosen, face, name in ((~outside, "none", "inside"), (outside, INK.light, "out")):
                axes.plot(
                    normal[chosen],
                    observed[chosen],
                    "o",
                    markersize=3.6,
                    markerfacecolor=face,
                    markeredgecolor=INK.light,
                    markeredgewidth=0.8,
                    gid=name,
                )
            reach = float(np.nanmax(np.abs([observed, lower, upper])))
            axes.set_ylim(-1.06 * reach, 1.06 * reach)
            axes.set_title(normalization_label(level))
            axes.set_xlabel("standard normal quantile", fontsize=8)
            if not place:
                axes.set_ylabel("residual, SDs of its row", fontsize=8)
    return canvas.figure


def share_outside(frame: pd.DataFrame) -> float:
    """Return the share of shown residuals beyond the band of simulated tables."""
    beyond = (frame["observed"] < frame["lower"]) | (frame["observed"] > frame["upper"])
    return float(beyond.mean())
