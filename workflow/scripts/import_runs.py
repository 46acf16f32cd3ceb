"""Check a table of runs that were trained elsewhere, and store it as the study's runs."""

from pathlib import Path

from biasinit.execution.job import job
from biasinit.runs.imported import complete_runs, read_brought_runs
from biasinit.runs.tables import RUNS
from biasinit.tables import write_table


def import_runs(
    *, table: str, study: str, schemes: list[str], epochs: float | None, output: str
) -> None:
    """Write the runs of ``schemes`` in the file ``table`` to ``output``."""
    brought = read_brought_runs(Path(table)).reset_index(drop=True)
    runs = complete_runs(brought, study=study, schemes=tuple(schemes), epochs=epochs)
    write_table(RUNS.checked(runs), output)


if __name__ == "__main__":
    with job(snakemake.log[0]):
        import_runs(
            table=snakemake.input.table,
            study=snakemake.wildcards.study,
            schemes=snakemake.params.schemes,
            epochs=snakemake.params.epochs,
            output=snakemake.output.runs,
        )
