"""The forest of a synthesis: for each scheme its mean over conditions, and the conditions."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.figure import Figure as Picture
from matplotlib.ticker import MaxNLocator

from biasinit import numbers
from biasinit.reporting.atlas.contents import Synthesis
from biasinit.reporting.atlas.rows import (
    Effect,
    Pooled,
    effects_of,
    levels_of,
    pooled_of,
    schemes_of,
)
from biasinit.reporting.figures.alternatives import begun
from biasinit.reporting.figures.canvas import (
    ROW,
    WIDTH,
    empty_picture,
    label_inches,
    label_scale,
    new_canvas,
    short,
    text_inches,
    write_numbers,
)
from biasinit.reporting.figures.forest import BETWEEN, draw_forest, symmetric_limits
from biasinit.reporting.figures.style import SchemeLook, scheme_looks, style_context
from biasinit.reporting.figures.svg import to_svg
from biasinit.reporting.labels import normalization_label
from biasinit.verdicts import Outcome

NARROWEST = 0.9  # inches of a panel
LONGEST = 34  # characters of a label


def forest_figure(synthesis: Synthesis, outcome: Outcome) -> str:
    """Return ``forest_picture`` as SVG."""
    picture = forest_picture(synthesis, outcome)
    alt = _words(pooled_of(synthesis, outcome), synthesis.reference)
    return to_svg(picture, name=f"forest-{outcome}", alt=alt)


def forest_picture(synthesis: Synthesis, outcome: Outcome) -> Picture:
    """Return the means over conditions: interval thick, prediction interval thin.

    Small marks are the conditions; everything is in margins.
    """
    means = pooled_of(synthesis, outcome)
    with style_context():
        if not means:
            return empty_picture(f"There is no mean over conditions of {outcome} yet.")
        return _draw(synthesis, means, effects_of(synthesis, outcome))


def _draw(synthesis: Synthesis, means: Sequence[Pooled], effects: Sequence[Effect]) -> Picture:
    present = {row.scheme for row in means}
    schemes = [name for name in schemes_of(synthesis) if name in present]
    panels = {
        level: _panel(
            schemes,
            {row.scheme: row for row in means if row.normalization == level},
            [row for row in effects if row.normalization == level],
        )
        for level in levels_of(means)
    }
    label = f"effect on {means[0].outcome} against {synthesis.reference}, in margins"
    return forest_panels(panels, looks=scheme_looks(schemes_of(synthesis)), label=label)


def forest_panels(
    panels: Mapping[str, pd.DataFrame], *, looks: Mapping[str, SchemeLook], label: str
) -> Picture:
    """Return a forest for each normalisation, side by side, all with the same rows and scale.

    Args:
        panels: by normalisation, frames as ``draw_forest`` has them, with the column ``text``.
        looks: of schemes.
        label: what the scale shows.

    """
    labels = [str(name) for name in next(iter(panels.values()))["label"]]
    limits = symmetric_limits(pd.concat(panels.values()))
    canvas = new_canvas(0.95 + ROW * len(labels))
    left = label_inches(labels, longest=LONGEST)
    beside = text_inches([text for rows in panels.values() for text in rows["text"]])
    width = max((WIDTH - left - 0.1) / len(panels) - beside - BETWEEN, NARROWEST)
    for place, (level, rows) in enumerate(panels.items()):
        axes = canvas.axes(
            left=left + place * (width + beside + BETWEEN),
            bottom=0.55,
            width=width,
            height=ROW * len(labels),
        )
        draw_forest(axes, rows, looks=looks, limits=limits)
        axes.set_title(normalization_label(level))
        axes.xaxis.set_major_locator(MaxNLocator(nbins=5))
        axes.tick_params(axis="y", labelleft=place == 0)
        write_numbers(axes, list(rows["text"]))
    label_scale(canvas, canvas.picture.axes, label)
    return canvas.picture


def _panel(
    schemes: Sequence[str], means: Mapping[str, Pooled], effects: Sequence[Effect]
) -> pd.DataFrame:
    """Return a forest frame, as ``draw_forest`` has it, with a row for each scheme."""
    return pd.DataFrame([_row(scheme, means.get(scheme), effects) for scheme in schemes])


def _row(scheme: str, mean: Pooled | None, effects: Sequence[Effect]) -> dict[str, object]:
    points = tuple(
        row.effect
        for row in effects
        if row.scheme == scheme and row.has_size and math.isfinite(row.effect)
    )
    found = mean if mean is not None and mean.estimated else None
    return {
        "label": short(scheme),
        "scheme": scheme,
        "estimate": found.mean if found else math.nan,
        "lower": found.lower if found else math.nan,
        "upper": found.upper if found else math.nan,
        "outer_lower": found.prediction_lower if found else math.nan,
        "outer_upper": found.prediction_upper if found else math.nan,
        "margin_lower": -1.0,
        "margin_upper": 1.0,
        "points": points,
        "absent": " " if points else "no effect",  # no word across the points
        "text": _numbers(found) if found else "too few",
    }


def _numbers(mean: Pooled) -> str:
    return numbers.with_interval(numbers.signed(mean.mean), mean.lower, mean.upper)


def _words(means: Sequence[Pooled], reference: str) -> str:
    """Return what the forest shows."""
    if not means:
        return "There is no mean over conditions yet."
    about = f"Mean effects on {means[0].outcome} over conditions against {reference}, in margins."
    parts = [about]
    for level in levels_of(means):
        named = [
            f"{row.scheme} {_numbers(row)}"
            for row in means
            if row.normalization == level and row.estimated
        ]
        told = "; ".join(named) or "too few conditions for a mean"
        parts.append(f"{begun(normalization_label(level))}: {told}.")
    return " ".join(parts)
