"""Marginal means of final accuracy."""

from biasinit.reporting.items.kinds import OPEN, Listing, Shown, TableItem
from biasinit.reporting.page.columns import (
    OF_METRIC,
    SCHEME,
    WHERE,
    count,
    decimals,
    interval,
    standard_error,
)
from biasinit.reporting.selection import rows_of

ITEM = TableItem(
    listing=Listing(
        note="Mixed model over cells; each cell counts the same.",
        columns=(
            WHERE,
            SCHEME,
            decimals("mean, {level_unit}", "estimate", OF_METRIC),
            interval("95 % interval", "lower", "upper", OF_METRIC),
            standard_error("SE", "standard_error"),
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
