"""From a data set's specification to its prepared form: read, split, thinned, put in pairs."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from biasinit.data.exchange import (
    STAYS,
    Exchange,
    exchange_of_classes,
    exchange_within_classes,
    no_exchange,
)
from biasinit.data.imbalance import thinned
from biasinit.data.learnable import refuse_one_image, refuse_untrained_classes
from biasinit.data.pairs import in_pairs
from biasinit.data.prepared import SUBSETS, PreparedDataset
from biasinit.data.source import Source
from biasinit.data.source_images import SourceImages
from biasinit.data.splits import SplitSizes, split_by_class, split_within_parts, stratified_split
from biasinit.plugins.resolve import resolve
from biasinit.specs.datasets.base import Dataset


def prepare(dataset: Dataset) -> PreparedDataset:
    """Return a data set, read and split.

    Raises:
        DataError: the images cannot be had or read, the sizes do not fit them, or nothing could be
            learnt from them.
        OwnCodeError: a function of a user's own cannot be had or used.

    """
    source: Source = resolve(dataset.source)
    single = _split(source, source.read(dataset), dataset)
    if dataset.imbalance > 1:
        single = thinned(single, ratio=dataset.imbalance, seed=dataset.split_seed)
    refuse_one_image(single.images, single.split["train"], name=dataset.name)
    return in_pairs(single, seed=dataset.split_seed) if dataset.pairs else single


def _split(source: Source, images: SourceImages, dataset: Dataset) -> PreparedDataset:
    sizes = SplitSizes(train=dataset.train, validation=dataset.validation, test=dataset.test)
    labels, part, seed = images.labels, images.part, dataset.split_seed
    if part is None:
        split = stratified_split(labels, sizes=sizes, seed=seed)
        exchange = exchange_within_classes(labels, part, split_seed=seed)
    elif source.by_class:
        split = split_by_class(labels, part, sizes=sizes, seed=seed)
        exchange = exchange_of_classes(labels, part, split_seed=seed)
    else:
        split = split_within_parts(labels, part, sizes=sizes, seed=seed)
        exchange = exchange_within_classes(labels, part, split_seed=seed)
    if not dataset.shows_pairs:  # which are made of whatever classes a subset has
        refuse_untrained_classes(labels, split["train"], name=dataset.name)
    if dataset.split == "once":
        exchange = no_exchange(len(labels))
    return _used(images, split, exchange)


def _used(
    images: SourceImages, split: Mapping[str, NDArray[np.int64]], exchange: Exchange
) -> PreparedDataset:
    """Return the images that are in a subset for some seed; classes keep no gaps.

    A study on some of many images is not to carry the others into every job.
    """
    used = np.concatenate([*split.values(), np.flatnonzero(exchange.stratum != STAYS)])
    numbers = np.unique(used)
    _, labels = np.unique(images.labels[numbers], return_inverse=True)
    return PreparedDataset(
        images=images.images[numbers],
        labels=labels.astype(images.labels.dtype),
        maximum=images.maximum,
        split={name: np.searchsorted(numbers, split[name]) for name in SUBSETS},
        shown=np.arange(len(numbers))[:, None],
        exchange=exchange.of(numbers),
    )
