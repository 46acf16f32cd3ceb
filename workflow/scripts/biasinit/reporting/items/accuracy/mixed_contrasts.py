"""Contrasts of accuracy by statsmodels' ``MixedLM``, beside those that decide."""

import pandas as pd

from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.items.kinds import Listing, Shown, TableItem, Tables
from biasinit.reporting.page.columns import (
    CELL,
    OF_METRIC,
    SCHEME,
    WHERE,
    interval,
    probability,
    signed,
    standard_error,
    words,
)
from biasinit.reporting.selection import arranged, scheme_order, table
from biasinit.statistics.accuracy.accuracy_model import CONTRAST
from biasinit.statistics.mixed.engine_comparison import NO_DECISION

KEYS = ["normalization", "scheme", "cell"]
OWN = ("estimate", "standard_error", "lower", "upper", "p")


def rows(tables: Tables, study: StudyFacts) -> pd.DataFrame:
    """Return each contrast that ``MixedLM`` found, with the deciding one beside it."""
    model, contrasts = table(tables, "accuracy_model"), table(tables, "accuracy_contrasts")
    if "cell" not in model or not {*KEYS, *OWN} <= set(contrasts.columns):
        return pd.DataFrame()
    found = model[model["quantity"] == CONTRAST].rename(columns={"level": "scheme"})
    deciding = contrasts[contrasts["family"] == "accuracy"].drop_duplicates(KEYS)
    own = deciding[[*KEYS, *OWN]].rename(columns={name: f"own_{name}" for name in OWN})
    return arranged(found.merge(own, on=KEYS, how="left"), schemes=scheme_order(study))


ITEM = TableItem(
    listing=Listing(
        note=f"{NO_DECISION} Intervals and p-values are those of the row alone.",
        columns=(
            WHERE,
            SCHEME,
            CELL,
            signed("per seed, {unit}", "own_estimate", OF_METRIC),
            standard_error("SE", "own_standard_error"),
            interval("95 % interval", "own_lower", "own_upper", OF_METRIC),
            probability("p", "own_p"),
            signed("MixedLM, {unit}", "value", OF_METRIC),
            standard_error("SE", "standard_error"),
            interval("95 % interval", "lower", "upper", OF_METRIC),
            probability("p", "p"),
            words("how it ended", "note"),
        ),
        rows=rows,
        file="analysis/accuracy_model.parquet",
        folded="Contrasts by statsmodels' MixedLM, which do not decide",
    ),
    sentences=(),
    rules=(),
    shown=Shown.WITH_ROWS,
)
