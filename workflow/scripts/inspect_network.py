"""Find out whether a module of PyTorch can be trained as the study asks, and list its sites."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from biasinit.data.prepared import load_prepared
from biasinit.execution.job import job
from biasinit.networks.architectures import factory_of
from biasinit.networks.inspection import Asked, inspect_module
from biasinit.networks.site_table import site_table
from biasinit.plugins.specifications import architecture_of
from biasinit.runs.tables import SITES
from biasinit.specs.networks.base import Module
from biasinit.tables import write_table


def inspect_network(
    *,
    architecture: Mapping[str, Any],
    dataset: str,
    normalizations: Sequence[str],
    engine: str,
    folder: str,
    data: str,
    output: str,
) -> None:
    """Write the sites of a network on the images of a data set.

    Args:
        architecture: key and value.
        dataset: name of the data set.
        normalizations: levels of the study.
        engine: that trains it.
        folder: of the study file, which a user's own files are relative to.
        data: the prepared data set.
        output: file of the table.

    """
    found = architecture_of(architecture, folder=Path(folder))
    assert isinstance(found, Module)
    images = load_prepared(Path(data))
    asked = Asked(
        image_shape=images.image_shape,
        classes=images.classes,
        normalizations=tuple(normalizations),
        engine=engine,
    )
    factory = factory_of(found, channels=images.image_shape[2], classes=images.classes)
    rows = pd.DataFrame(site_table(inspect_module(factory, asked)))
    rows.insert(0, "dataset", dataset)
    rows.insert(1, "architecture", found.name)
    write_table(SITES.checked(rows), output)


if __name__ == "__main__":
    with job(snakemake.log[0]):
        inspect_network(
            architecture=snakemake.params.architecture,
            dataset=snakemake.wildcards.dataset,
            normalizations=snakemake.params.normalizations,
            engine=snakemake.params.engine,
            folder=snakemake.params.folder,
            data=snakemake.input.data,
            output=snakemake.output[0],
        )
