"""Merge the sites of all networks of PyTorch's layers."""

from collections.abc import Sequence

from biasinit.execution.job import job
from biasinit.runs.tables import SITES
from biasinit.tables import read_tables, write_table


def collect_sites(*, files: Sequence[str], output: str) -> None:
    """Write one table from those of all networks."""
    write_table(SITES.checked(read_tables(files)), output)


if __name__ == "__main__":
    with job(snakemake.log[0]):
        collect_sites(files=snakemake.input, output=snakemake.output[0])
