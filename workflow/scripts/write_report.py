"""Draw all figures and write the page that people read."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from biasinit.execution.job import job
from biasinit.report_files import write_report


def write(
    inputs: Mapping[str, str], *, params: Mapping[str, Any], output: Mapping[str, Any]
) -> None:
    """Write the report of a study.

    Args:
        inputs: the files of claims and of the page's template by their names in the rule, and the
            file of each table by its name.
        params: facts of the study, and its file.
        output: where the page and what stands beside it go.

    """
    files = dict(inputs)
    template = {
        "html": files.pop("template"),
        "ledger": files.pop("ledger"),
        "tables": files.pop("tables"),
        "style": files.pop("style"),
        "script": files.pop("behaviour"),
    }
    write_report(
        facts=params["facts"],
        configfile=params["configfile"],
        template=template,
        claims=files.pop("claims"),
        prevalence=files.pop("prevalence", None),
        tables=files,
        page=Path(output["page"]),
        answer=Path(output["answer"]),
        verdicts=Path(output["verdicts"]),
        costs=Path(output["costs"]),
    )


if __name__ == "__main__":
    with job(snakemake.log[0]):
        write(
            dict(snakemake.input.items()),
            params=dict(snakemake.params.items()),
            output=dict(snakemake.output.items()),
        )
