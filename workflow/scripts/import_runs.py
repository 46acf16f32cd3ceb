"""Check runs that were trained elsewhere, and store them as the study's runs."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from biasinit.execution.job import job
from biasinit.runs.import_notes import notes_frame
from biasinit.runs.imported import Bringing, complete_runs
from biasinit.runs.importers.contract import Asked
from biasinit.runs.sources import Source, read_source
from biasinit.runs.tables import BROUGHT_CURVES, IMPORT_NOTES, RUNS
from biasinit.tables import write_table


def import_runs(
    *,
    source: Source,
    bringing: Mapping[str, Any],
    output: str,
    curves: str | None,
    notes: str,
) -> None:
    """Write runs to ``output``, their curves, and what was done to get them to ``notes``."""
    imported = complete_runs(read_source(source), Bringing(**bringing))
    for note in imported.notes:
        logging.info("%s", note)
    write_table(RUNS.checked(imported.runs), output)
    if curves is not None and imported.curves is not None:
        write_table(BROUGHT_CURVES.checked(imported.curves), curves)
    write_table(IMPORT_NOTES.checked(notes_frame(imported.notes)), notes)


if __name__ == "__main__":
    with job(snakemake.log[0]):
        of_curves = snakemake.params.curves_table
        import_runs(
            source=Source(
                format=snakemake.params.format,
                path=Path(snakemake.params.table),
                asked=Asked(
                    **snakemake.params.asked,
                    curves=Path(of_curves) if of_curves else None,
                ),
            ),
            bringing=snakemake.params.bringing,
            output=snakemake.output.runs,
            curves=snakemake.output.get("curves"),
            notes=snakemake.output.notes,
        )
