"""Measure how far the twins of siamese networks are from each other."""

from collections.abc import Mapping
from typing import Any

from biasinit.execution.job import job
from biasinit.statistics.layers.twins import summarise_twins
from biasinit.tables import read_table, write_table


def write_twins(
    *, runs: str, curves: str, layers: str, plan: Mapping[str, Any], output: str
) -> None:
    """Write the mean asymmetry and the mean distance of biases by architecture."""
    tables = (read_table(path) for path in (runs, curves, layers))
    write_table(summarise_twins(*tables, **plan), output)


if __name__ == "__main__":
    with job(snakemake.log[0]):
        write_twins(
            runs=snakemake.input.runs,
            curves=snakemake.input.curves,
            layers=snakemake.input.layers,
            plan=snakemake.params.plan,
            output=snakemake.output[0],
        )
