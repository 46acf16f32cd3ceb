"""The residuals of the mixed model, beside those of tables drawn from it."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Picture

from biasinit import numbers
from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.figures.alternatives import by_level
from biasinit.reporting.figures.canvas import WIDTH, new_canvas
from biasinit.reporting.figures.style import BAND, INK, LINE
from biasinit.reporting.items.kinds import FigureItem, Shown, TableBelow, Tables
from biasinit.reporting.labels import normalization_label
from biasinit.reporting.page.columns import WHERE, interval, signed
from biasinit.reporting.selection import has_values, normalizations, rows_of, table

PANEL = 2.3  # inches, height of a panel
GAP = 0.5  # inches between panels


def frame(tables: Tables, _study: StudyFacts) -> pd.DataFrame:
    """Return the quantiles of the residuals, in order."""
    return table(tables, "accuracy_residuals")


def draw(frame: pd.DataFrame, _study: StudyFacts) -> Picture:
    """Return ordered residuals over normal quantiles, with the band of simulated tables.

    Args:
        frame: the table ``accuracy_residuals``.
        _study: the study.

    """
    levels = normalizations(frame)
    canvas = new_canvas(PANEL + 0.85)
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
    return canvas.picture


def share_outside(frame: pd.DataFrame) -> float:
    """Return the share of shown residuals beyond the band of simulated tables."""
    beyond = (frame["observed"] < frame["lower"]) | (frame["observed"] > frame["upper"])
    return float(beyond.mean())


def alternative(frame: pd.DataFrame, _study: StudyFacts) -> str:
    """Return, by normalisation, how many residuals leave the band, and the extreme ones."""
    parts = [
        f"{level}: {numbers.percent(share_outside(rows))} of the residuals shown leave the band "
        f"of simulated tables; they reach from {numbers.signed(float(rows['observed'].min()))} to "
        f"{numbers.signed(float(rows['observed'].max()))} SDs."
        for level, rows in by_level(frame)
    ]
    return f"Ordered residuals. {' '.join(parts)}"


def caption(_frame: pd.DataFrame, _tables: Tables, _study: StudyFacts) -> str:
    """Return how to read the marks and the band."""
    return (
        "Residuals of the mixed model around its fixed effects, in order, in standard "
        "deviations of their row; the band holds 95 % of tables simulated from the model, at "
        "each place by itself. Marks beyond the band (filled) show where the model does not "
        "describe the runs; the per-seed contrasts, which decide, need no such model."
    )


ITEM = FigureItem(
    needed=("normalization", "normal", "observed", "expected", "lower", "upper"),
    frame=frame,
    drawable=has_values("observed"),
    draw=draw,
    alternative=alternative,
    caption=caption,
    tables=(
        TableBelow(
            name="accuracy_residuals",
            title="Quantiles of the residuals",
            note="Of the mixed model, against tables simulated from it.",
            columns=(
                WHERE,
                signed("normal quantile", "normal"),
                signed("residual, SDs", "observed"),
                signed("expected", "expected"),
                interval("95 % of simulated tables", "lower", "upper"),
            ),
            rows=rows_of("accuracy_residuals"),
            file="analysis/accuracy_residuals.parquet",
            folded="Quantiles of the residuals",
        ),
    ),
    sentences=(),
    rules=(),
    shown=Shown.ALWAYS,
)
