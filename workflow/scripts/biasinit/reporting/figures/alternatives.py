"""Parts that the alternative texts of several figures share, computed from the frame they show."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from biasinit import numbers
from biasinit.numbers import as_float
from biasinit.reporting.labels import normalization_label
from biasinit.reporting.selection import cell_labels, records
from biasinit.reporting.verdicts.clauses import by_condition, compact
from biasinit.reporting.verdicts.verdict_rows import (
    VerdictRow,
    at_own_best,
    by_comparison,
    over_conditions,
    row_of,
)
from biasinit.reporting.verdicts.vocabulary import word as verdict_word
from biasinit.verdicts import Outcome, Verdict
from biasinit.vocabulary import ALL_CELLS

LISTED = 8  # rows named one by one; more are summed up


def by_level(frame: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Return each normalisation in words, as a sentence begins, with its rows."""
    levels = frame["normalization"].drop_duplicates()
    return [
        (begun(normalization_label(str(level))), frame[frame["normalization"] == level])
        for level in levels
    ]


def begun(text: str) -> str:
    """Return a text with its first letter upper case."""
    return text[:1].upper() + text[1:]


def effects_by_level(frame: pd.DataFrame) -> str:
    """Return the effect of each scheme with its interval and verdict, by normalisation."""
    parts = []
    for level, rows in by_level(frame):
        places = _places(rows)
        named = [effect(row, where=place) for row, place in zip(records(rows), places, strict=True)]
        rest = len(named) - LISTED
        more = f"; and {rest} more" if rest > 0 else ""
        parts.append(f"{level}: {'; '.join(named[:LISTED])}{more}.")
    return " ".join(parts)


def verdicts_by_level(frame: pd.DataFrame, *, outcome: Outcome) -> str:
    """Return each verdict with its numbers, by normalisation: over all conditions, then in each.

    Args:
        frame: rows of the table of verdicts of one outcome.
        outcome: which.

    """
    parts = []
    for level, here in by_level(frame):
        rows = [row_of(row) for row in records(here)]
        conditions = by_comparison(rows)
        named = [
            "; ".join(
                [
                    _verdict(row),
                    *_each(conditions.get(row.comparison, ())),
                    *(
                        f"{_verdict(best, name='')} at its own best learning rate"
                        for best in at_own_best(rows)
                        if best.scheme == row.scheme
                    ),
                ]
            )
            for row in over_conditions(rows)
        ]
        rest = len(named) - LISTED
        more = f" And {rest} more." if rest > 0 else ""
        parts.append(f"{level}: {'. '.join(named[:LISTED])}.{more}")
    return " ".join(parts)


def _each(rows: Sequence[VerdictRow]) -> list[str]:
    return [by_condition(rows)] if len(rows) > 1 else []


def _verdict(row: VerdictRow, *, name: str | None = None) -> str:
    scheme = row.scheme if name is None else name
    said = verdict_word(row.verdict, row.outcome, depends_on=row.depends_on, metric=row.metric)
    if not row.measured:
        return f"{scheme} {said}".strip()
    estimate = numbers.with_interval(compact(row), row.lower, row.upper, decimals=row.places)
    return f"{scheme} {estimate}, {said}".strip()


def effect(row: Mapping[str, Any], *, where: str = "") -> str:
    """Return an effect with its interval and verdict: '1.0 −0.93 (−1.20 to −0.60), worse'."""
    value = as_float(row.get("estimate"))
    scheme = str(row.get("scheme", "")) + (f" at {where}" if where else "")
    found = row.get("verdict")
    verdict = Verdict(found) if isinstance(found, str) and found else None
    word = verdict_word(verdict, Outcome.ACCURACY) if verdict else ""
    if not math.isfinite(value):
        return f"{scheme} {word or 'not estimable'}"
    lower = _finite(row, "judged_lower", "simultaneous_lower", "lower")
    upper = _finite(row, "judged_upper", "simultaneous_upper", "upper")
    said = f", {word}" if word else ""
    places = numbers.places(_finite(row, "margin", "margin_upper"))
    estimate = numbers.signed(value, decimals=places)
    return f"{scheme} {numbers.with_interval(estimate, lower, upper, decimals=places)}{said}"


def _places(rows: pd.DataFrame) -> list[str]:
    """Return the cell of each row in short, or nothing for means over cells."""
    if "cell" not in rows or (rows["cell"] == ALL_CELLS).all():
        return [""] * len(rows)
    cells = [str(cell) for cell in rows["cell"]]
    labels = cell_labels(sorted(set(cells)))
    return [labels[cell] for cell in cells]


def _finite(row: Mapping[str, Any], *names: str) -> float:
    values = [as_float(row.get(name)) for name in names]
    return next((value for value in values if not math.isnan(value)), math.nan)


def extremes_by_level(frame: pd.DataFrame, column: str, *, unit: str, places: int = 2) -> str:
    """Return the lowest and the highest value with their schemes, by normalisation."""
    return " ".join(
        f"{level}: {_extremes(rows, column, unit=unit, places=places)}."
        for level, rows in by_level(frame)
    )


def _extremes(rows: pd.DataFrame, column: str, *, unit: str, places: int) -> str:
    values = rows[column].to_numpy(dtype=float)
    finite = np.isfinite(values)
    if not finite.any():
        return "nothing to show"
    names = rows["scheme"].astype(str).to_numpy()[finite]
    kept = values[finite]
    low, high = int(kept.argmin()), int(kept.argmax())
    return (
        f"from {numbers.number(float(kept[low]), decimals=places)} {unit} ({names[low]}) to "
        f"{numbers.number(float(kept[high]), decimals=places)} {unit} ({names[high]})"
    )


def last_points(frame: pd.DataFrame, column: str, *, what: str) -> str:
    """Return the extremes of all curves at the last epoch, by normalisation."""
    last = frame[frame["epoch"] == frame["epoch"].max()]
    epoch = numbers.plain(float(frame["epoch"].max()))
    return f"{what} after epoch {epoch}, the last. {extremes_by_level(last, column, unit='%')}"


def ranges(frame: pd.DataFrame, quantities: Sequence[str], *, what: str) -> str:
    """Return the range of each quantity at the start and at the end of training."""
    parts = []
    for quantity in quantities:
        rows = frame[frame["quantity"] == quantity]
        for when in ("start", "end"):
            values = rows.loc[rows["when"] == when, "estimate"].to_numpy(dtype=float)
            values = values[np.isfinite(values)]
            if values.size:
                name = quantity.replace("_", " ")
                parts.append(
                    f"{name} at the {when}: {numbers.scientific(float(values.min()))} to "
                    f"{numbers.scientific(float(values.max()))}"
                )
    return f"{what}. {begun('; '.join(parts))}." if parts else f"{what}."
