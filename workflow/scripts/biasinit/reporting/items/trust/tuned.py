"""Each scheme at its own learning rate."""

from biasinit.reporting.items.kinds import Listing, Shown, TableItem
from biasinit.reporting.page.columns import (
    OF_METRIC,
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
        note="Half of the seeds chooses the rates by {validation}, and the other half is "
        "judged at them: mean over many such halves, and the share of them that chose a rate.",
        columns=(
            WHERE,
            SCHEME,
            words("its learning rate", "learning_rates"),
            words("reference", "reference"),
            words("its learning rate", "reference_learning_rates"),
            words("an end of the grid", "at_edge"),
            words("an end, reference", "reference_at_edge"),
            words("seeds that count", "basis"),
            count("seeds", "seeds"),
            signed("difference, {unit}", "estimate", OF_METRIC),
            interval("95 % interval", "lower", "upper", OF_METRIC),
            probability("p, family", "p_adjusted"),
            probability("p, equivalence", "p_equivalence_adjusted"),
        ),
        rows=rows_of("tuned"),
        file="analysis/tuned.parquet",
        folded="Each scheme at its own learning rate",
    ),
    sentences=(),
    rules=(),
    shown=Shown.WITH_ROWS,
)
