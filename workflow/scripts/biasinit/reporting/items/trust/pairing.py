"""The pairing audit: whether runs of one seed start alike and see the same batches."""

from biasinit import numbers
from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.items.kinds import Listing, Shown, TableItem, Tables
from biasinit.reporting.page.columns import CELL, SCHEME, WHERE, count, decimals, words
from biasinit.reporting.selection import rows_of, table


def sentence(tables: Tables, study: StudyFacts) -> str:
    """Return whether runs were paired as they should be, and how alike pairs are."""
    frame = table(tables, "pairing")
    if frame.empty:
        return "Pairing audit: not in this table."
    hashes = frame[["weights_equal", "orders_equal"]]
    broken = int((hashes == False).any(axis=1).sum())  # noqa: E712  # missing is not False
    if hashes.isna().any(axis=None):
        state = "the table does not say whether weights and batch order are the same"
    elif broken:
        state = f"initial weights or batch order differ in {broken} of {len(frame)} comparisons"
    else:
        state = "initial weights and batch order are the same for every seed under every scheme"
    correlations = frame["correlation"].astype(float)
    low, high = float(correlations.min()), float(correlations.max())
    return (
        f"Pairing audit: {state}; {study.metric.values} of pairs correlate between "
        f"{numbers.number(low)} and {numbers.number(high)}."
    )


ITEM = TableItem(
    listing=Listing(
        note="Same seed, same initial weights and batch order under every scheme; what pairing "
        "gained.",
        columns=(
            WHERE,
            CELL,
            SCHEME,
            count("seeds", "seeds"),
            words("same weights", "weights_equal"),
            words("same batch order", "orders_equal"),
            decimals("correlation", "correlation"),
            decimals("gain in variance", "variance_gain"),
        ),
        rows=rows_of("pairing"),
        file="analysis/pairing.parquet",
        folded="Pairing audit",
    ),
    sentences=(sentence,),
    rules=(),
    shown=Shown.ALWAYS,
)
