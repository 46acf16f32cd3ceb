"""How probable it is that each effect on accuracy lies below, within or above the margin.

With a flat prior (`statistics/inference/margin_probabilities.py`). These probabilities decide
nothing; they say how open an open verdict is.
"""

from collections.abc import Mapping
from typing import Any

from biasinit.analyses.columns import MARGIN, NORMALIZATION, REFERENCE, SCHEME
from biasinit.analyses.contract import Analysis, Tables
from biasinit.runs.columns import Table, number
from biasinit.vocabulary import ALL_CELLS

PROBABILITIES = Table(
    name="margin_probabilities",
    folder="analysis",
    note="Where the difference of accuracy from the reference lies, mean over cells: "
    "probabilities under a flat prior.\n"
    "They decide nothing.",
    columns=(
        NORMALIZATION,
        SCHEME,
        REFERENCE,
        MARGIN,
        number("below", "probability that it is lower than minus the margin"),
        number("inside", "probability that it lies within the margin"),
        number("above", "probability that it is higher than the margin"),
    ),
)


def run(tables: Tables, _plan: Mapping[str, Any]) -> Tables:
    """Return the three probabilities of every contrast over cells that could be estimated."""
    from biasinit.statistics.inference.margin_probabilities import margin_probabilities

    contrasts = tables["accuracy_contrasts"]
    whole = (contrasts["family"] == "accuracy") & (contrasts["cell"] == ALL_CELLS)
    rows = contrasts[whole & (contrasts["standard_error"] > 0)].reset_index(drop=True)
    numbers = rows[["estimate", "standard_error", "df", "margin"]].to_numpy(dtype=float).T
    estimate, error, df, margin = numbers
    shares = margin_probabilities(estimate, error, df, -margin, margin)
    kept = rows[["normalization", "scheme", "reference", "margin"]]
    found = kept.assign(**shares._asdict())
    return {PROBABILITIES.name: found}


ANALYSIS = Analysis(
    name="weigh_margins",
    message="Weighing how probable each effect is to lie within its margin",
    reads=("accuracy_contrasts",),
    plan=(),
    makes=(PROBABILITIES,),
    run=run,
    memory_mb=2000,
    minutes=10,
    is_local=True,
)
