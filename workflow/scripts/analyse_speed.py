"""Analyse the time to threshold and average the learning curves."""

from collections.abc import Mapping
from typing import Any

from biasinit.execution.job import job
from biasinit.statistics.speed.analysis import analyse_speed
from biasinit.tables import read_table, write_table


def write_speed(
    *, runs: str, curves: str | None, plan: Mapping[str, Any], tables: Mapping[str, str]
) -> None:
    """Write means and contrasts of the time to threshold, and mean curves if there are any."""
    analysis = analyse_speed(read_table(runs), read_table(curves) if curves else None, **plan)
    for name, path in tables.items():
        write_table(getattr(analysis, name), path)


if __name__ == "__main__":
    with job(snakemake.log[0]):
        write_speed(
            runs=snakemake.input.runs,
            curves=snakemake.input.get("curves"),
            plan=snakemake.params.plan,
            tables=dict(snakemake.output.items()),
        )
