"""The picture of registered predictions: what was said beforehand, and what was observed."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.figure import Figure as Picture

from biasinit import numbers
from biasinit.numbers import as_float
from biasinit.reporting.atlas.contents import Synthesis
from biasinit.reporting.atlas.forest import LONGEST, forest_panels
from biasinit.reporting.atlas.rows import ordered_levels, schemes_of, tested
from biasinit.reporting.figures.alternatives import begun
from biasinit.reporting.figures.canvas import empty_picture, short
from biasinit.reporting.figures.style import scheme_looks, style_context
from biasinit.reporting.figures.svg import to_svg
from biasinit.reporting.labels import normalization_label
from biasinit.verdicts import Outcome

Row = Mapping[str, Any]


def tested_of(synthesis: Synthesis, outcome: Outcome) -> list[Row]:
    """Return the predictions of an outcome that something was observed of."""
    return [row for row in tested(synthesis) if row["outcome"] == outcome]


def predicted_figure(synthesis: Synthesis, outcome: Outcome) -> str:
    """Return ``predicted_picture`` as SVG."""
    picture = predicted_picture(synthesis, outcome)
    words = _words(tested_of(synthesis, outcome), outcome)
    return to_svg(picture, name=f"predicted-{outcome}", alt=words)


def predicted_picture(synthesis: Synthesis, outcome: Outcome) -> Picture:
    """Return what was observed, its interval thick, on the registered interval, thin; in margins.

    What did not come true has a cross beside its numbers.
    """
    rows = tested_of(synthesis, outcome)
    with style_context():
        if not rows:
            return empty_picture(f"No prediction of {outcome} was tested yet.")
        arms = list(dict.fromkeys((_label(row, rows), str(row["scheme"])) for row in rows))
        levels = ordered_levels(str(row["normalization"]) for row in rows)
        panels = {level: _panel(arms, rows, level) for level in levels}
        label = f"effect on {outcome} against {synthesis.reference}, in margins"
        return forest_panels(panels, looks=scheme_looks(schemes_of(synthesis)), label=label)


def _label(row: Row, rows: Sequence[Row]) -> str:
    """Return scheme and study, and the condition where the study has several."""
    conditions = {other["condition"] for other in rows if other["study"] == row["study"]}
    where = row["study"] if len(conditions) == 1 else row["condition"]
    return f"{row['scheme']}, {where}"


def _panel(arms: Sequence[tuple[str, str]], rows: Sequence[Row], level: str) -> pd.DataFrame:
    here = {_label(row, rows): row for row in rows if row["normalization"] == level}
    return pd.DataFrame([_drawn(label, scheme, here.get(label)) for label, scheme in arms])


def _drawn(label: str, scheme: str, row: Row | None) -> dict[str, object]:
    names = {
        "estimate": "observed",
        "lower": "observed_lower",
        "upper": "observed_upper",
        "outer_lower": "lower",
        "outer_upper": "upper",
    }
    sizes = {drawn: as_float(row[name]) if row else math.nan for drawn, name in names.items()}
    return {
        "label": short(label, longest=LONGEST),
        "scheme": scheme,
        **sizes,
        "margin_lower": -1.0,
        "margin_upper": 1.0,
        "absent": "not tested",
        "text": _text(row) if row else "",
    }


def _text(row: Row) -> str:
    size = numbers.signed(as_float(row["observed"]))
    said = numbers.interval(as_float(row["lower"]), as_float(row["upper"]))
    return f"{'' if row['inside'] else '✗ '}{size}, said {said}"


def _words(rows: Sequence[Row], outcome: Outcome) -> str:
    """Return what the picture shows."""
    if not rows:
        return f"No prediction of {outcome} was tested yet."
    told = [
        f"{_label(row, rows)}, {normalization_label(str(row['normalization']))}: {_text(row)}"
        for row in rows
    ]
    return begun(
        f"observed effects on {outcome} in registered intervals, in margins. {'; '.join(told)}."
    )
