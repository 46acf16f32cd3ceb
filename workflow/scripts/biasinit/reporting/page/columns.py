"""Columns of the page's tables: heading, how a row is written, what it is sorted by."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from biasinit import numbers
from biasinit.metric import Metric
from biasinit.reporting.labels import short_normalization_label

Row = Mapping[str, object]
OF_METRIC = None  # in place of decimals: those of differences of the metric


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What a study measures, and with how many decimals its differences are written."""

    metric: Metric
    places: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PageColumn:
    """A column of a page table: heading, how a row is written, and the column it is sorted by.

    ``heading`` may name words of the metric in braces; ``write`` is told how it is written.
    """

    heading: str
    write: Callable[[Row, Measure], str]
    key: str
    numeric: bool


def words(heading: str, key: str) -> PageColumn:
    """Return a column of text; true and false read yes and no."""
    return PageColumn(
        heading=heading, key=key, numeric=False, write=lambda row, _: _plain_text(row.get(key))
    )


def in_its_words(heading: str, key: str) -> PageColumn:
    """Return a column of text that names accuracy or its unit where another metric may stand."""
    return PageColumn(
        heading=heading,
        key=key,
        numeric=False,
        write=lambda row, measure: measure.metric.renamed(_plain_text(row.get(key))),
    )


def standard_error(heading: str, key: str) -> PageColumn:
    """Return a column of standard errors of differences: with one decimal more than these have."""
    return PageColumn(
        heading=heading,
        key=key,
        numeric=True,
        write=lambda row, measure: numbers.number(_value(row, key), decimals=measure.places + 1),
    )


def decimals(heading: str, key: str, places: int | None = 2) -> PageColumn:
    """Return a column of numbers."""
    return _measured(heading, key, numbers.number, places)


def signed(heading: str, key: str, places: int | None = 2) -> PageColumn:
    """Return a column of differences, with their sign."""
    return _measured(heading, key, numbers.signed, places)


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


def interval(heading: str, lower: str, upper: str, places: int | None = 2) -> PageColumn:
    """Return a column of intervals."""
    return PageColumn(
        heading=heading,
        key=lower,
        numeric=True,
        write=lambda row, measure: numbers.interval(
            _value(row, lower), _value(row, upper), decimals=_places(places, measure)
        ),
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


def _places(places: int | None, measure: Measure) -> int:
    return measure.places if places is OF_METRIC else places


def _measured(heading: str, key: str, write: Callable[..., str], places: int | None) -> PageColumn:
    return PageColumn(
        heading=heading,
        key=key,
        numeric=True,
        write=lambda row, measure: write(_value(row, key), decimals=_places(places, measure)),
    )


def _numeric(heading: str, key: str, write: Callable[[float], str]) -> PageColumn:
    return PageColumn(
        heading=heading, key=key, numeric=True, write=lambda row, _: write(_value(row, key))
    )


def _between(
    heading: str, lower: str, upper: str, write: Callable[[float, float], str]
) -> PageColumn:
    return PageColumn(
        heading=heading,
        key=lower,
        numeric=True,
        write=lambda row, _: write(_value(row, lower), _value(row, upper)),
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
    write=lambda row, _: short_normalization_label(str(row.get("normalization", ""))),
)
SCHEME = words("scheme", "scheme")
CELL = words("condition", "cell_label")
DECISIONS = (
    probability("p, family", "p_adjusted"),
    probability("p, equivalence", "p_equivalence_adjusted"),
    decimals("smallest margin", "smallest_margin", OF_METRIC),
)
