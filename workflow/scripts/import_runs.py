"""Check a table of runs that were trained elsewhere, and store it as the study's runs."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from biasinit.execution.job import job
from biasinit.runs.import_notes import notes_frame
from biasinit.runs.imported import Bringing, complete_runs, read_brought_runs
from biasinit.runs.tables import IMPORT_NOTES, RUNS
from biasinit.tables import write_table


def import_runs(
    *,
    table: Path,
    columns: Mapping[str, str],
    bringing: Mapping[str, Any],
    output: str,
    notes: str,
) -> None:
    """Write the runs of a table to ``output``, and what was done to get them to ``notes``."""
    brought = read_brought_runs(table, columns)
    imported = complete_runs(brought, Bringing(**bringing))
    for note in imported.notes:
        logging.info("%s", note)
    write_table(RUNS.checked(imported.runs), output)
    write_table(IMPORT_NOTES.checked(notes_frame(imported.notes)), notes)


if __name__ == "__main__":
    with job(snakemake.log[0]):
        import_runs(
            table=Path(snakemake.params.table),
            columns=snakemake.params.columns,
            bringing=snakemake.params.bringing,
            output=snakemake.output.runs,
            notes=snakemake.output.notes,
        )
