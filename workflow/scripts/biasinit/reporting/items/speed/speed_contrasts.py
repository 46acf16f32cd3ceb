"""Contrasts of time to the threshold, as ratios, differences and hazards."""

from biasinit.reporting.items.kinds import Listing, Shown, TableItem
from biasinit.reporting.page.columns import (
    CELL,
    DECISIONS,
    SCHEME,
    WHERE,
    count,
    decimals,
    interval,
    probability,
    signed,
    words,
)
from biasinit.reporting.selection import rows_of

ITEM = TableItem(
    listing=Listing(
        note="Ratios below 1 are faster; hazard ratios above 1 are faster.",
        columns=(
            WHERE,
            SCHEME,
            CELL,
            count("seeds", "seeds"),
            decimals("ratio of times", "ratio"),
            interval("95 % interval", "ratio_lower", "ratio_upper"),
            interval("interval, family", "ratio_simultaneous_lower", "ratio_simultaneous_upper"),
            signed("difference, epochs", "estimate"),
            *DECISIONS,
            decimals("hazard ratio", "hazard_ratio"),
            interval("95 % interval, hazard", "hazard_lower", "hazard_upper"),
            probability("p, hazard", "hazard_p_adjusted"),
            words("fragile", "fragile"),
        ),
        rows=rows_of("speed_contrasts"),
        file="analysis/speed_contrasts.parquet",
        folded="Contrasts of time to the threshold",
    ),
    sentences=(),
    rules=(),
    shown=Shown.ALWAYS,
)
