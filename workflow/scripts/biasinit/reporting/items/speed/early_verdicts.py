"""Verdicts on the time to an early threshold, where the runs tell of it."""

from biasinit.reporting.items.kinds import Listing, Shown, TableItem
from biasinit.reporting.page.columns import (
    CELL,
    SCHEME,
    WHERE,
    count,
    decimals,
    interval,
    probability,
    words,
)
from biasinit.reporting.selection import rows_of

ITEM = TableItem(
    listing=Listing(
        note="The same analysis as of the registered threshold, at one half-way between chance "
        "and it: ratios of times, and shares of seeds that never got there. Its contrasts are a "
        "family of their own.",
        columns=(
            words("outcome", "outcome"),
            WHERE,
            SCHEME,
            CELL,
            words("verdict", "verdict"),
            words("unit", "unit"),
            decimals("estimate", "estimate"),
            interval("interval that decides", "lower", "upper"),
            probability("p, family", "p_adjusted"),
            probability("p, equivalence", "p_equivalence_adjusted"),
            count("seeds", "seeds"),
            count("seeds needed", "seeds_needed"),
            words("fragile", "fragile"),
        ),
        rows=rows_of("early_verdicts"),
        file="analysis/early_verdicts.parquet",
        folded="Time to the early threshold",
    ),
    sentences=(),
    rules=(),
    shown=Shown.WITH_ROWS,
)
