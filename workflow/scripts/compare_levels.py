"""Compare the levels of factors that the ledger of claims asks of the study."""

from collections.abc import Mapping, Sequence
from typing import Any

from biasinit.execution.job import job
from biasinit.statistics.judging.level_contrasts import LevelQuestion, compare_levels
from biasinit.tables import read_table, write_table


def write_level_contrasts(
    *, runs: str, questions: Sequence[Mapping[str, str]], plan: Mapping[str, Any], output: str
) -> None:
    """Write the table of contrasts between levels from the table of runs."""
    asked = [LevelQuestion(**question) for question in questions]
    write_table(compare_levels(read_table(runs), questions=asked, **plan), output)


if __name__ == "__main__":
    with job(snakemake.log[0]):
        write_level_contrasts(
            runs=snakemake.input.runs,
            questions=snakemake.params.questions,
            plan=snakemake.params.plan,
            output=snakemake.output[0],
        )
