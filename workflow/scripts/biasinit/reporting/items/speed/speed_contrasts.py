"""Contrasts of time to the threshold, as ratios, differences and hazards."""

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
        note="Ratios below 1 are faster; hazard ratios above 1 are faster. Judged is the geometric "
        "mean of the ratios among seeds where both reached the threshold; the ratio of restricted "
        "means counts a run that never did with the whole length, and decides nothing.",
        columns=(
            WHERE,
            SCHEME,
            CELL,
            count("seeds", "seeds"),
            decimals("ratio of times", "ratio"),
            interval("95 % interval", "ratio_lower", "ratio_upper"),
            interval("interval, family", "ratio_simultaneous_lower", "ratio_simultaneous_upper"),
            interval("interval, equivalence", "ratio_equivalence_lower", "ratio_equivalence_upper"),
            probability("p, family", "p_adjusted"),
            probability("p, equivalence", "p_equivalence_adjusted"),
            decimals("smallest margin", "ratio_smallest_margin"),
            decimals("ratio of restricted means", "restricted_ratio"),
            interval("95 % interval, restricted", "restricted_lower", "restricted_upper"),
            decimals("hazard ratio", "hazard_ratio"),
            interval("95 % interval, hazard", "hazard_lower", "hazard_upper"),
            probability("p, hazard", "hazard_p_adjusted"),
            words("fragile", "fragile"),
            probability("p, same in all conditions", "homogeneity_p"),
        ),
        rows=rows_of("speed_contrasts"),
        file="analysis/speed_contrasts.parquet",
        folded="Contrasts of time to the threshold",
    ),
    sentences=(),
    rules=(),
    shown=Shown.ALWAYS,
)
