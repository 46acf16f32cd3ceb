"""What one field of a brought table says: a number, a truth, a name, or nothing.

Files come from spreadsheets, pandas, R and scripts, so a number may stand there as text, and what
is missing as a word. A name stays the text that it is: "018" is not 18.
"""

import math
import numbers
import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

# Python's float() also takes 1_000, and digits of other scripts
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?inf(inity)?", re.ASCII | re.I)
_WHOLE = re.compile(r"[+-]?\d{1,40}", re.ASCII)
LARGEST_EXACT = 2**53  # whole numbers from it on share their floating-point number with others
MISSING_WORDS = frozenset({"na", "n/a", "#n/a", "<na>", "nan", "nat", "null", "none"})
TRUTH_WORDS = {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False}
LONGEST_NAME = 100  # characters, of names that stand on the axes of figures


def is_missing(value: object) -> bool:
    """Return whether a field is empty; a word such as NA is one of its column's, if any."""
    return bool(pd.api.types.is_scalar(value)) and (bool(pd.isna(value)) or value == "")  # type: ignore[call-overload]


def is_missing_word(value: object) -> bool:
    """Return whether a field of numbers holds a word for nothing, such as NA."""
    return isinstance(value, str) and value.lower() in MISSING_WORDS


def as_number(value: object) -> float | None:
    """Return the number that a field holds; None where it holds none."""
    if isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value) else None
    if isinstance(value, bool | np.bool_) or not isinstance(value, numbers.Real | Decimal):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return None if math.isnan(found) else found


def as_whole(value: object) -> int | None:
    """Return the whole number that a field holds, in all its digits; None where it holds none."""
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    if isinstance(value, numbers.Integral) and not isinstance(value, bool):
        return int(value)
    found = as_number(value)
    exact = found is not None and found.is_integer() and abs(found) < LARGEST_EXACT
    return int(found) if exact else None  # type: ignore[arg-type]


def as_truth(value: object) -> bool | None:
    """Return whether a field says true or false; None where it says neither."""
    if isinstance(value, str | numbers.Real | np.bool_):
        return TRUTH_WORDS.get(str(value).lower())
    return None


def as_name(value: object) -> str | None:
    """Return the text of a name that a page and a figure can show; None of anything else."""
    text = str(value) if isinstance(value, str | numbers.Real | Decimal | np.bool_) else ""
    return text if 0 < len(text) <= LONGEST_NAME and text.isprintable() else None


def alike(name: str) -> str:
    """Return what is left of a name without case, blanks and the form of its letters.

    Names that differ in nothing else are taken for one another by those who write them.
    """
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def where(fields: "pd.Series[Any]", holds: Callable[[object], bool]) -> "pd.Series[bool]":
    """Return which fields something holds of, as flags whatever the fields are, or if none."""
    return pd.Series([holds(value) for value in fields], index=fields.index, dtype=bool)
