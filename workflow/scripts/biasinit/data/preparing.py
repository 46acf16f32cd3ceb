"""From a data set's specification to its prepared form: read, split, thinned, put in pairs."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from biasinit.data.imbalance import thinned
from biasinit.data.pairs import in_pairs
from biasinit.data.prepared import PreparedDataset
from biasinit.data.source import Source
from biasinit.data.source_images import SourceImages
from biasinit.data.splits import SplitSizes, split_by_class, split_within_parts, stratified_split
from biasinit.plugins.resolve import resolve
from biasinit.specs.datasets.base import Dataset


def prepare(dataset: Dataset) -> PreparedDataset:
    """Return a data set, read and split.

    Raises:
        DataError: the images cannot be had or read, or the sizes do not fit them.
        OwnCodeError: a function of a user's own cannot be had or used.

    """
    source: Source = resolve(dataset.source)
    sizes = SplitSizes(train=dataset.train, validation=dataset.validation, test=dataset.test)
    single = _split(source, source.read(dataset), sizes=sizes, seed=dataset.split_seed)
    if dataset.imbalance > 1:
        single = thinned(single, ratio=dataset.imbalance, seed=dataset.split_seed)
    return in_pairs(single, seed=dataset.split_seed) if dataset.pairs else single


def _split(
    source: Source, images: SourceImages, *, sizes: SplitSizes, seed: int
) -> PreparedDataset:
    if images.part is None:
        split = stratified_split(
            images.labels,
            train=sizes.train,
            validation=sizes.validation,
            test=sizes.test,
            seed=seed,
        )
        return _prepared(images, split)
    splitter = split_by_class if source.by_class else split_within_parts
    split = splitter(images.labels, images.part, sizes=sizes, seed=seed)
    # a study on some of many images is not to carry the others into every job
    return _prepared(*_used(images, split))


def _used(
    images: SourceImages, split: Mapping[str, NDArray[np.int64]]
) -> tuple[SourceImages, dict[str, NDArray[np.int64]]]:
    """Return the images of the subsets alone, and their new numbers; classes keep no gaps."""
    numbers = np.sort(np.concatenate(list(split.values())))
    _, labels = np.unique(images.labels[numbers], return_inverse=True)
    labels = labels.astype(images.labels.dtype)
    return (
        replace(images, images=images.images[numbers], labels=labels, part=None),
        {name: np.searchsorted(numbers, subset) for name, subset in split.items()},
    )


def _prepared(images: SourceImages, split: Mapping[str, NDArray[np.int64]]) -> PreparedDataset:
    return PreparedDataset(
        images=images.images,
        labels=images.labels,
        maximum=images.maximum,
        split={"train": split["train"], "validation": split["validation"], "test": split["test"]},
    )
