"""Judge each scheme against the reference: one verdict for each outcome and normalisation."""

from collections.abc import Mapping
from typing import Any

from biasinit.execution.job import job
from biasinit.statistics.judging.schemes import judge_claims
from biasinit.tables import read_table, write_table


def write_verdicts(*, tables: Mapping[str, str], plan: Mapping[str, Any], output: str) -> None:
    """Write the table of verdicts from the tables of the analyses."""
    frames = {name: read_table(path) for name, path in tables.items()}
    speed = frames.pop("speed_contrasts", None)
    write_table(judge_claims(**frames, speed_contrasts=speed, **plan), output)


if __name__ == "__main__":
    with job(snakemake.log[0]):
        write_verdicts(
            tables=dict(snakemake.input.items()),
            plan=snakemake.params.plan,
            output=snakemake.output[0],
        )
