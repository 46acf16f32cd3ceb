"""The same contrasts under other defensible choices; only the registered one decides."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Picture

from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.figures.alternatives import LISTED, begun
from biasinit.reporting.figures.canvas import (
    WIDTH,
    label_inches,
    label_rows,
    label_scale,
    new_canvas,
    short,
    text_inches,
    write_numbers,
)
from biasinit.reporting.figures.style import BAND, INK, MUTED, scheme_looks
from biasinit.reporting.items.kinds import FigureItem, Shown, TableBelow, Tables
from biasinit.reporting.labels import normalization_label
from biasinit.reporting.page.columns import (
    OF_METRIC,
    SCHEME,
    WHERE,
    in_its_words,
    interval,
    probability,
    signed,
    words,
)
from biasinit.reporting.selection import (
    arranged,
    has_values,
    normalizations,
    records,
    rows_of,
    scheme_order,
    table,
)

LANE = 0.42  # inches for all specifications of one scheme
SPREAD = 0.36  # half the height of a lane that marks use


def frame(tables: Tables, study: StudyFacts) -> pd.DataFrame:
    """Return the specifications of accuracy whose estimates are in points."""
    found = table(tables, "sensitivity")
    if not {"outcome", "scale"} <= set(found.columns):
        return pd.DataFrame()
    in_points = (found["outcome"] == "accuracy") & (found["scale"] == "points")
    return arranged(found[in_points], schemes=scheme_order(study))


def draw(frame: pd.DataFrame, study: StudyFacts) -> Picture:
    """Return every specification's estimate on the scale of points, the registered one marked.

    The equivalence margin is always in view, so that small looks small.

    Args:
        frame: ``normalization, scheme, estimate, decision, registered``, in points.
        study: the study.

    """
    margin = min(study.analysis.margins.values())
    names = [name for name in scheme_order(study) if name in set(frame["scheme"])]
    levels = normalizations(frame)
    texts = {
        (level, name): _decisions(part)
        for (level, name), part in frame.groupby(["normalization", "scheme"], sort=False)
    }
    canvas = new_canvas(0.95 + LANE * len(names))
    left, room = label_inches(names), text_inches(list(texts.values()))
    width = (WIDTH - left - 0.1) / len(levels) - room - 0.12
    for place, level in enumerate(levels):
        axes = canvas.axes(
            left=left + place * (width + room + 0.12),
            bottom=0.55,
            width=width,
            height=LANE * len(names),
        )
        axes.axvspan(-margin, margin, color=BAND.light, linewidth=0, zorder=0, gid="margin")
        _lanes(axes, frame[frame["normalization"] == level], names, study)
        low, high = axes.get_xlim()
        axes.set_xlim(min(low, -1.6 * margin), max(high, 1.6 * margin))
        write_numbers(axes, [texts.get((level, name), "") for name in names])
        axes.set_title(normalization_label(level))
        if place:
            axes.tick_params(axis="y", labelleft=False)
    label = f"{study.metric.of_differences}; one mark is one specification"
    label_scale(canvas, canvas.picture.axes, label)
    return canvas.picture


def _decisions(rows: pd.DataFrame) -> str:
    """Return how many specifications decide what, the most frequent first."""
    counts = rows["decision"].value_counts(sort=True)
    return ", ".join(f"{count} {name}" for name, count in counts.items())


def _lanes(axes: Axes, rows: pd.DataFrame, names: Sequence[str], study: StudyFacts) -> None:
    looks = scheme_looks(scheme_order(study))
    label_rows(axes, [short(name) for name in names])
    axes.axvline(0, color=INK.light, linewidth=0.9, gid="neutral")
    for place, name in enumerate(names):
        lane = rows[rows["scheme"] == name].dropna(subset=["estimate"]).sort_values("estimate")
        heights = place + np.linspace(-SPREAD, SPREAD, max(len(lane), 2))[: len(lane)]
        look = looks[name]
        for height, row in zip(heights, records(lane), strict=True):
            registered = bool(row["registered"])
            axes.plot(
                [float(row["estimate"])],
                [height],
                marker=look.marker if registered else "|",
                markersize=7 if registered else 5,
                color=look.colour if row["decision"] in {"higher", "lower"} else MUTED.light,
                markeredgecolor=INK.light if registered else None,
                linestyle="none",
                zorder=3 if registered else 2,
                gid="registered" if registered else "specification",
            )


def alternative(frame: pd.DataFrame, study: StudyFacts) -> str:
    """Return, by normalisation and scheme, how many specifications decide what."""
    parts = []
    for level, rows in frame.groupby("normalization", sort=False):
        named = [
            f"{scheme} {_decisions(lane)}" for scheme, lane in rows.groupby("scheme", sort=False)
        ]
        parts.append(f"{normalization_label(str(level))}: {'; '.join(named[:LISTED])}.")
    unit = study.metric.unit
    return f"Decisions of all specifications in {unit}. {begun(' '.join(parts))}"


def caption(_frame: pd.DataFrame, _tables: Tables, _study: StudyFacts) -> str:
    """Return which choices are varied, and which of them decides."""
    return (
        "Every contrast repeated under other defensible choices: measure, analysis, failed "
        "runs, weights of cells. Only the registered specification (large mark) decides; grey "
        "marks leave the question open. The shaded band is the margin."
    )


ITEM = FigureItem(
    needed=("normalization", "scheme", "estimate", "decision", "registered"),
    frame=frame,
    drawable=has_values("estimate"),
    draw=draw,
    alternative=alternative,
    caption=caption,
    tables=(
        TableBelow(
            name="sensitivity",
            title="All specifications",
            note="Only the registered one decides; the others show how much hangs on choices.",
            columns=(
                in_its_words("outcome", "outcome"),
                WHERE,
                SCHEME,
                words("measure", "measure"),
                in_its_words("scale", "scale"),
                words("failed runs", "failures"),
                words("analysis", "analysis"),
                words("weights", "weights"),
                signed("threshold", "threshold_offset", 0),
                signed("estimate", "estimate", OF_METRIC),
                interval("95 % interval", "lower", "upper", OF_METRIC),
                probability("p, family", "p_adjusted"),
                words("decision", "decision"),
                words("registered", "registered"),
            ),
            rows=rows_of("sensitivity"),
            file="analysis/sensitivity.parquet",
            folded="All specifications",
        ),
    ),
    sentences=(),
    rules=(),
    shown=Shown.ALWAYS,
)
