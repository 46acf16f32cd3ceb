"""Fit models of final accuracy and contrast every scheme with the reference."""

from collections.abc import Mapping
from typing import Any

from biasinit.execution.job import job
from biasinit.statistics.accuracy.analysis import analyse_accuracy
from biasinit.tables import read_table, write_table


def write_accuracy(*, runs: str, plan: Mapping[str, Any], tables: Mapping[str, str]) -> None:
    """Write means, contrasts and models of final accuracy, as the plan says."""
    analysis = analyse_accuracy(read_table(runs), **plan)
    for name, path in tables.items():
        write_table(getattr(analysis, name), path)


if __name__ == "__main__":
    with job(snakemake.log[0]):
        write_accuracy(
            runs=snakemake.input.runs,
            plan=snakemake.params.plan,
            tables=dict(snakemake.output.items()),
        )
