"""How far the twins of siamese networks are from each other."""

from collections.abc import Mapping
from typing import Any

from biasinit.analyses.columns import NORMALIZATION, RUNS, SCHEME, interval
from biasinit.analyses.contract import AnalysedStudy, Analysis, Tables
from biasinit.runs.columns import Table, number, text

MEANS = Table(
    name="twin_means",
    folder="analysis",
    note="Only where networks compare pairs.\n"
    "At the start and the end of training; runs that failed are left out.",
    columns=(
        text("architecture", "name of the network"),
        NORMALIZATION,
        SCHEME,
        text("when", "`start` or `end`"),
        text(
            "quantity",
            "`asymmetry` as in `curves`, or `bias_distance`, the Euclidean distance between all "
            "hidden biases of one twin and those of the other, where each has its own",
        ),
        number("estimate", "the mean over seeds of each seed's mean over the other factors"),
        *interval(),
        RUNS,
    ),
)


def run(tables: Tables, plan: Mapping[str, Any]) -> Tables:
    """Return the mean asymmetry and the mean distance of biases by architecture."""
    from biasinit.statistics.layers.twins import summarise_twins

    means = summarise_twins(tables["runs"], tables["curves"], tables["layers"], **plan)
    return {MEANS.name: means}


def compares_pairs(study: AnalysedStudy) -> bool:
    """Return whether networks have twins."""
    return study.compares_pairs


ANALYSIS = Analysis(
    name="compare_twins",
    message="Measuring how far twins are from each other",
    reads=("runs", "curves", "layers"),
    plan=("schemes", "architectures"),
    makes=(MEANS,),
    run=run,
    applies=compares_pairs,
    memory_mb=2000,
    minutes=10,
    is_local=True,
)
