"""Repeat every contrast under other defensible choices: the table of specifications."""

from collections.abc import Mapping
from typing import Any

from biasinit.execution.job import job
from biasinit.statistics.trust.sensitivity import sensitivity
from biasinit.tables import read_table, write_table


def write_sensitivity(
    *, runs: str, curves: str | None, plan: Mapping[str, Any], output: str
) -> None:
    """Write every contrast under every specification, as the plan says."""
    write_table(
        sensitivity(read_table(runs), read_table(curves) if curves else None, **plan), output
    )


if __name__ == "__main__":
    with job(snakemake.log[0]):
        write_sensitivity(
            runs=snakemake.input.runs,
            curves=snakemake.input.get("curves"),
            plan=snakemake.params.plan,
            output=snakemake.output[0],
        )
