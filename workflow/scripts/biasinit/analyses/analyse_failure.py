"""Failed runs: their shares, and exact contrasts of every scheme with the reference."""

from collections.abc import Mapping
from typing import Any

from biasinit.analyses.columns import (
    CELL,
    HOMOGENEITY,
    NORMALIZATION,
    REFERENCE,
    RUNS,
    SCHEME,
    interval,
)
from biasinit.analyses.contract import Analysis, Tables, with_metric
from biasinit.runs.columns import Table, integer, number, text

RATES = Table(
    name="failure_rates",
    folder="analysis",
    note="The share of failed runs in each cell, and in all.",
    columns=(
        NORMALIZATION,
        CELL,
        SCHEME,
        RUNS,
        integer("failed", "of them failed"),
        integer("diverged", "of them diverged"),
        integer("never_learned", "of them never learned"),
        integer(
            "collapsed",
            "runs that trained and ended more than `collapse_points` worse than the median of the "
            "reference's trained runs in their cell",
        ),
        integer(
            "stray",
            "runs that trained, did not collapse, and ended more than ten margins worse than the "
            "median of their arm in the cell",
        ),
        integer("seeds", "number of seeds"),
        integer("seeds_failed", "of them have a failed run"),
        number("rate", "share of seeds with a failed run"),
        number("lower", "lower bound of a 95 % interval of it (Clopper-Pearson)"),
        number("upper", "upper bound of a 95 % interval of it (Clopper-Pearson)"),
    ),
)

CONTRASTS = Table(
    name="failure_contrasts",
    folder="analysis",
    note="Exact paired (McNemar) comparisons with the reference scheme; only where the event "
    "befell either arm.\nOver all cells, a seed counts once where it befell any of its runs.",
    columns=(
        text("event", "`failed`, `collapsed` or `not reached`"),
        NORMALIZATION,
        CELL,
        SCHEME,
        REFERENCE,
        integer("pairs", "seeds that have runs of both arms"),
        integer("scheme_events", "of them, those in which the event befell the scheme"),
        integer("reference_events", "those in which it befell the reference"),
        integer("only_scheme", "those in which it befell the scheme alone"),
        integer("only_reference", "those in which it befell the reference alone"),
        number("risk_difference", "share of seeds with the event, scheme minus reference"),
        *interval(),
        number("p", "of the row alone, exact"),
        number("p_adjusted", "adjusted by Holm"),
        HOMOGENEITY,
    ),
)


def run(tables: Tables, plan: Mapping[str, Any]) -> Tables:
    """Return failure rates and exact contrasts."""
    from biasinit.statistics.failure.analysis import analyse_failure

    found = analyse_failure(tables["runs"], **with_metric(plan))
    return {RATES.name: found.rates, CONTRASTS.name: found.contrasts}


ANALYSIS = Analysis(
    name="analyse_failure",
    message="Counting failures",
    reads=("runs",),
    plan=(
        *("reference", "schemes", "margins", "metric", "collapse_points", "epochs"),
        *("alpha", "resamples", "analysis_seed"),
    ),
    makes=(RATES, CONTRASTS),
    run=run,
    memory_mb=2000,
    minutes=10,
    is_local=True,
)
