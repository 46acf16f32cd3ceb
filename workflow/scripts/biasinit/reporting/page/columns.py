"""Columns of the page's tables: heading, how a row is written, what it is sorted by."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from biasinit import numbers
from biasinit.reporting.labels import short_normalization_label

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageColumn:
    """A column of a page table: heading, how a row is written, and the column it is sorted by."""

    heading: str
    write: Callable[[Row], str]
    key: str
    numeric: bool


def words(heading: str, key: str) -> PageColumn:
    """Return a column of text; true and false read yes and no."""
    return PageColumn(
        heading=heading, key=key, numeric=False, write=lambda row: _plain_text(row.get(key))
    )


def decimals(heading: str, key: str, places: int = 2) -> PageColumn:
    """Return a column of numbers."""
    return _numeric(heading, key, lambda value: numbers.number(value, decimals=places))


def signed(heading: str, key: str, places: int = 2) -> PageColumn:
    """Return a column of differences, with their sign."""
    return _numeric(heading, key, lambda value: numbers.signed(value, decimals=places))


def scientific(heading: str, key: str) -> PageColumn:
    """Return a column of numbers of any size, to three digits."""
    return _numeric(heading, key, numbers.scientific)


def count(heading: str, key: str) -> PageColumn:
    """Return a column of whole numbers."""
    return _numeric(heading, key, numbers.count)


def probability(heading: str, key: str) -> PageColumn:
    """Return a column of p-values."""
    return _numeric(heading, key, numbers.p_value)


def percent(heading: str, key: str, places: int = 1) -> PageColumn:
    """Return a column of shares in percent."""
    return _numeric(heading, key, lambda value: numbers.percent(value, decimals=places))


def interval(heading: str, lower: str, upper: str, places: int = 2) -> PageColumn:
    """Return a column of intervals."""
    return _between(
        heading, lower, upper, lambda low, high: numbers.interval(low, high, decimals=places)
    )


def percent_interval(heading: str, lower: str, upper: str) -> PageColumn:
    """Return a column of intervals of shares, in percent."""
    return _between(
        heading,
        lower,
        upper,
        lambda low, high: numbers.interval(100 * low, 100 * high, decimals=1),
    )


def scientific_interval(heading: str, lower: str, upper: str) -> PageColumn:
    """Return a column of intervals of numbers of any size."""
    return _between(
        heading,
        lower,
        upper,
        lambda low, high: f"{numbers.scientific(low)} to {numbers.scientific(high)}",
    )


def _numeric(heading: str, key: str, write: Callable[[float], str]) -> PageColumn:
    return PageColumn(
        heading=heading, key=key, numeric=True, write=lambda row: write(_value(row, key))
    )


def _between(
    heading: str, lower: str, upper: str, write: Callable[[float, float], str]
) -> PageColumn:
    return PageColumn(
        heading=heading,
        key=lower,
        numeric=True,
        write=lambda row: write(_value(row, lower), _value(row, upper)),
    )


def _value(row: Row, key: str) -> float:
    value = row.get(key)
    return float(value) if isinstance(value, (int, float)) else math.nan


def _plain_text(value: object) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return numbers.MISSING
    if isinstance(value, bool) or str(type(value).__name__) == "bool_":
        return "yes" if value else "no"
    return str(value)


WHERE = PageColumn(
    heading="batch norm.",
    key="normalization",
    numeric=False,
    write=lambda row: short_normalization_label(str(row.get("normalization", ""))),
)
SCHEME = words("scheme", "scheme")
CELL = words("condition", "cell_label")
DECISIONS = (
    probability("p, family", "p_adjusted"),
    probability("p, equivalence", "p_equivalence_adjusted"),
    decimals("smallest margin", "smallest_margin"),
)
