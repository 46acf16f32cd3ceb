"""Runs that were trained elsewhere, brought as a table.

Required columns: ``scheme``, ``seed`` and ``final_accuracy`` (percent). Optional ones: any
factor, ``normalization``; ``epochs_to_threshold`` with ``reached`` (speed), and
``epochs_to_early_threshold``, empty where it was not reached; ``failed`` or ``failure_kind``
(failures); ``weights_hash`` and ``order_hash`` (the pairing audit). Sections
of the report whose columns are absent say so.
"""

import math
import numbers
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from biasinit.errors import RunsTableError
from biasinit.runs.tables import RUNS
from biasinit.vocabulary import IDENTITY, RUN_KEY, TREATMENTS

REQUIRED = ("scheme", "seed", "final_accuracy")
EARLY = "epochs_to_early_threshold"
SPEED = ("epochs_to_threshold", "reached")
ROWS_SHOWN = 5
LEVELS = (*TREATMENTS, IDENTITY)
TEXTS = ("dataset", "architecture", "weight_init", "input_scaling", "optimizer")
KINDS = ("none", "diverged", "never learned")
NUMBERS = {"seed", "learning_rate", EARLY}
TRUTHS = {"reached", "failed"}
TRUTH_WORDS = {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False}
LONGEST_NAME = 100  # characters, of names that stand on the axes of figures
NAMES = f"must be printable names of at most {LONGEST_NAME} characters"
LARGEST_SEED = 2**63


def read_brought_runs(path: Path) -> pd.DataFrame:
    """Return the table in a CSV or Parquet file, schemes and factors as text.

    Raises:
        RunsTableError: the file is missing, damaged or not a table.

    """
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        # an empty field is missing, but a scheme may well be called None or nan
        text = {"scheme": str, "normalization": str, "dataset": str}
        return pd.read_csv(path, dtype=text, keep_default_na=False, na_values=[""])
    except (OSError, ValueError, pa.ArrowException) as error:
        raise RunsTableError(
            f"The table of runs {path} cannot be read ({error}). Give a CSV or Parquet file in "
            "'runs_table'."
        ) from error


def complete_runs(
    table: pd.DataFrame, *, study: str, schemes: tuple[str, ...], epochs: float | None
) -> pd.DataFrame:
    """Return a brought table as a table `runs`, with the columns that it can have.

    Args:
        table: one row per run.
        study: name of the study.
        schemes: the schemes of the study, the A/A arm included.
        epochs: length of training, for runs that did not reach the threshold.

    Raises:
        RunsTableError: columns are missing or hold impossible values; all problems at once.

    """
    if "scheme" in table:
        named = table["scheme"].astype(str).isin(schemes) | table["scheme"].isna()
        problems = list(_problems(table[named], schemes, epochs))
    else:
        problems = list(_problems(table, schemes, epochs))
    if problems:
        raise RunsTableError(
            "\n".join(["The table of runs cannot be used:", *(f"  - {text}" for text in problems)])
        )
    runs = table[table["scheme"].astype(str).isin(schemes)].reset_index(drop=True)
    runs["study"] = study
    runs["scheme"] = runs["scheme"].astype(str)
    for name in NUMBERS & set(runs.columns):
        runs[name] = pd.to_numeric(runs[name])
    if "failure_kind" in runs and "failed" not in runs:
        runs["failed"] = runs["failure_kind"].astype(str) != "none"
    for name in TRUTHS & set(runs.columns):
        runs[name] = _truth(runs[name]).fillna(False).astype(bool)
    if set(SPEED) <= set(runs.columns):
        times = runs["epochs_to_threshold"].astype(float).where(runs["reached"])
        runs["epochs_to_threshold"] = times
        runs["restricted_epochs"] = times.fillna(float(epochs or 0))
    key = [name for name in RUN_KEY if name in runs]
    return runs[[name for name in RUNS.column_names if name in runs]].sort_values(
        key, ignore_index=True
    )


def _problems(table: pd.DataFrame, schemes: tuple[str, ...], epochs: float | None) -> list[str]:
    missing = [name for name in REQUIRED if name not in table]
    if missing:
        return [
            f"it has no column {', '.join(map(repr, missing))}. It has "
            f"{', '.join(map(str, table.columns))}."
        ]
    problems = _wrong_values(table)
    if problems:
        return problems  # the checks below compare values, which these would not allow
    absent = [name for name in schemes if name not in set(table["scheme"].astype(str))]
    if absent:
        problems.append(
            f"'scheme' never is {', '.join(map(repr, absent))}. Name schemes of the table in "
            "'schemes'."
        )
    accuracy = pd.to_numeric(table["final_accuracy"], errors="coerce")
    outside = ~accuracy.between(0, 100)
    if outside.any():
        problems.append(
            f"'final_accuracy' must be between 0 and 100 percent in every row, got "
            f"{_shown(table['final_accuracy'][outside])}."
        )
    key = [name for name in RUN_KEY if name in table]
    empty = [name for name in key if table[name].isna().any()]
    if empty:
        problems.append(f"{', '.join(map(repr, empty))} must be given in every row.")
    repeated = table.duplicated(key)
    if repeated.any():
        problems.append(
            f"{int(repeated.sum())} runs stand there more than once, rows "
            f"{_rows(repeated)}. Remove them, or add the factor that tells them apart."
        )
    given = [name for name in SPEED if name in table]
    if len(given) == 1:
        other = next(name for name in SPEED if name not in given)
        problems.append(f"{given[0]!r} needs the column {other!r} too.")
    if len(given) == 2:
        if epochs is None:
            problems.append("'epochs_to_threshold' needs the length of training: add 'epochs: …'.")
        times = pd.to_numeric(table["epochs_to_threshold"], errors="coerce")
        reached = _truth(table["reached"]).fillna(False).astype(bool)
        longest = math.inf if epochs is None else epochs
        wrong = reached & ~(times.between(0, longest, inclusive="right") & (times < math.inf))
        if wrong.any():
            problems.append(
                f"'epochs_to_threshold' must be a number of epochs above 0, and at most the "
                f"'epochs' of the study, where 'reached' is true, got "
                f"{_shown(table['epochs_to_threshold'][wrong])}."
            )
    return problems


def _wrong_values(table: pd.DataFrame) -> list[str]:
    """Say which columns hold values of another kind than they must."""
    checks = {
        "seed": (_is_seed, "must be whole numbers from 0 on"),
        "learning_rate": (_is_number, "must be numbers"),
        EARLY: (_is_time, "must be numbers of epochs above 0, or empty"),
        "normalization": (LEVELS.__contains__, f"must be one of {', '.join(map(repr, LEVELS))}"),
        "failure_kind": (KINDS.__contains__, f"must be one of {', '.join(map(repr, KINDS))}"),
        **dict.fromkeys(TEXTS, (_is_name, NAMES)),
        **dict.fromkeys(TRUTHS, (_is_truth, "must be true or false")),
    }
    problems = []
    for column, (is_right, what) in checks.items():
        if column not in table:
            continue
        values = table[column]
        if column != "failure_kind":  # an empty field of another has checks of its own
            values = values[values.map(lambda value: not _is_missing(value))]
        wrong = values[[not is_right(value) for value in values]]
        if len(wrong):
            problems.append(f"{column!r} {what}, got {_shown(wrong)}.")
    return problems


def _is_missing(value: object) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))


def _number(value: object) -> float:
    """Return the number that a field holds; not-a-number where it holds none.

    One wrong field makes text of a whole column of a CSV file, in which the others are numbers.
    """
    try:
        is_number = isinstance(value, numbers.Real | str) and not isinstance(value, bool | np.bool_)
        return float(value) if is_number else math.nan  # type: ignore[arg-type]
    except (ValueError, OverflowError):
        return math.nan


def _is_number(value: object) -> bool:
    return not math.isnan(_number(value))


def _is_time(value: object) -> bool:
    return 0 < _number(value) < math.inf


def _is_seed(value: object) -> bool:
    return 0 <= _number(value) < LARGEST_SEED and _number(value).is_integer()


def _is_name(value: object) -> bool:
    text = str(value) if isinstance(value, str | numbers.Real) else ""
    return 0 < len(text) <= LONGEST_NAME and text.isprintable()


def _is_truth(value: object) -> bool:
    return isinstance(value, str | numbers.Real | np.bool_) and str(value).lower() in TRUTH_WORDS


def _truth(values: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return true and false for the words that stand for them; what is missing stays missing."""
    return values.map(lambda value: None if _is_missing(value) else TRUTH_WORDS[str(value).lower()])


def _shown(values: "pd.Series[Any]") -> str:
    rows = [
        f"{repr(value)[:LONGEST_NAME]} (row {int(str(row)) + 1})"
        for row, value in values.head(ROWS_SHOWN).items()
    ]
    return ", ".join(rows) + (" …" if len(values) > ROWS_SHOWN else "")


def _rows(chosen: "pd.Series[bool]") -> str:
    rows = [str(int(str(row)) + 1) for row in chosen[chosen].index[:ROWS_SHOWN]]
    return ", ".join(rows) + (" …" if int(chosen.sum()) > ROWS_SHOWN else "")
