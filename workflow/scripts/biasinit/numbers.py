"""Numbers as a reader sees them; rounding happens here and nowhere else.

Accuracy and differences have two decimals, or more where a margin below 0.1 asks for them; shares
are percent, p-values have three decimals.
A number that is missing reads as an en dash, a table that is missing as a phrase; an interval
without an end reads ∞.
"""

import math

MISSING = "–"
ABSENT = "not in this table"
MINUS = "−"
LEAST_PLACES = 2  # of accuracy and of all differences
MOST_PLACES = 12


def places(margin: float) -> int:
    """Return the decimals of differences that are held against a margin: it has two digits then."""
    if not (math.isfinite(margin) and margin > 0):
        return LEAST_PLACES
    return min(max(LEAST_PLACES, math.ceil(1 - math.log10(margin))), MOST_PLACES)


def as_float(value: object) -> float:
    """Return a number as tables hold it, nan for anything that is none."""
    return float(value) if isinstance(value, (int, float)) else math.nan


def number(value: float, *, decimals: int = 2) -> str:
    """Return a number with a true minus sign; −0.00 reads 0.00."""
    if math.isnan(value):
        return MISSING
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    text = f"{value:.{decimals}f}"
    if float(text) == 0:
        text = text.lstrip("-")
    return text.replace("-", MINUS)


def signed(value: float, *, decimals: int = 2) -> str:
    """Return a difference with its sign; a rounded zero has none."""
    text = number(value, decimals=decimals)
    positive = math.isfinite(value) and float(f"{value:.{decimals}f}") > 0
    return f"+{text}" if positive else text


def interval(lower: float, upper: float, *, decimals: int = 2) -> str:
    """Return 'lower to upper'."""
    if math.isnan(lower) or math.isnan(upper):
        return MISSING
    return f"{number(lower, decimals=decimals)} to {number(upper, decimals=decimals)}"


def with_interval(estimate: str, lower: float, upper: float, *, decimals: int = 2) -> str:
    """Return 'estimate (lower to upper)', for an estimate that is written already."""
    return f"{estimate} ({interval(lower, upper, decimals=decimals)})"


def plain(value: float) -> str:
    """Return a configured number as it was written: 0.5, 95, 1.25."""
    return f"{value:g}".replace("-", MINUS) if math.isfinite(value) else MISSING


def percent(share: float, *, decimals: int = 0) -> str:
    """Return a share in [0, 1] as percent; the sign is left out of bounds of an interval."""
    return f"{number(100 * share, decimals=decimals)} %" if math.isfinite(share) else MISSING


def chance(share: float) -> str:
    """Return a probability in percent that never rounds to none or to all."""
    if 0 < share < 0.005:
        return "less than 1 %"
    return "more than 99 %" if 0.995 <= share < 1 else percent(share)


def p_value(value: float) -> str:
    """Return a p-value with three decimals, '< .001' below."""
    if not math.isfinite(value):
        return MISSING
    if value < 0.001:
        return "< .001"
    return f"{value:.3f}".lstrip("0") if value < 0.9995 else "1.000"


def count(value: float) -> str:
    """Return a whole number."""
    return f"{round(value)}" if math.isfinite(value) else MISSING


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun: '1 row', '3 rows'."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def scientific(value: float) -> str:
    """Return a small number in full precision of three digits; exact zeros read 0."""
    if not math.isfinite(value):
        return MISSING
    return f"{value:.3g}".replace("-", MINUS)


def joined(parts: list[str]) -> str:
    """Return 'a', 'a and b' or 'a, b and c'."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
