"""The atlas as a table: schemes as columns, conditions as rows, an effect in each cell."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from urllib.parse import quote

import numpy as np
from matplotlib.colors import Colormap, to_hex

from biasinit import numbers
from biasinit.reporting.atlas.contents import Synthesis
from biasinit.reporting.atlas.rows import Effect, effects_of, levels_of, schemes_of
from biasinit.reporting.figures.alternatives import begun
from biasinit.reporting.figures.style import diverging
from biasinit.reporting.labels import normalization_label
from biasinit.reporting.verdicts.vocabulary import VOCABULARY, word
from biasinit.verdicts import Outcome, Verdict

LIMIT = 3.0  # margins; colours say no more beyond it, in either direction
LARGEST = 700.0  # logarithm of a ratio that a float still holds


@dataclass(frozen=True, slots=True, kw_only=True)
class AtlasCell:
    """The effect of one scheme in one condition, as a cell.

    Attributes:
        text: the effect; empty where it has no size.
        mark: the symbol of its verdict.
        colour: of its ground, empty where it has none.
        href: report of the first study that measured it and has one; empty where none has.
        sentence: everything that is known of it.

    """

    text: str
    mark: str
    colour: str
    href: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AtlasRow:
    """A condition, with a cell for each scheme; None where nothing was run."""

    condition: str
    cells: tuple[AtlasCell | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AtlasGroup:
    """The conditions of one normalisation."""

    title: str
    rows: tuple[AtlasRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Atlas:
    """The effects on one outcome.

    Attributes:
        outcome: "accuracy" or "speed".
        schemes: the columns.
        groups: the rows.
        scale: colours, each with what it stands for.
        marks: symbols of verdicts that occur, each with its words.

    """

    outcome: Outcome
    schemes: tuple[str, ...]
    groups: tuple[AtlasGroup, ...]
    scale: tuple[tuple[str, str], ...]
    marks: tuple[tuple[str, str], ...]


def atlas_of(synthesis: Synthesis, outcome: Outcome) -> Atlas:
    """Return the table of one outcome; without groups where there is no effect on it."""
    effects = effects_of(synthesis, outcome)
    present = {row.scheme for row in effects}
    schemes = tuple(name for name in schemes_of(synthesis) if name in present)
    groups = []
    for level in levels_of(effects):
        here = {(row.condition, row.scheme): row for row in effects if row.normalization == level}
        conditions = dict.fromkeys(condition for condition, _ in here)
        rows = tuple(
            AtlasRow(
                condition=condition,
                cells=tuple(_cell(here.get((condition, scheme)), synthesis) for scheme in schemes),
            )
            for condition in conditions
        )
        groups.append(AtlasGroup(title=begun(normalization_label(level)), rows=rows))
    return Atlas(
        outcome=outcome,
        schemes=schemes,
        groups=tuple(groups),
        scale=_scale(),
        marks=marks_of(effects, outcome),
    )


def shade(row: Effect) -> float:
    """Return how an effect is coloured, in margins; NaN where no colour can say it.

    A scheme that fails is as bad as one can be, whatever the few runs that came through have.
    """
    if row.verdict is Verdict.FAILS:
        return -LIMIT
    return float(np.clip(row.effect, -LIMIT, LIMIT)) if row.has_size else math.nan


def effect_text(row: Effect) -> str:
    """Return an effect in short: '−1.4' points, '×1.25' as fast; empty where it has no size."""
    if not row.has_size:
        return ""
    if row.outcome is Outcome.SPEED:
        return f"×{numbers.number(_ratio(row.estimate))}"
    return numbers.signed(row.estimate, decimals=numbers.places(row.margin) - 1)


def symbol(row: Effect) -> str:
    """Return the symbol of the verdict on an effect."""
    return VOCABULARY[row.verdict].symbol


def _cell(row: Effect | None, synthesis: Synthesis) -> AtlasCell | None:
    if row is None:
        return None
    return AtlasCell(
        text=effect_text(row),
        mark=symbol(row),
        colour=_colour(shade(row)),
        href=next(filter(None, (report_of(name, synthesis) for name in row.studies)), ""),
        sentence=sentence(row),
    )


def report_of(study: str, synthesis: Synthesis) -> str:
    """Return the address of the report of a study, beside the page; empty where there is none."""
    return f"{quote(study, safe='')}/report.html" if study in synthesis.reported else ""


def _colour(margins: float) -> str:
    """Return the colour of an effect; nothing where it has none."""
    return to_hex(_colours()((margins / LIMIT + 1) / 2)) if math.isfinite(margins) else ""


@cache
def _colours() -> Colormap:
    return diverging()


def sentence(row: Effect) -> str:
    """Return all that is known of a scheme in one condition, as one sentence."""
    where = f"{row.scheme}, {row.condition}, {normalization_label(row.normalization)}"
    said = "; ".join(filter(None, [word(row.verdict, row.outcome), _size(row), _runs(row)]))
    studies = f" ({'study' if len(row.studies) == 1 else 'studies'} {', '.join(row.studies)})"
    return f"{where}: {said}{studies if row.studies else ''}."


def _size(row: Effect) -> str:
    """Return the effect with its interval in its own unit, and in margins."""
    if not row.has_size:
        return ""
    if row.outcome is Outcome.SPEED:
        size = f"{numbers.number(_ratio(row.estimate))} times as fast as {row.reference}"
        found = numbers.interval(_ratio(row.lower), _ratio(row.upper))
    else:
        decimals = numbers.places(row.margin)
        size = f"{numbers.signed(row.estimate, decimals=decimals)} points against {row.reference}"
        found = numbers.interval(row.lower, row.upper, decimals=decimals)
    known = f"95 % interval, for all schemes at once, {found}; " if found != numbers.MISSING else ""
    return f"{size} ({known}{numbers.signed(row.effect)} margins)"


def _ratio(logarithm: float) -> float:
    return math.exp(min(logarithm, LARGEST))


def _runs(row: Effect) -> str:
    """Return the seeds, and which runs failed."""
    parts = []
    if math.isfinite(row.seeds):
        parts.append(numbers.counted(round(row.seeds), "seed"))
    if row.failed > 0 or row.reference_failed > 0:
        befell = "missed the threshold" if row.outcome is Outcome.SPEED else "failed"
        runs, failed, other = map(numbers.count, (row.runs, row.failed, row.reference_failed))
        parts.append(f"{failed} of {runs} runs {befell} ({row.reference}: {other})")
    return ", ".join(parts)


def _scale() -> tuple[tuple[str, str], ...]:
    steps = ((-LIMIT, "or worse"), (-1.0, ""), (0.0, ""), (1.0, ""), (LIMIT, "or better"))
    return tuple(
        (_colour(step), f"{numbers.signed(step, decimals=0)} {more}".rstrip())
        for step, more in steps
    )


def marks_of(effects: Iterable[Effect], outcome: Outcome) -> tuple[tuple[str, str], ...]:
    """Return the symbols of the verdicts that occur, each with its words."""
    found = {row.verdict for row in effects}
    return tuple(
        (VOCABULARY[verdict].symbol, word(verdict, outcome))
        for verdict in Verdict
        if verdict in found
    )
