"""Declarations of tables: every column once, with its kind, unit and meaning.

docs/tables.md is made of them, every job checks the tables that it writes against them, and the
tests' synthetic tables are checked too. The workflow's parser reads declarations: no pandas here.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from biasinit.errors import TableError

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["text", "number", "integer", "flag", "bits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table.

    Attributes:
        name: in the file.
        kind: of its values, some of which may be missing; ``bits`` are bytes of packed bits.
        unit: of a number, empty where it has none.
        meaning: in words.
        optional: whether it is absent in some studies.

    """

    name: str
    kind: Kind
    unit: str = ""
    meaning: str
    optional: bool = False


def text(name: str, meaning: str, *, optional: bool = False) -> Column:
    """Return a column of text."""
    return Column(name=name, kind="text", meaning=meaning, optional=optional)


def number(name: str, meaning: str, *, unit: str = "", optional: bool = False) -> Column:
    """Return a column of numbers."""
    return Column(name=name, kind="number", unit=unit, meaning=meaning, optional=optional)


def integer(name: str, meaning: str, *, unit: str = "", optional: bool = False) -> Column:
    """Return a column of whole numbers."""
    return Column(name=name, kind="integer", unit=unit, meaning=meaning, optional=optional)


def flag(name: str, meaning: str, *, optional: bool = False) -> Column:
    """Return a column of true and false."""
    return Column(name=name, kind="flag", meaning=meaning, optional=optional)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table that a study has in its folder.

    Attributes:
        name: of the table, and of its file without the ending.
        note: what one row is, when there is such a table, and what else a reader must know.
        columns: in the order of the file.
        folder: below that of the study.
        ending: of the file.

    """

    name: str
    note: str
    columns: tuple[Column, ...]
    folder: Literal["", "analysis"] = ""
    ending: Literal["parquet", "csv"] = "parquet"

    @property
    def path(self) -> str:
        """The file, below the folder of the study."""
        return "/".join(filter(None, (self.folder, f"{self.name}.{self.ending}")))

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of all columns, those included that some studies lack."""
        return tuple(column.name for column in self.columns)

    def checked(self, frame: "pd.DataFrame") -> "pd.DataFrame":
        """Return a table that was made, as it is, when it has the declared columns.

        Raises:
            TableError: a column is missing or was not declared.

        """
        made = [str(name) for name in frame.columns]
        missing = [
            f"{column.name!r} is missing"
            for column in self.columns
            if column.name not in made and not column.optional
        ]
        unknown = [f"{name!r} was not declared" for name in made if name not in self.column_names]
        if missing or unknown:
            raise TableError(
                f"The table '{self.name}' has other columns than it was declared with: "
                f"{', '.join([*missing, *unknown])}. Correct what makes it, or its declaration."
            )
        return frame
