"""Reading and writing of tables, with an error that says what to do about a bad file or disk."""

import os
from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import pyarrow as pa

from biasinit.errors import FolderError, RunsTableError


def read_table(path: str | Path) -> pd.DataFrame:
    """Return the table in a Parquet file.

    Raises:
        RunsTableError: the file is missing or damaged.

    """
    try:
        return pd.read_parquet(path)
    except (OSError, pa.ArrowException) as error:
        raise RunsTableError(
            f"The table {path} cannot be read ({error}). Delete the file; the workflow makes it "
            "again."
        ) from error


def read_tables(paths: Iterable[str | Path]) -> pd.DataFrame:
    """Return several tables of the same columns, one below the other."""
    return pd.concat([read_table(path) for path in paths], ignore_index=True)


def write_table(frame: pd.DataFrame, path: str | Path) -> None:
    """Write a table to a Parquet file, without its index; equal tables give equal bytes.

    A reader sees the whole table or none, also where the disk is full or the job is killed.

    Raises:
        FolderError: the file cannot be written.

    """
    whole = Path(path)
    part = whole.with_name(f"{whole.name}.{os.getpid()}.tmp")
    try:
        frame.to_parquet(part, index=False)
        part.replace(whole)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise FolderError(
            f"The table {path} cannot be written ({error.strerror or error}). Make room on the "
            "disk, or make the folder writable; then run the same command again."
        ) from None
