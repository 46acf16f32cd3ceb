"""Scheme by normalisation: means at both levels, and how effects differ between them."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.figure import Figure as Picture
from matplotlib.ticker import MaxNLocator

from biasinit.metric import Metric
from biasinit.numbers import as_float
from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.figures.alternatives import extremes_by_level
from biasinit.reporting.figures.canvas import (
    SCALE_CHARACTER,
    SCALE_SIZE,
    TALL_ROW,
    WIDTH,
    Canvas,
    label_inches,
    label_rows,
    new_canvas,
    short,
    text_inches,
    write_numbers,
)
from biasinit.reporting.figures.captions import DECIDING
from biasinit.reporting.figures.contrast_rows import points_rows
from biasinit.reporting.figures.forest import draw_forest, symmetric_limits
from biasinit.reporting.figures.style import INK, LINE, MUTED, PAPER, scheme_looks
from biasinit.reporting.items.kinds import FigureItem, Shown, Tables
from biasinit.reporting.labels import normalization_label
from biasinit.reporting.selection import (
    any_finite,
    arranged,
    contrasts,
    normalizations,
    part,
    present_schemes,
    records,
    scheme_order,
    stacked,
    table,
    usable,
)
from biasinit.verdicts import Outcome

MEANS = "marginal mean"
CONTRASTS = "contrast of contrasts"
_EFFECT = ("normalization", "scheme", "estimate", "lower", "upper")


def frame(tables: Tables, study: StudyFacts) -> pd.DataFrame:
    """Return marginal means, and below them the contrasts of contrasts."""
    schemes = scheme_order(study)
    means = arranged(table(tables, "accuracy_means"), schemes=schemes)
    differences = contrasts(
        tables, "accuracy_contrasts", family="interaction", outcome="interaction", schemes=schemes
    )
    return stacked(
        {
            MEANS: usable(means, needed=_EFFECT),
            CONTRASTS: usable(differences, needed=_EFFECT),
        }
    )


def drawable(frame: pd.DataFrame) -> bool:
    """Return whether there is any mean; contrasts alone are not drawn."""
    return any_finite(part(frame, MEANS), "estimate")


def draw(frame: pd.DataFrame, study: StudyFacts) -> Picture:
    """Return marginal means at both normalisations, and how the effect differs between them.

    Args:
        frame: two parts, each ``normalization, scheme, estimate, lower, upper``: means in percent,
            and contrasts of contrasts in points, of which there may be none.
        study: the study.

    """
    means, differences = part(frame, MEANS), part(frame, CONTRASTS)
    names = present_schemes(means, study)
    left = label_inches(names)
    has_contrasts = any_finite(differences, "estimate")
    room = (WIDTH - left - 0.2) * (0.46 if has_contrasts else 0.94)
    canvas = new_canvas(0.95 + TALL_ROW * len(names))
    _dumbbells(canvas, means, names, study.metric, left=left, width=room)
    if has_contrasts:
        _contrast_panel(canvas, differences, names, study, left=left + room + 0.3)
    return canvas.picture


def _dumbbells(
    canvas: Canvas,
    frame: pd.DataFrame,
    names: Sequence[str],
    metric: Metric,
    *,
    left: float,
    width: float,
) -> None:
    axes = canvas.axes(left=left, bottom=0.6, width=width, height=TALL_ROW * len(names))
    levels = normalizations(frame)
    points = {(str(row["normalization"]), str(row["scheme"])): row for row in records(frame)}
    offsets = {level: 0.14 * (2 * place - len(levels) + 1) for place, level in enumerate(levels)}
    for place, name in enumerate(names):
        ends = []
        for level in levels:
            if (level, name) not in points:
                continue
            row = points[level, name]
            height = place + offsets[level]
            filled = INK.light if level == levels[0] else PAPER.light
            bounds = [as_float(row["lower"]), as_float(row["upper"])]
            axes.plot(bounds, [height] * len(bounds), color=MUTED.light, linewidth=2.2)
            axes.plot(
                [float(row["estimate"])],
                [height],
                marker="o",
                markersize=6,
                markerfacecolor=filled,
                markeredgecolor=INK.light,
                linestyle="none",
                label=normalization_label(level) if place == 0 else None,
                gid="mean",
            )
            ends.append((float(row["estimate"]), height))
        if len(ends) > 1:
            axes.plot(*zip(*ends, strict=True), color=LINE.light, linewidth=1, zorder=1)
    label_rows(axes, [short(name) for name in names])
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5))
    shown, how = f"{metric.name}, {metric.level_unit}:", "marginal mean over conditions"
    fits = width > SCALE_CHARACTER * len(f"{shown} {how}")
    axes.set_xlabel(f"{shown} {how}" if fits else f"{shown}\n{how}", fontsize=SCALE_SIZE)
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(-0.02, 1.0),
        ncols=2,
        handletextpad=0.2,
        borderpad=0.2,
        columnspacing=1.0,
        fontsize=8,
    )


def _contrast_panel(
    canvas: Canvas,
    differences: pd.DataFrame,
    names: Sequence[str],
    study: StudyFacts,
    *,
    left: float,
) -> None:
    rows = points_rows(differences, metric=study.metric, outcome=Outcome.INTERACTION)
    rows = rows.drop_duplicates("label")
    rows = rows.set_index("label").reindex(list(names)).reset_index()
    texts = [_text(row) for row in records(rows)]
    lines = [line for text in texts for line in text.split("\n")]
    width = WIDTH - left - text_inches(lines) - 0.1
    axes = canvas.axes(left=left, bottom=0.6, width=width, height=TALL_ROW * len(names))
    draw_forest(
        axes,
        _blank_missing(rows, differences),
        looks=scheme_looks(scheme_order(study)),
        limits=symmetric_limits(rows),
    )
    axes.tick_params(axis="y", labelleft=False)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4))
    axes.set_title("does the effect change?")
    axes.set_xlabel(f"{study.metric.unit}: effect with − effect without", fontsize=8)
    write_numbers(axes, texts)


def _text(row: Mapping[str, Any]) -> str:
    """Return the numbers of a row, or its verdict where it has none."""
    text, absent = row["text"], row.get("absent")
    if isinstance(text, str) and text:
        return text
    return absent if isinstance(absent, str) and not row.get("blank") else ""


def _blank_missing(rows: pd.DataFrame, differences: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with the reference, which has no contrast with itself, left blank."""
    return rows.assign(blank=~rows["label"].isin(differences["scheme"].astype(str)))


def alternative(frame: pd.DataFrame, study: StudyFacts) -> str:
    """Return the lowest and the highest mean at each normalisation."""
    unit, places = study.metric.level_unit, study.places
    extremes = extremes_by_level(part(frame, MEANS), "estimate", unit=unit, places=places)
    return f"Mean {study.metric.name}. {extremes}"


def caption(_frame: pd.DataFrame, _tables: Tables, study: StudyFacts) -> str:
    """Return how to read both panels."""
    return (
        "Left: marginal means of the mixed model over conditions, without (filled) and with (open) "
        f"batch normalisation. Right: how much the effect against {study.reference} differs "
        "between the two; zero means that batch normalisation changes nothing. "
        f"{DECIDING}"
    )


ITEM = FigureItem(
    needed=(*_EFFECT, "part"),
    frame=frame,
    drawable=drawable,
    draw=draw,
    alternative=alternative,
    caption=caption,
    tables=(),
    sentences=(),
    rules=(),
    shown=Shown.ALWAYS,
)
