"""Arrays of numbers: names of their kinds, numbers of a table's column, grouped sums."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from biasinit.errors import RunsTableError

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]
Booleans: TypeAlias = npt.NDArray[np.bool_]
Bytes: TypeAlias = npt.NDArray[np.uint8]


def group_sums(groups: Integers, values: Floats, count: int) -> Floats:
    """Return the sum of ``values`` (n,) in each of ``count`` groups, (count,)."""
    return np.asarray(np.bincount(groups, weights=values, minlength=count), dtype=np.float64)


def require_columns(data: pd.DataFrame, names: Sequence[str], *, table: str = "table") -> None:
    """Check that the columns are there.

    Raises:
        RunsTableError: some are missing.

    """
    missing = [name for name in names if name not in data.columns]
    if missing:
        raise RunsTableError(
            f"The {table} has no column {', '.join(map(repr, missing))}. "
            f"It has {', '.join(map(str, data.columns))}."
        )


def column_numbers(data: pd.DataFrame, column: str) -> "pd.Series[float]":
    """Return a column as numbers, NaN where it is empty.

    Raises:
        RunsTableError: the column is missing, or holds something that is no number.

    """
    require_columns(data, [column])
    given = data[column]
    numbers = pd.to_numeric(given.astype(object).where(given.notna()), errors="coerce")
    wrong = given[(numbers.isna() & given.notna()).to_numpy()]
    if len(wrong):
        shown = ", ".join(repr(value) for value in wrong.drop_duplicates().head(3))
        raise RunsTableError(
            f"The column {column!r} must hold numbers, but {len(wrong)} rows hold {shown}. "
            "Mend them, or leave them empty where there is no value."
        )
    return numbers.astype(float)
