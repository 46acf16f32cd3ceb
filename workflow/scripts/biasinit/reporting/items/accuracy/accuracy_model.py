"""The mixed model of final accuracy: its variances and how it was fitted."""

import pandas as pd

from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.items.kinds import Listing, Shown, TableItem, Tables
from biasinit.reporting.page.columns import WHERE, scientific, words
from biasinit.reporting.selection import rows_of
from biasinit.statistics.accuracy.accuracy_model import CONTRAST


def rows(tables: Tables, study: StudyFacts) -> pd.DataFrame:
    """Return what the models found besides contrasts, which have a table of their own."""
    model = rows_of("accuracy_model")(tables, study)
    return model[model["quantity"] != CONTRAST] if "quantity" in model else model


ITEM = TableItem(
    listing=Listing(
        note="Variance components, residual SDs, and how it was fitted.",
        columns=(
            WHERE,
            words("quantity", "quantity"),
            words("level", "level"),
            scientific("value", "value"),
            words("note", "note"),
        ),
        rows=rows,
        file="analysis/accuracy_model.parquet",
        folded="The mixed model",
    ),
    sentences=(),
    rules=(),
    shown=Shown.ALWAYS,
)
