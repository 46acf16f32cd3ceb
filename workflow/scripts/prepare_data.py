"""Split a data set and store it as training reads it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from biasinit.data.prepared import save_prepared
from biasinit.data.preparing import prepare
from biasinit.execution.job import job
from biasinit.plugins.specifications import dataset_of


def prepare_data(*, dataset: Mapping[str, Any], folder: str, output: str) -> None:
    """Write the data set that ``dataset`` describes to ``output``.

    Args:
        dataset: key and value.
        folder: of the study file, which a user's own files are relative to.
        output: file of the prepared data set.

    """
    save_prepared(prepare(dataset_of(dataset, folder=Path(folder))), Path(output))


if __name__ == "__main__":
    with job(snakemake.log[0]):
        prepare_data(
            dataset=snakemake.params.dataset,
            folder=snakemake.params.folder,
            output=snakemake.output[0],
        )
