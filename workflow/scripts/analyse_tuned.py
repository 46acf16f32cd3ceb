"""Contrast every scheme with the reference, each at the learning rate that suits it best."""

from collections.abc import Mapping
from typing import Any

from biasinit.execution.job import job
from biasinit.statistics.paired.tuned_rates import tuned_contrasts
from biasinit.tables import read_table, write_table


def write_tuned(*, runs: str, plan: Mapping[str, Any], output: str) -> None:
    """Write contrasts at tuned learning rates, as the plan says."""
    write_table(tuned_contrasts(read_table(runs), **plan), output)


if __name__ == "__main__":
    with job(snakemake.log[0]):
        write_tuned(
            runs=snakemake.input.runs,
            plan=snakemake.params.plan,
            output=snakemake.output[0],
        )
