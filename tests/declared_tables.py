"""All tables that the library declares, and whether a table has the kinds of values it declares."""

import pandas as pd

from biasinit.analyses.index import all_analyses
from biasinit.runs.columns import Table
from biasinit.runs.tables import COSTS, IMPORT_NOTES, SITES, TRAINED_TABLES

DECLARED = {
    table.name: table
    for table in (
        *TRAINED_TABLES,
        COSTS,
        IMPORT_NOTES,
        SITES,
        *(table for analysis in all_analyses() for table in analysis.makes),
    )
}


def wrong_kinds(frame: pd.DataFrame, table: Table) -> list[str]:
    """Return the columns whose values are not of the declared kind; missing values are of any."""
    values = {
        column: frame[column.name].dropna() for column in table.columns if column.name in frame
    }
    return [column.name for column, found in values.items() if not KINDS[column.kind](found)]


def _is_number(values: pd.Series) -> bool:
    return values.empty or (
        pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    )


KINDS = {
    "text": lambda values: all(isinstance(value, str) for value in values),
    "number": _is_number,
    "integer": lambda values: _is_number(values) and bool((values == values // 1).all()),
    "flag": lambda values: values.empty or pd.api.types.is_bool_dtype(values),
    "bits": lambda values: all(isinstance(value, bytes) for value in values),
}
