"""Split a data set and store it as training reads it."""

from pathlib import Path
from typing import Any

from biasinit.data.prepared import save_prepared
from biasinit.data.sources import prepare
from biasinit.execution.job import job


def prepare_data(*, dataset: dict[str, Any], output: str) -> None:
    """Write the data set that ``dataset`` describes to ``output``."""
    save_prepared(prepare(**dataset), Path(output))


if __name__ == "__main__":
    with job(snakemake.log[0]):
        prepare_data(dataset=snakemake.params.dataset, output=snakemake.output[0])
