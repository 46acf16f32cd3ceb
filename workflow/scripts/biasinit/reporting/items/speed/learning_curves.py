"""Learning curves: mean validation accuracy over epochs, with a band over seeds."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Picture

from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.figures.alternatives import last_points
from biasinit.reporting.figures.lines import (
    draw_bands,
    draw_lines,
    has_simultaneous_band,
    panel_grid,
)
from biasinit.reporting.figures.style import MUTED, scheme_looks
from biasinit.reporting.items.kinds import FigureItem, Shown, Tables
from biasinit.reporting.selection import (
    arranged,
    has_values,
    scheme_order,
    table,
    with_columns,
    without_replicate,
)
from biasinit.reporting.verdicts.sentences import threshold_words


def frame(tables: Tables, study: StudyFacts) -> pd.DataFrame:
    """Return the means over seeds, with their bands."""
    curves = arranged(table(tables, "curve_means"), schemes=scheme_order(study))
    return with_columns(
        without_replicate(curves, study),
        (
            *("normalization", "cell", "scheme", "epoch", "validation_accuracy"),
            *("lower", "upper", "band_lower", "band_upper", "runs"),
        ),
    )


def draw(frame: pd.DataFrame, study: StudyFacts) -> Picture:
    """Return mean validation accuracy over epochs, with a 95 % band over seeds.

    Args:
        frame: ``normalization, cell, scheme, epoch, validation_accuracy, lower, upper`` and, where
            there are seeds enough, ``band_lower, band_upper``, which hold for a whole curve.
        study: the study.

    """
    threshold = _threshold(study)
    canvas, grid = panel_grid(frame, study, x_label="epoch", y_label="validation accuracy, %")
    looks = scheme_looks(scheme_order(study))
    for axes, panel in grid:
        draw_bands(axes, panel, looks, over="epoch")
        draw_lines(axes, panel, looks, column="validation_accuracy", over="epoch")
        axes.set_ylim(*_upper_part(frame, threshold))
        if threshold is not None:
            axes.axhline(
                threshold, color=MUTED.light, linewidth=0.9, linestyle=":", gid="threshold"
            )
    return canvas.picture


def _threshold(study: StudyFacts) -> float | None:
    """Return the accuracy that counts as converged, None when data sets differ in it."""
    values = set(study.analysis.thresholds.values())
    return values.pop() if len(values) == 1 else None


def _upper_part(frame: pd.DataFrame, threshold: float | None) -> tuple[float, float]:
    """Return limits from somewhat below most of the curves, where schemes differ, to the top."""
    values = frame["validation_accuracy"].to_numpy(dtype=float)
    values = values[np.isfinite(values)]
    low = float(np.quantile(values, 0.2))
    if threshold is not None:
        low = min(low, threshold - 10)
    high = max(float(values.max()), threshold or 0.0)
    return (max(low, 0.0), min(high + 0.06 * (high - low) + 0.2, 101.0))


def alternative(frame: pd.DataFrame, _study: StudyFacts) -> str:
    """Return the lowest and the highest curve at the last epoch."""
    return last_points(frame, "validation_accuracy", what="Mean validation accuracy")


def caption(frame: pd.DataFrame, _tables: Tables, study: StudyFacts) -> str:
    """Return how to read the curves and their bands."""
    bands = (
        "Each band holds for its whole curve at once, in 95 % of studies."
        if has_simultaneous_band(frame)
        else "Bands are 95 % intervals over seeds, at each epoch by itself."
    )
    return (
        f"Mean validation accuracy over {study.seeds} seeds; the dotted line is the threshold "
        f"({threshold_words(study)}). {bands} Curves start below the scale where they do not "
        "differ."
    )


ITEM = FigureItem(
    needed=("normalization", "scheme", "epoch", "validation_accuracy"),
    frame=frame,
    drawable=has_values("validation_accuracy"),
    draw=draw,
    alternative=alternative,
    caption=caption,
    tables=(),
    sentences=(),
    rules=(),
    shown=Shown.ALWAYS,
)
