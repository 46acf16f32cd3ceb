"""From a table of contrasts to the rows of a forest plot: intervals, margins, numbers in words."""

import math
from collections.abc import Mapping

import pandas as pd

from biasinit.reporting import numbers
from biasinit.reporting.catalogue import SPEED_WORDS, VERDICT_SYMBOLS
from biasinit.reporting.selection import records

NO_OTHER_WORDS: Mapping[str, str] = {}


def finite_or_nan(value: object) -> float:
    """Return a number, nan for anything that is none."""
    return float(value) if isinstance(value, (int, float)) else math.nan


def column_values(frame: pd.DataFrame, name: str) -> pd.Series:
    """Return a column as numbers, nan where it or the whole column is missing."""
    if name not in frame:
        return pd.Series(math.nan, index=frame.index)
    return pd.to_numeric(frame[name], errors="coerce")


def _first_finite(first: pd.Series, second: pd.Series) -> pd.Series:
    return first.where(first.notna(), second)


def points_rows(frame: pd.DataFrame, *, words: Mapping[str, str] = NO_OTHER_WORDS) -> pd.DataFrame:
    """Return forest rows in points; ``words`` are other words for verdicts."""
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
    return rows.assign(text=_texts(rows, frame, signed=True, words=words))


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
    return rows.assign(text=_texts(rows, frame, signed=False, words=SPEED_WORDS))


def _positive(values: pd.Series) -> pd.Series:
    return values.where(values > 0)


def _texts(
    rows: pd.DataFrame, frame: pd.DataFrame, *, signed: bool, words: Mapping[str, str]
) -> list[str]:
    verdicts = frame["verdict"] if "verdict" in frame else pd.Series("", index=frame.index)
    texts = []
    for row, verdict in zip(records(rows), verdicts, strict=True):
        write = numbers.signed if signed else numbers.number
        estimate = float(row["estimate"])
        if not math.isfinite(estimate):
            texts.append("")
            continue
        bounds = numbers.interval(float(row["outer_lower"]), float(row["outer_upper"]))
        line = f"{write(estimate)} ({bounds})"
        word = verdict if isinstance(verdict, str) else ""
        symbol = VERDICT_SYMBOLS.get(word, "")
        texts.append(f"{line}\n{symbol} {words.get(word, word)}" if word else line)
    return texts
