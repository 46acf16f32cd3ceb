"""From a table of contrasts to the rows of a forest plot: intervals, margins, numbers in words."""

import math

import pandas as pd

from biasinit import numbers
from biasinit.reporting.selection import records
from biasinit.reporting.verdicts.vocabulary import shown
from biasinit.verdicts import Outcome, Verdict


def column_values(frame: pd.DataFrame, name: str) -> pd.Series:
    """Return a column as numbers, nan where it or the whole column is missing."""
    if name not in frame:
        return pd.Series(math.nan, index=frame.index)
    return pd.to_numeric(frame[name], errors="coerce")


def _first_finite(first: pd.Series, second: pd.Series) -> pd.Series:
    return first.where(first.notna(), second)


def points_rows(frame: pd.DataFrame, *, outcome: Outcome = Outcome.ACCURACY) -> pd.DataFrame:
    """Return forest rows in points, with the verdicts in the words of the outcome."""
    outer_lower = _first_finite(
        column_values(frame, "simultaneous_lower"), column_values(frame, "lower")
    )
    outer_upper = _first_finite(
        column_values(frame, "simultaneous_upper"), column_values(frame, "upper")
    )
    rows = pd.DataFrame(
        {
            "normalization": frame["normalization"].astype(str),
            "scheme": frame["scheme"].astype(str),
            "label": frame["scheme"].astype(str),
            "estimate": column_values(frame, "estimate"),
            "lower": column_values(frame, "lower"),
            "upper": column_values(frame, "upper"),
            "outer_lower": outer_lower,
            "outer_upper": outer_upper,
            "margin_lower": -column_values(frame, "margin"),
            "margin_upper": column_values(frame, "margin"),
        }
    )
    return rows.assign(text=_texts(rows, frame, outcome))


def ratio_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """Return forest rows as ratios, not yet on a log scale."""
    lower, upper = column_values(frame, "ratio_lower"), column_values(frame, "ratio_upper")
    rows = pd.DataFrame(
        {
            "normalization": frame["normalization"].astype(str),
            "scheme": frame["scheme"].astype(str),
            "label": frame["scheme"].astype(str),
            "estimate": _positive(column_values(frame, "ratio")),
            "lower": _positive(lower),
            "upper": _positive(upper),
            "outer_lower": _positive(
                _first_finite(column_values(frame, "ratio_simultaneous_lower"), lower)
            ),
            "outer_upper": _positive(
                _first_finite(column_values(frame, "ratio_simultaneous_upper"), upper)
            ),
            "margin_lower": _positive(column_values(frame, "margin_lower")),
            "margin_upper": _positive(column_values(frame, "margin_upper")),
        }
    )
    return rows.assign(text=_texts(rows, frame, Outcome.SPEED))


def _positive(values: pd.Series) -> pd.Series:
    return values.where(values > 0)


def _texts(rows: pd.DataFrame, frame: pd.DataFrame, outcome: Outcome) -> list[str]:
    verdicts = frame["verdict"] if "verdict" in frame else pd.Series("", index=frame.index)
    texts = []
    for row, verdict in zip(records(rows), verdicts, strict=True):
        write = numbers.number if outcome is Outcome.SPEED else numbers.signed
        estimate = float(row["estimate"])
        if not math.isfinite(estimate):
            texts.append("")
            continue
        line = numbers.with_interval(write(estimate), row["outer_lower"], row["outer_upper"])
        judged = isinstance(verdict, str) and verdict != ""
        texts.append(f"{line}\n{shown(Verdict(verdict), outcome)}" if judged else line)
    return texts
