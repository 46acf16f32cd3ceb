"""Predict by theory what every layer does at the start."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from biasinit.data.prepared import load_prepared
from biasinit.execution.job import job
from biasinit.runs.tables import PREDICTIONS
from biasinit.tables import write_table
from biasinit.theory.predictions import predict_layers


def write_predictions(
    *, data: Sequence[str], arms: Sequence[Mapping[str, Any]], folder: str, output: str
) -> None:
    """Write the predictions for each arm.

    Args:
        data: prepared data sets, in files of their names.
        arms: what theory needs of each arm.
        folder: of the study file, which a user's own files are relative to.
        output: file of the predictions.

    """
    datasets = {Path(path).stem: load_prepared(Path(path)) for path in data}
    found = predict_layers(arms, datasets, folder=Path(folder))
    write_table(PREDICTIONS.checked(found), output)


if __name__ == "__main__":
    with job(snakemake.log[0]):
        write_predictions(
            data=snakemake.input.data,
            arms=snakemake.params.arms,
            folder=snakemake.params.folder,
            output=snakemake.output[0],
        )
