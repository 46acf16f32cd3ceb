"""The atlas as a picture: every effect on accuracy, for a README."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Picture

from biasinit import numbers
from biasinit.reporting.atlas.cells import LIMIT, effect_text, marks_of, shade, symbol
from biasinit.reporting.atlas.contents import Synthesis
from biasinit.reporting.atlas.rows import (
    Effect,
    conditions_by_scheme,
    effects_of,
    levels_of,
    schemes_of,
)
from biasinit.reporting.atlas.standings import FEWEST_POOLED
from biasinit.reporting.figures.alternatives import begun
from biasinit.reporting.figures.canvas import (
    SCALE_SIZE,
    WIDTH,
    empty_picture,
    label_inches,
    new_canvas,
    short,
)
from biasinit.reporting.figures.style import INK, ON_COLOUR, PAPER, diverging, style_context
from biasinit.reporting.figures.svg import to_svg
from biasinit.reporting.labels import normalization_label
from biasinit.verdicts import Outcome, Verdict

LONGEST = 60  # characters of a condition
LONGEST_SCHEME = 30  # characters of a name that stands upright
ROW = 0.2  # inches from one condition to the next
WIDEST = 0.75  # inches of a column; wider ones look empty
LEAST = 0.5  # inches of a column that has room for its numbers
TITLE = 0.3  # inches above a panel
GAP = 0.2  # inches below a panel
CHARACTER = 0.062  # inches, of an upright name
TEXT = 6.8  # points, of numbers
LINE = 5  # marks that fit on one
NOTE = 0.17  # inches of a line below the panels


def atlas_figure(synthesis: Synthesis) -> str:
    """Return ``atlas_picture`` as SVG that stands alone."""
    words = _words(_drawn(synthesis), synthesis.reference)
    return to_svg(atlas_picture(synthesis), name="atlas", alt=" ".join([words, *_notes(synthesis)]))


def atlas_picture(synthesis: Synthesis) -> Picture:
    """Return the effects on accuracy of each scheme in each condition, by normalisation.

    Numbers are points, colours margins; a scheme that fails has a cross. Schemes of one or two
    conditions are left to the page, and counted below, unless there are no others. Not
    ``heat_maps``: there one scale of points holds for all cells, and columns that do not fit are
    left out.
    """
    effects = _drawn(synthesis)
    with style_context():
        if not effects:
            return empty_picture("No effect on accuracy has been estimated yet.")
        return _panels(synthesis, effects)


def _drawn(synthesis: Synthesis) -> tuple[Effect, ...]:
    """Return the effects on accuracy of the schemes that the picture has."""
    effects = effects_of(synthesis, Outcome.ACCURACY)
    counts = conditions_by_scheme(synthesis)
    often = tuple(row for row in effects if counts[row.scheme] >= FEWEST_POOLED)
    return often or effects


def _notes(synthesis: Synthesis) -> list[str]:
    """Return how the picture is read and what it does not show, a sentence each."""
    effects = effects_of(synthesis, Outcome.ACCURACY)
    drawn = _drawn(synthesis)
    rest = len({row.scheme for row in effects} - {row.scheme for row in drawn})
    usual = synthesis.unless_named
    marks = [f"{sign} {words}" for sign, words in marks_of(drawn, Outcome.ACCURACY)]
    lines = [marks[start : start + LINE] for start in range(0, len(marks), LINE)]
    notes = [
        f"Points of test accuracy against {synthesis.reference}: blue better, orange worse, "
        f"darkest from {numbers.plain(LIMIT)} margins on.",
        *(f"{'; '.join(line)}." for line in lines),
    ]
    if usual:
        notes.append(f"Unless named: {usual}.")
    if rest:
        notes.append(f"{numbers.counted(rest, 'scheme')} of fewer than three conditions left out.")
    return notes


def _panels(synthesis: Synthesis, effects: Sequence[Effect]) -> Picture:
    present = {row.scheme for row in effects}
    schemes = [name for name in schemes_of(synthesis) if name in present]
    panels = {
        level: [row for row in effects if row.normalization == level]
        for level in levels_of(effects)
    }
    heights = {level: ROW * len({row.condition for row in rows}) for level, rows in panels.items()}
    left = label_inches([row.condition for row in effects], longest=LONGEST)
    width = min((WIDTH - left - 0.1) / len(schemes), WIDEST)
    longest = max(len(short(name, longest=LONGEST_SCHEME)) for name in schemes)
    below = 0.15 + CHARACTER * longest
    notes = _notes(synthesis)
    below += NOTE * len(notes)
    canvas = new_canvas(below + sum(heights.values()) + (TITLE + GAP) * len(panels) - GAP)
    for place, note in enumerate(reversed(notes)):
        height = (0.05 + NOTE * place) / canvas.height
        canvas.picture.text(0.01, height, note, fontsize=SCALE_SIZE, color=INK.light)
    top = canvas.height
    for place, (level, rows) in enumerate(panels.items()):
        top -= TITLE + heights[level]
        axes = canvas.axes(left=left, bottom=top, width=width * len(schemes), height=heights[level])
        top -= GAP
        _draw(axes, rows, schemes, numbered=width >= LEAST)
        axes.set_title(normalization_label(level))
        axes.tick_params(axis="x", labelbottom=place == len(panels) - 1)
    return canvas.picture


def _draw(axes: Axes, rows: Sequence[Effect], schemes: Sequence[str], *, numbered: bool) -> None:
    """Draw one panel: conditions down, schemes across; what was not run stays empty."""
    conditions = list(dict.fromkeys(row.condition for row in rows))
    size = (len(conditions), len(schemes))
    shades, texts = np.full(size, math.nan), np.full(size, "", dtype=object)
    for row in rows:
        place = conditions.index(row.condition), schemes.index(row.scheme)
        # seaborn writes nothing into a cell without a colour, so what has none is neutral
        shades[place] = np.nan_to_num(shade(row))
        number = effect_text(row) if numbered else ""
        texts[place] = f"{number} {symbol(row)}".strip()
    sns.heatmap(
        pd.DataFrame(shades),
        vmin=-LIMIT,
        vmax=LIMIT,
        cmap=diverging(),
        annot=texts,
        fmt="",
        annot_kws={"fontsize": TEXT, "color": ON_COLOUR},
        linewidths=0.8,
        linecolor=PAPER.light,
        cbar=False,
        xticklabels=[short(name, longest=LONGEST_SCHEME) for name in schemes],
        yticklabels=[short(condition, longest=LONGEST) for condition in conditions],
        ax=axes,
    )
    axes.set(xlabel="", ylabel="")
    axes.tick_params(axis="both", length=0)
    axes.tick_params(axis="x", labelrotation=90)
    axes.tick_params(axis="y", labelrotation=0)


def _words(effects: Sequence[Effect], reference: str) -> str:
    """Return what the atlas shows: in how many conditions each scheme is beyond the margin."""
    parts = [f"Effects on accuracy against {reference} by scheme and condition, in points."]
    for level in levels_of(effects):
        here = [row for row in effects if row.normalization == level]
        schemes = dict.fromkeys(row.scheme for row in here)
        named = [_scheme(name, [row for row in here if row.scheme == name]) for name in schemes]
        parts.append(f"{begun(normalization_label(level))}: {'; '.join(named)}.")
    return " ".join(parts)


def _scheme(name: str, rows: Sequence[Effect]) -> str:
    told = [
        f"{said} in {count}"
        for verdict, said in (
            (Verdict.FAILS, "fails"),
            (Verdict.WORSE_BEYOND, "worse by more than the margin"),
            (Verdict.BETTER_BEYOND, "better by more than the margin"),
        )
        if (count := sum(row.verdict is verdict for row in rows))
    ]
    found = f"{', '.join(told)} of" if told else "not shown beyond the margin in any of"
    return f"{name} {found} {numbers.counted(len(rows), 'condition')}"
