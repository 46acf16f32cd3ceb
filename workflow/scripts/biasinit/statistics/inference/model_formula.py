"""From a formula and a data frame to a design matrix, and back to reference grids.

Text columns are factors with treatment coding: the first level in sorted text order is the
base, so a column is named ``scheme[T.1.0]`` and means "1.0 minus base". Booleans and pandas
categories are read as text, so that no stored order of levels can change a result.
"""

import itertools
import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import formulaic
import numpy as np
import pandas as pd
from formulaic.errors import FormulaSyntaxError

from biasinit.errors import NotEstimableError, RunsTableError
from biasinit.statistics.inference.arrays import (
    Booleans,
    Floats,
    Integers,
    column_numbers,
    require_columns,
)

DEPENDENT = 1e-9  # a column whose part outside the others is below this share of it is dropped


@dataclass(frozen=True, kw_only=True)
class Design:
    """Response and fixed effects of a model.

    ``rows`` (n,) are positions in the data frame, rows with missing values left out;
    ``matrix`` (n, columns) may be rank deficient: ``kept`` (columns,) marks a basis, chosen in
    the order of the formula as R does; ``levels`` holds the sorted levels of each factor and
    ``means`` the mean of each numeric variable.
    """

    response: Floats
    matrix: Floats
    names: tuple[str, ...]
    kept: Booleans
    null_space: Floats
    rows: Integers
    levels: Mapping[str, tuple[str, ...]]
    means: Mapping[str, float]
    specification: Any

    def grid(self, factors: Sequence[str]) -> tuple[pd.DataFrame, Floats]:
        """Return all combinations of factor levels and the averaged design row of each.

        The levels of the other factors get equal weights; numeric variables are at their mean.

        Raises:
            NotEstimableError: a factor is not in the formula.

        """
        for factor in factors:
            if factor not in self.levels:
                known = ", ".join(sorted(self.levels)) or "none"
                raise NotEstimableError(
                    f"'{factor}' must be a factor of the formula, which has {known}. "
                    "Add it to the formula as a text column."
                )
        names = list(self.levels)
        order = [names.index(factor) for factor in factors]
        rest = tuple(place for place in range(len(names)) if place not in order)
        averaged = self._full_grid.mean(axis=rest) if rest else self._full_grid
        # what is left stands in the order of the formula; bring it into the order asked for
        left = sorted(order)
        averaged = averaged.transpose([*(left.index(place) for place in order), len(order)])
        combinations = list(itertools.product(*(self.levels[name] for name in factors)))
        table = pd.DataFrame(combinations, columns=pd.Index(list(factors)))
        return table, averaged.reshape(len(combinations), -1)

    @cached_property
    def _full_grid(self) -> Floats:
        """Design rows of all combinations of levels, one axis per factor and one of columns."""
        names = list(self.levels)
        cells = list(itertools.product(*self.levels.values()))
        grid = pd.DataFrame(cells, columns=pd.Index(names), index=range(len(cells)))
        for name, mean in self.means.items():
            grid[name] = mean
        rows = self.specification.get_model_matrix(_as_factors(grid, self.levels))
        sizes = [len(levels) for levels in self.levels.values()]
        return np.asarray(rows, dtype=float).reshape(*sizes, len(self.names))

    def estimable(self, combinations: Floats) -> Booleans:
        """Return which linear combinations of the parameters, (m, columns), the data determine."""
        if self.null_space.shape[1] == 0:
            return np.ones(len(combinations), dtype=bool)
        outside = np.abs(combinations @ self.null_space).max(axis=1)
        return np.asarray(outside <= 1e-7 * np.abs(combinations).max(axis=1, initial=1.0))


def read_design(data: pd.DataFrame, formula: str, also: Sequence[str]) -> Design:
    """Return the design of ``formula`` on the complete rows of ``data``.

    Args:
        data: any index, any order of rows.
        formula: for example ``"accuracy ~ scheme * cell"``.
        also: further columns that must not be missing.

    Raises:
        RunsTableError: a column is missing.
        NotEstimableError: no complete row is left.

    """
    parsed = read_formula(formula)
    if not hasattr(parsed, "lhs"):
        raise RunsTableError(f"'formula' must have an outcome before '~', got {formula!r}.")
    variables = sorted({str(name) for name in parsed.required_variables})
    needed = list(dict.fromkeys([*variables, *also]))
    require_columns(data, needed)
    frame = data[needed].reset_index(drop=True).infer_objects()
    numeric = {
        name: _is_numeric(frame[name]) and not _is_categorical_in(formula, name)
        for name in variables
    }
    rows = _complete_rows(frame, [name for name in variables if numeric[name]])
    frame = frame.iloc[rows].reset_index(drop=True)
    right = {str(name) for name in parsed.rhs.required_variables}
    for name in sorted({str(name) for name in parsed.lhs.required_variables} - right):
        if not numeric[name]:
            column_numbers(frame, name)  # says which value is no number
    levels = {
        name: tuple(sorted({level_text(value) for value in frame[name]}))
        for name in _in_order_of_formula(right, formula)
        if not numeric[name]
    }
    means = {name: float(frame[name].astype(float).mean()) for name in right if numeric[name]}
    matrices = parsed.get_model_matrix(_as_factors(frame, levels), na_action="raise")
    response = np.asarray(matrices.lhs, dtype=float)
    if response.shape[1] != 1:
        raise RunsTableError(f"The outcome of {formula!r} must be a number in each row.")
    matrix = np.asarray(matrices.rhs, dtype=float)
    kept = independent_columns(matrix)
    return Design(
        response=response[:, 0],
        matrix=matrix,
        names=tuple(matrices.rhs.model_spec.column_names),
        kept=kept,
        null_space=_null_space(matrix, kept),
        rows=rows,
        levels=levels,
        means=means,
        specification=matrices.rhs.model_spec,
    )


def _complete_rows(frame: pd.DataFrame, numbers: Sequence[str]) -> Integers:
    """Return the rows without missing values, in which the numbers are finite."""
    finite = np.isfinite(frame[list(numbers)].astype(float).to_numpy()).all(axis=1)
    rows = np.flatnonzero(frame.notna().all(axis=1).to_numpy() & finite)
    if len(rows) == 0:
        raise NotEstimableError(
            f"No row has a value in all of {', '.join(frame.columns)}; nothing can be fitted."
        )
    return rows


def read_formula(formula: str) -> formulaic.Formula:
    """Return the parsed formula.

    Raises:
        RunsTableError: it is not a formula.

    """
    try:
        return formulaic.Formula(formula)
    except FormulaSyntaxError:
        raise RunsTableError(
            f"{formula!r} is not a formula. Write for example 'accuracy ~ scheme * cell'."
        ) from None


def level_text(value: object) -> str:
    """Return a factor level as text; 0.02 is '0.02' and 1.0 is '1.0'."""
    return str(value)


def level_codes(data: pd.DataFrame, columns: Sequence[str]) -> tuple[Integers, tuple[str, ...]]:
    """Return the level of each row in the interaction of ``columns``, and the sorted levels.

    Levels of an interaction are joined by a colon; without columns there is one level.
    """
    if not columns:
        return np.zeros(len(data), dtype=np.int64), ("",)
    keys: list[tuple[Hashable, ...]] = list(
        zip(*([level_text(value) for value in data[column]] for column in columns), strict=True)
    )
    ordered = sorted(set(keys))
    position = {key: index for index, key in enumerate(ordered)}
    codes = np.array([position[key] for key in keys], dtype=np.int64)
    return codes, tuple(":".join(map(str, key)) for key in ordered)


def independent_columns(matrix: Floats) -> Booleans:
    """Return which columns to keep so that the rest depends on them, earlier columns first."""
    kept = np.ones(matrix.shape[1], dtype=bool)
    norms = np.linalg.norm(matrix, axis=0)
    kept[norms == 0] = False
    while kept.any():
        part = matrix[:, kept] / norms[kept]
        outside = np.zeros(part.shape[1])
        triangle = np.abs(np.diagonal(np.linalg.qr(part, mode="r")))
        outside[: len(triangle)] = triangle
        dependent = np.flatnonzero(outside < DEPENDENT)
        if len(dependent) == 0:
            break
        kept[np.flatnonzero(kept)[dependent[0]]] = False
    return kept


def _null_space(matrix: Floats, kept: Booleans) -> Floats:
    """Return a basis of the parameter directions that leave the fitted values unchanged."""
    count = len(kept)
    dropped = np.flatnonzero(~kept)
    basis = np.zeros((count, len(dropped)))
    if len(dropped) == 0:
        return basis
    solution = np.linalg.lstsq(matrix[:, kept], matrix[:, dropped], rcond=None)[0]
    basis[np.flatnonzero(kept)] = -solution
    basis[dropped, np.arange(len(dropped))] = 1
    return np.asarray(basis / np.linalg.norm(basis, axis=0))


def _is_numeric(column: "pd.Series[Any]") -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _is_categorical_in(formula: str, name: str) -> bool:
    """Return whether the formula reads a column of numbers as a factor, as in C(k)."""
    return re.search(rf"\bC\(\s*`?{re.escape(name)}`?\s*[,)]", formula) is not None


def _as_factors(frame: pd.DataFrame, levels: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    columns = {
        name: pd.Categorical(
            [level_text(value) for value in frame[name]], categories=list(levels[name])
        )
        if name in levels
        else frame[name].astype(float)
        if _is_numeric(frame[name])
        else frame[name]
        for name in frame.columns
    }
    return pd.DataFrame(columns)


def _in_order_of_formula(names: set[str], formula: str) -> list[str]:
    return sorted(names, key=lambda name: (formula.find(name), name))
