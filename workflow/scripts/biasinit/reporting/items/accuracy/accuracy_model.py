"""The mixed model of final accuracy: its variances and how it was fitted."""

from biasinit.reporting.items.kinds import Listing, Shown, TableItem
from biasinit.reporting.page.columns import WHERE, scientific, words
from biasinit.reporting.selection import rows_of

ITEM = TableItem(
    listing=Listing(
        note="Variance components, residual SDs and how it was fitted.",
        columns=(
            WHERE,
            words("quantity", "quantity"),
            words("level", "level"),
            scientific("value", "value"),
            words("note", "note"),
        ),
        rows=rows_of("accuracy_model"),
        file="analysis/accuracy_model.parquet",
        folded="The mixed model",
    ),
    sentences=(),
    rules=(),
    shown=Shown.ALWAYS,
)
