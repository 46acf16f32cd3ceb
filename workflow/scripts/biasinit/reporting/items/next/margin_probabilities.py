"""How probable it is that each effect lies below, within or above the margin."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Picture

from biasinit import numbers
from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.figures.alternatives import LISTED, by_level
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
from biasinit.reporting.figures.captions import margin_words
from biasinit.reporting.figures.style import BAND, INK, MUTED
from biasinit.reporting.items.kinds import FigureItem, Shown, TableBelow, Tables
from biasinit.reporting.labels import normalization_label
from biasinit.reporting.page.columns import OF_METRIC, SCHEME, WHERE, decimals, percent, words
from biasinit.reporting.selection import has_values, normalizations, records, rows_of

PARTS = {"below": MUTED, "inside": BAND, "above": INK}


def draw(frame: pd.DataFrame, _study: StudyFacts) -> Picture:
    """Return one bar for each scheme, from certainly below the margin to certainly above it.

    Args:
        frame: ``normalization, scheme, below, inside, above``; probabilities.
        _study: the study.

    """
    levels = normalizations(frame)
    schemes = [str(name) for name in frame["scheme"].drop_duplicates()]
    texts = [_inside(row["inside"]) for row in records(frame)]
    left, room = label_inches(schemes), text_inches(texts)
    width = (WIDTH - left - 0.1) / len(levels) - room - 0.12
    canvas = new_canvas(0.95 + ROW * len(schemes))
    for place, level in enumerate(levels):
        axes = canvas.axes(
            left=left + place * (width + room + 0.12),
            bottom=0.55,
            width=width,
            height=ROW * len(schemes),
        )
        here = frame[frame["normalization"] == level].drop_duplicates("scheme")
        _bars(axes, here.set_index("scheme").reindex(schemes), schemes)
        axes.set_title(normalization_label(level))
        axes.tick_params(axis="y", labelleft=place == 0)
    return canvas.picture


def _bars(axes: Axes, rows: pd.DataFrame, schemes: list[str]) -> None:
    label_rows(axes, [short(scheme) for scheme in schemes])
    start = pd.Series(0.0, index=rows.index)
    for part, tone in PARTS.items():
        share = 100 * rows[part].astype(float)
        axes.barh(
            range(len(rows)),
            share,
            left=start,
            height=0.62,
            color=tone.light,
            edgecolor=INK.light,
            linewidth=0.4,
            gid=part,
        )
        start = start + share
    axes.set_xlim(0, 100)
    axes.set_xlabel("probability, %", fontsize=8)
    write_numbers(axes, [_inside(value) for value in rows["inside"]])


def _inside(share: float) -> str:
    return f"{numbers.percent(float(share))} within"


def alternative(frame: pd.DataFrame, _study: StudyFacts) -> str:
    """Return, by normalisation, how probable each effect is to lie within the margin."""
    parts = []
    for level, rows in by_level(frame):
        named = [f"{row['scheme']} {numbers.percent(row['inside'])}" for row in records(rows)]
        parts.append(f"{level}: {'; '.join(named[:LISTED])}.")
    return f"Probability that the effect lies within the margin. {' '.join(parts)}"


def caption(_frame: pd.DataFrame, _tables: Tables, study: StudyFacts) -> str:
    """Return how to read the bars, and that they decide nothing."""
    metric = study.metric
    return (
        f"Probability that the difference of {metric.short}{metric.hint} from {study.reference} "
        f"lies below (grey), within (the shade of the margin, {margin_words(study)} {metric.unit}) "
        "or above it (dark): a flat prior and the t-distribution of the estimate. It decides "
        "nothing; it tells an open verdict that is nearly settled from one that is not."
    )


ITEM = FigureItem(
    needed=("normalization", "scheme", "below", "inside", "above"),
    frame=rows_of("margin_probabilities"),
    drawable=has_values("inside"),
    draw=draw,
    alternative=alternative,
    caption=caption,
    tables=(
        TableBelow(
            name="margin_probabilities",
            title="Where each effect lies",
            note="Probabilities under a flat prior; they decide nothing.",
            columns=(
                WHERE,
                SCHEME,
                words("against", "reference"),
                decimals("margin, {unit}", "margin", OF_METRIC),
                percent("below", "below"),
                percent("within", "inside"),
                percent("above", "above"),
            ),
            rows=rows_of("margin_probabilities"),
            file="analysis/margin_probabilities.parquet",
            folded="Where each effect lies, in probabilities",
        ),
    ),
    sentences=(),
    rules=(),
    shown=Shown.ALWAYS,
)
