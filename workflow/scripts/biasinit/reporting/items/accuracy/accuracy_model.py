"""The mixed model of final accuracy: its variances and how it was fitted."""

from biasinit.reporting.items.kinds import Listing, Shown, TableItem
from biasinit.reporting.page.columns import WHERE, interval, probability, scientific, words
from biasinit.reporting.selection import rows_of

ITEM = TableItem(
    listing=Listing(
        note="Variance components, residual SDs, how it was fitted, and the contrasts that "
        "statsmodels' MixedLM finds, in points; those decide nothing.",
        columns=(
            WHERE,
            words("quantity", "quantity"),
            words("level", "level"),
            words("cell", "cell"),
            scientific("value", "value"),
            interval("95 % interval", "lower", "upper"),
            probability("p", "p"),
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
