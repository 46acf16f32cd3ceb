"""Summarise units, gradients and biases by layer."""

from collections.abc import Mapping
from typing import Any

from biasinit.execution.job import job
from biasinit.statistics.layers.layer_summary import summarise_layers
from biasinit.tables import read_table, write_table


def write_layers(
    *, layers: str, predictions: str | None, plan: Mapping[str, Any], output: str
) -> None:
    """Write the mean of every probe by layer, with what theory predicts where it does."""
    predicted = None if predictions is None else read_table(predictions)
    write_table(summarise_layers(read_table(layers), predictions=predicted, **plan), output)


if __name__ == "__main__":
    with job(snakemake.log[0]):
        write_layers(
            layers=snakemake.input.layers,
            predictions=snakemake.input.get("predictions"),
            plan=snakemake.params.plan,
            output=snakemake.output[0],
        )
