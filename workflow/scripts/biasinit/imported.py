"""Runs that were trained elsewhere, brought as a table.

Required columns: ``scheme``, ``seed`` and ``final_accuracy`` (percent). Optional ones: any
factor, ``normalization``; ``epochs_to_threshold`` with ``reached`` (speed); ``failed`` or
``failure_kind`` (failures); ``weights_hash`` and ``order_hash`` (the pairing audit). Sections
of the report whose columns are absent say so.
"""

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from biasinit.errors import RunsTableError
from biasinit.outcomes import RUN_COLUMNS
from biasinit.vocabulary import RUN_KEY

REQUIRED = ("scheme", "seed", "final_accuracy")
SPEED = ("epochs_to_threshold", "reached")
ROWS_SHOWN = 5


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
    if "failure_kind" in runs and "failed" not in runs:
        runs["failed"] = runs["failure_kind"].astype(str) != "none"
    if "failed" in runs:
        runs["failed"] = runs["failed"].fillna(False).astype(bool)
    if set(SPEED) <= set(runs.columns):
        runs["reached"] = runs["reached"].fillna(False).astype(bool)
        times = runs["epochs_to_threshold"].astype(float).where(runs["reached"])
        runs["epochs_to_threshold"] = times
        runs["restricted_epochs"] = times.fillna(float(epochs or 0))
    key = [name for name in RUN_KEY if name in runs]
    return runs[[name for name in RUN_COLUMNS if name in runs]].sort_values(key, ignore_index=True)


def _problems(table: pd.DataFrame, schemes: tuple[str, ...], epochs: float | None) -> list[str]:
    missing = [name for name in REQUIRED if name not in table]
    if missing:
        return [
            f"it has no column {', '.join(map(repr, missing))}. It has "
            f"{', '.join(map(str, table.columns))}."
        ]
    problems = []
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
        wrong = table["reached"].fillna(False).astype(bool) & ~(times >= 0)
        if wrong.any():
            problems.append(
                f"'epochs_to_threshold' must be a number of epochs where 'reached' is true, got "
                f"{_shown(table['epochs_to_threshold'][wrong])}."
            )
    return problems


def _shown(values: "pd.Series[Any]") -> str:
    rows = [
        f"{value!r} (row {int(str(row)) + 1})" for row, value in values.head(ROWS_SHOWN).items()
    ]
    return ", ".join(rows) + (" …" if len(values) > ROWS_SHOWN else "")


def _rows(chosen: "pd.Series[bool]") -> str:
    rows = [str(int(str(row)) + 1) for row in chosen[chosen].index[:ROWS_SHOWN]]
    return ", ".join(rows) + (" …" if int(chosen.sum()) > ROWS_SHOWN else "")
