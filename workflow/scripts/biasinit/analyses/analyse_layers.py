"""Units, gradients and biases by layer."""

from collections.abc import Mapping
from typing import Any

from biasinit.analyses.columns import NORMALIZATION, RUNS, SCHEME, interval
from biasinit.analyses.contract import Analysis, Tables
from biasinit.runs.columns import Table, number, text

MEANS = Table(
    name="layer_means",
    folder="analysis",
    note="The mean over seeds and cells of each measured column of `layers`.",
    columns=(
        NORMALIZATION,
        SCHEME,
        text("when", "`start`, `epoch 1` or `end`"),
        text("layer", "name of the layer"),
        text("quantity", "column of `layers`"),
        number("estimate", "mean over seeds of each seed's mean over cells"),
        *interval(),
        RUNS,
        number(
            "predicted",
            "the mean over cells of what theory says of the start; missing where it says nothing",
        ),
    ),
)


def run(tables: Tables, plan: Mapping[str, Any]) -> Tables:
    """Return the mean of every probe by layer, with what theory predicts where it does."""
    from biasinit.statistics.layers.layer_summary import summarise_layers

    means = summarise_layers(tables["layers"], predictions=tables.get("predictions"), **plan)
    return {MEANS.name: means}


ANALYSIS = Analysis(
    name="analyse_layers",
    message="Summarising units, gradients and biases by layer",
    reads=("layers",),
    reads_if_there=("predictions",),
    plan=("schemes",),
    makes=(MEANS,),
    run=run,
    memory_mb=2000,
    minutes=10,
    is_local=True,
)
