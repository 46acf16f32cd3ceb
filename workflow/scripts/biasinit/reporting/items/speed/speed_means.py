"""Mean epochs to the threshold."""

from biasinit.reporting.items.kinds import OPEN, Listing, Shown, TableItem
from biasinit.reporting.page.columns import SCHEME, WHERE, count, decimals, interval
from biasinit.reporting.selection import rows_of

ITEM = TableItem(
    listing=Listing(
        note="Restricted means: a run that never got there counts with all epochs of the study.",
        columns=(
            WHERE,
            SCHEME,
            decimals("mean epochs", "estimate"),
            interval("95 % interval", "lower", "upper"),
            decimals("SE", "standard_error", 3),
            count("runs", "runs"),
            count("reached", "reached"),
        ),
        rows=rows_of("speed_means"),
        file="analysis/speed_means.parquet",
        folded=OPEN,
    ),
    sentences=(),
    rules=(),
    shown=Shown.ALWAYS,
)
