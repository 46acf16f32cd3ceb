"""How often the analysis errs, measured on runs like those of the study."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Picture

from biasinit import numbers
from biasinit.numbers import as_float
from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.figures.canvas import (
    ROW,
    WIDTH,
    label_inches,
    label_rows,
    new_canvas,
    short,
    text_inches,
    write_numbers,
)
from biasinit.reporting.figures.style import BAND, INK
from biasinit.reporting.items.kinds import FigureItem, Shown, TableBelow, Tables
from biasinit.reporting.page.columns import count, in_its_words, percent, words
from biasinit.reporting.selection import has_values, records, rows_of

LONGEST = 44  # characters of the label of a rate


def draw(frame: pd.DataFrame, study: StudyFacts) -> Picture:
    """Return every rate with its Clopper-Pearson interval and the band it should hit.

    Args:
        frame: the table ``calibration``.
        study: the study.

    """
    labels = [
        f"{study.metric.renamed(row['quantity'])}, {row['experiment']}" for row in records(frame)
    ]
    texts = [
        f"{numbers.percent(row['rate'], decimals=1)} of {numbers.count(row['tables'])}"
        for row in records(frame)
    ]
    canvas = new_canvas(0.65 + ROW * len(frame))
    left, room = label_inches(labels, longest=LONGEST), text_inches(texts)
    axes = canvas.axes(
        left=left, bottom=0.5, width=WIDTH - left - room - 0.1, height=ROW * len(frame)
    )
    axes.set_xlim(0, 100)
    label_rows(axes, [short(label, longest=LONGEST) for label in labels])
    for place, row in enumerate(records(frame)):
        band = (100 * float(row["band_lower"]), 100 * float(row["band_upper"]))
        if np.isfinite(band).all():
            axes.barh(place, band[1] - band[0], left=band[0], height=0.9, color=BAND.light)
        axes.plot(
            [100 * float(row["lower"]), 100 * float(row["upper"])],
            [place, place],
            color=INK.light,
            linewidth=2.4,
            solid_capstyle="butt",
        )
        axes.plot(
            [100 * float(row["rate"])], [place], "o", color=INK.light, markersize=5, gid="rate"
        )
    write_numbers(axes, texts)
    axes.set_xlabel("% of tables or contrasts; the shaded band is where the rate should be")
    return canvas.picture


def alternative(frame: pd.DataFrame, study: StudyFacts) -> str:
    """Return every rate with its interval."""
    parts = [
        f"{study.metric.renamed(row['quantity'])}, {row['experiment']}: "
        f"{numbers.percent(as_float(row['rate']))} "
        f"({numbers.percent(as_float(row['lower']))} to {numbers.percent(as_float(row['upper']))})"
        for row in records(frame)
    ]
    return f"Measured rates. {'; '.join(parts)}."


def caption(_frame: pd.DataFrame, _tables: Tables, _study: StudyFacts) -> str:
    """Return on which runs the rates were measured."""
    return (
        "Rates of error, coverage and power, measured on relabelled runs and on runs simulated "
        "from the fitted model, with Clopper-Pearson 95 % intervals."
    )


ITEM = FigureItem(
    needed=("experiment", "quantity", "rate", "lower", "upper", "band_lower", "band_upper"),
    frame=rows_of("calibration"),
    drawable=has_values("rate"),
    draw=draw,
    alternative=alternative,
    caption=caption,
    tables=(
        TableBelow(
            name="calibration",
            title="Calibration",
            note="How often the registered analysis errs on runs like these.",
            columns=(
                words("experiment", "experiment"),
                in_its_words("quantity", "quantity"),
                percent("rate", "rate"),
                percent("lower", "lower"),
                percent("upper", "upper"),
                percent("band from", "band_lower"),
                percent("band to", "band_upper"),
                words("within band", "within_band"),
                count("tables", "tables"),
            ),
            rows=rows_of("calibration"),
            file="analysis/calibration.parquet",
            folded="Calibration",
        ),
    ),
    sentences=(),
    rules=(),
    shown=Shown.ALWAYS,
)
