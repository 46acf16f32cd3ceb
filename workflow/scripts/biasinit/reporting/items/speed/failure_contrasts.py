"""Contrasts of failure, in arms where any run failed."""

from biasinit.reporting.items.kinds import Listing, Shown, TableItem
from biasinit.reporting.page.columns import (
    CELL,
    SCHEME,
    WHERE,
    count,
    percent,
    percent_interval,
    probability,
)
from biasinit.reporting.selection import rows_of

ITEM = TableItem(
    listing=Listing(
        note="Exact paired (McNemar) tests, for arms in which any run failed.",
        columns=(
            WHERE,
            CELL,
            SCHEME,
            count("pairs", "pairs"),
            count("only this one failed", "only_scheme_failed"),
            count("only the reference failed", "only_reference_failed"),
            percent("difference", "risk_difference"),
            percent_interval("95 % interval, %", "lower", "upper"),
            probability("p, adjusted", "p_adjusted"),
        ),
        rows=rows_of("failure_contrasts"),
        file="analysis/failure_contrasts.parquet",
        folded="Contrasts of failure",
    ),
    sentences=(),
    rules=(),
    shown=Shown.ALWAYS,
)
