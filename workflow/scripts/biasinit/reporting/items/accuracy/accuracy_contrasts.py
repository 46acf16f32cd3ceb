"""Contrasts of final accuracy, by both analyses."""

from biasinit.reporting.items.kinds import Listing, Shown, TableItem
from biasinit.reporting.page.columns import (
    CELL,
    DECISIONS,
    OF_METRIC,
    SCHEME,
    WHERE,
    count,
    decimals,
    in_its_words,
    interval,
    probability,
    signed,
    words,
)
from biasinit.reporting.selection import rows_of

ITEM = TableItem(
    listing=Listing(
        note="The per-seed contrast decides, in each condition by itself; the mixed model is the "
        "second analysis, and a contrast on which the two disagree, or a test that allows for "
        "skewed values does, is called fragile. A mean over conditions is judged only where these "
        "do not differ.",
        columns=(
            in_its_words("family", "family"),
            WHERE,
            SCHEME,
            CELL,
            words("rests on", "basis"),
            count("seeds", "seeds"),
            signed("difference, {unit}", "estimate", OF_METRIC),
            interval("95 % interval", "lower", "upper", OF_METRIC),
            interval("interval, family", "simultaneous_lower", "simultaneous_upper", OF_METRIC),
            interval("interval, equivalence", "equivalence_lower", "equivalence_upper", OF_METRIC),
            *DECISIONS,
            signed("without collapsed runs", "without_collapsed", OF_METRIC),
            interval(
                "95 % interval", "without_collapsed_lower", "without_collapsed_upper", OF_METRIC
            ),
            decimals("skewness", "skewness"),
            signed("mixed model, {unit}", "mixed_estimate", OF_METRIC),
            probability("p, mixed model", "mixed_p_adjusted"),
            words("fragile", "fragile"),
            probability("p, same in all conditions", "homogeneity_p"),
        ),
        rows=rows_of("accuracy_contrasts"),
        file="analysis/accuracy_contrasts.parquet",
        folded="Contrasts, by both analyses",
    ),
    sentences=(),
    rules=(),
    shown=Shown.ALWAYS,
)
