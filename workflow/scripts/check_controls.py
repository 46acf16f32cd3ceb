"""Check the controls whose answer is known beforehand."""

from collections.abc import Mapping
from typing import Any

from biasinit.execution.job import job
from biasinit.statistics.trust.controls import check_controls
from biasinit.tables import read_table, write_table


def write_controls(
    *, runs: str, correct: str | None, plan: Mapping[str, Any], tables: Mapping[str, str]
) -> None:
    """Write the identity check, the A/A arm and the pairing audit."""
    checks = check_controls(read_table(runs), read_table(correct) if correct else None, **plan)
    for name, path in tables.items():
        write_table(getattr(checks, name), path)


if __name__ == "__main__":
    with job(snakemake.log[0]):
        write_controls(
            runs=snakemake.input.runs,
            correct=snakemake.input.get("correct"),
            plan=snakemake.params.plan,
            tables=dict(snakemake.output.items()),
        )
