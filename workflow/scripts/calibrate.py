"""Measure how often the registered analysis errs on runs like these."""

from collections.abc import Mapping
from typing import Any

from biasinit.execution.job import job
from biasinit.statistics.trust.calibration import calibrate
from biasinit.tables import read_table, write_table


def write_calibration(*, runs: str, plan: Mapping[str, Any], output: str) -> None:
    """Write error rates under relabelling and simulation, as the plan says."""
    write_table(calibrate(read_table(runs), **plan), output)


if __name__ == "__main__":
    with job(snakemake.log[0]):
        write_calibration(
            runs=snakemake.input.runs,
            plan=snakemake.params.plan,
            output=snakemake.output[0],
        )
