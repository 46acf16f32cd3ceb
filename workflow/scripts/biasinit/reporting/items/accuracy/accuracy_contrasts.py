"""Contrasts of final accuracy, by both analyses."""

from biasinit.reporting.items.kinds import Listing, Shown, TableItem
from biasinit.reporting.page.columns import (
    CELL,
    DECISIONS,
    SCHEME,
    WHERE,
    count,
    interval,
    probability,
    signed,
    words,
)
from biasinit.reporting.selection import rows_of

ITEM = TableItem(
    listing=Listing(
        note="The per-seed contrast decides; the mixed model is the second analysis, and a "
        "contrast on which the two disagree is called fragile. Rows of single cells are "
        "exploratory.",
        columns=(
            words("family", "family"),
            WHERE,
            SCHEME,
            CELL,
            words("rests on", "basis"),
            count("seeds", "seeds"),
            signed("difference, points", "estimate"),
            interval("95 % interval", "lower", "upper"),
            interval("interval, family", "simultaneous_lower", "simultaneous_upper"),
            *DECISIONS,
            signed("mixed model, points", "mixed_estimate"),
            probability("p, mixed model", "mixed_p_adjusted"),
            words("fragile", "fragile"),
            probability("p, scheme × cell", "scheme_by_cell_p"),
        ),
        rows=rows_of("accuracy_contrasts"),
        file="analysis/accuracy_contrasts.parquet",
        folded="Contrasts, by both analyses",
    ),
    sentences=(),
    rules=(),
    shown=Shown.ALWAYS,
)
