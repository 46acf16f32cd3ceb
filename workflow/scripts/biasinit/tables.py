"""Reading and writing of tables, with an error that says what to do about a bad file or disk."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import pyarrow as pa

from biasinit.errors import RunsTableError
from biasinit.files import lasting_file


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
    """Write a table to a Parquet file, whole or not at all, without its index.

    Equal tables give equal bytes: whichever of two writers comes last changes nothing.

    Raises:
        FolderError: the file cannot be written.

    """
    with lasting_file(Path(path)) as unfinished:
        frame.to_parquet(unfinished, index=False)
