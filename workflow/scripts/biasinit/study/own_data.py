"""Where the images of one's own lie that data sets name by a path, and whether they have changed.

Such a path is relative to the working directory.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from biasinit.errors import Problem
from biasinit.folders import version_of_folder
from biasinit.plugins.own_dataset import OwnDataset
from biasinit.specs.datasets.base import Dataset
from biasinit.study.model import Study


def prepared_file(study: str, dataset: str) -> str:
    """Return where a data set of a study is stored as training reads it."""
    return f"results/{study}/data/{dataset}.npz"


def files_of(dataset: Dataset) -> list[str]:
    """Return the files that a data set is read from, archives among them."""
    return [*dataset.files, *(path for path in dataset.folders if not Path(path).is_dir())]


def folders_of(dataset: Dataset) -> list[str]:
    """Return the folders that a data set is read from."""
    return [path for path in dataset.folders if Path(path).is_dir()]


def versions_of_folders(dataset: Dataset) -> list[str]:
    """Return what changes when a file in one of its folders does."""
    return [_version_of_folder(path) for path in folders_of(dataset)]


@cache  # once for each plan of a workflow, which asks several times
def _version_of_folder(path: str) -> str:
    return version_of_folder(Path(path))


def missing_data(study: Study) -> Iterator[Problem]:
    """Yield which data sets name a path where nothing is.

    One that was prepared needs its images no more, so that results can be reported elsewhere.
    """
    for number, dataset in enumerate(study.datasets):
        if isinstance(dataset, OwnDataset):
            continue  # whose files lie beside the study file
        for path in (*dataset.files, *dataset.folders):
            there = Path(path).exists() or Path(prepared_file(study.study, dataset.name)).exists()
            if not there:
                yield Problem(
                    key=f"datasets[{number}].path",
                    what=f"names {path}, and there is nothing at {Path(path).absolute()}.",
                    mend="Name a path relative to the working directory, or a whole one.",
                )
