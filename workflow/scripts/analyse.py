"""Make the tables of one analysis."""

from collections.abc import Mapping
from typing import Any

from biasinit.analyses.contract import analysis_named
from biasinit.execution.job import job
from biasinit.tables import read_table, write_table


def analyse(
    name: str, *, tables: Mapping[str, str], plan: Mapping[str, Any], output: Mapping[str, str]
) -> None:
    """Write the tables that an analysis makes of those that it reads.

    Args:
        name: of the analysis.
        tables: file of each table that it reads.
        plan: the keys of the registered plan that it uses.
        output: file of each table that it makes.

    """
    analysis = analysis_named(name)
    made = analysis.run({table: read_table(path) for table, path in tables.items()}, plan)
    for table in analysis.makes:
        write_table(table.checked(made[table.name]), output[table.name])


if __name__ == "__main__":
    with job(snakemake.log[0]):
        analyse(
            snakemake.params.analysis,
            tables=dict(snakemake.input.items()),
            plan=snakemake.params.plan,
            output=dict(snakemake.output.items()),
        )
