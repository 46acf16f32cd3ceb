"""Contrasts of what befell runs: failed, collapsed, not reached."""

from biasinit.reporting.items.kinds import Listing, Shown, TableItem
from biasinit.reporting.page.columns import (
    CELL,
    SCHEME,
    WHERE,
    count,
    percent,
    percent_interval,
    probability,
    words,
)
from biasinit.reporting.selection import rows_of

ITEM = TableItem(
    listing=Listing(
        note="Exact paired (McNemar) tests by seed, where it befell a run of either arm. Over all "
        "conditions a seed counts once, whichever of its runs it was.",
        columns=(
            words("what befell it", "event"),
            WHERE,
            CELL,
            SCHEME,
            count("seeds", "pairs"),
            count("this scheme", "scheme_events"),
            count("the reference", "reference_events"),
            count("only this scheme", "only_scheme"),
            count("only the reference", "only_reference"),
            percent("difference", "risk_difference"),
            percent_interval("95 % interval, %", "lower", "upper"),
            probability("p, adjusted", "p_adjusted"),
            probability("p, same in all conditions", "homogeneity_p"),
        ),
        rows=rows_of("failure_contrasts"),
        file="analysis/failure_contrasts.parquet",
        folded="Contrasts of failure, collapse and missed thresholds",
    ),
    sentences=(),
    rules=(),
    shown=Shown.ALWAYS,
)
