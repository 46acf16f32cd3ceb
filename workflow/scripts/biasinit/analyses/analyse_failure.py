"""Failed runs: their shares, and exact contrasts of every scheme with the reference."""

from collections.abc import Mapping
from typing import Any

from biasinit.analyses.columns import CELL, NORMALIZATION, REFERENCE, RUNS, SCHEME, interval
from biasinit.analyses.contract import Analysis, Tables
from biasinit.runs.columns import Table, integer, number

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
        number("rate", "share of failed runs"),
        number("lower", "lower bound of a 95 % interval (Clopper-Pearson)"),
        number("upper", "upper bound of a 95 % interval (Clopper-Pearson)"),
    ),
)

CONTRASTS = Table(
    name="failure_contrasts",
    folder="analysis",
    note="Exact paired (McNemar) comparisons with the reference scheme; only arms with at least "
    "one failure in either.",
    columns=(
        NORMALIZATION,
        CELL,
        SCHEME,
        REFERENCE,
        integer("pairs", "runs of both arms with the same seed and cell"),
        integer("only_scheme_failed", "pairs in which only the scheme failed"),
        integer("only_reference_failed", "pairs in which only the reference failed"),
        number("risk_difference", "share of failed runs, scheme minus reference"),
        *interval(),
        number("p", "of the row alone, exact"),
        number("p_adjusted", "adjusted by Holm"),
    ),
)


def run(tables: Tables, plan: Mapping[str, Any]) -> Tables:
    """Return failure rates and exact contrasts."""
    from biasinit.statistics.failure.analysis import analyse_failure

    found = analyse_failure(tables["runs"], **plan)
    return {RATES.name: found.rates, CONTRASTS.name: found.contrasts}


ANALYSIS = Analysis(
    name="analyse_failure",
    message="Counting failures",
    reads=("runs",),
    plan=("reference", "schemes", "alpha"),
    makes=(RATES, CONTRASTS),
    run=run,
    memory_mb=2000,
    minutes=10,
    is_local=True,
)
