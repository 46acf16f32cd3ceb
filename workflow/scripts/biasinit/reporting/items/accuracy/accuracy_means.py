"""Marginal means of final accuracy."""

from biasinit.reporting.items.kinds import OPEN, Listing, Shown, TableItem
from biasinit.reporting.page.columns import SCHEME, WHERE, count, decimals, interval
from biasinit.reporting.selection import rows_of

ITEM = TableItem(
    listing=Listing(
        note="Mixed model over cells; each cell counts the same.",
        columns=(
            WHERE,
            SCHEME,
            decimals("mean, %", "estimate"),
            interval("95 % interval", "lower", "upper"),
            decimals("SE", "standard_error", 3),
            decimals("df", "df", 1),
            count("runs", "runs"),
            count("failed", "failed"),
        ),
        rows=rows_of("accuracy_means"),
        file="analysis/accuracy_means.parquet",
        folded=OPEN,
    ),
    sentences=(),
    rules=(),
    shown=Shown.ALWAYS,
)
