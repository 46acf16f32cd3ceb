"""From a data set's description in the study to its prepared form: one entry for each kind."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from biasinit.data import digits
from biasinit.data.cifar10 import CIFAR10, read_cifar10
from biasinit.data.downloads import RemoteFile
from biasinit.data.imbalance import thinned
from biasinit.data.mnist import FASHION_MNIST, MNIST, read_release
from biasinit.data.omniglot import ARCHIVES, ONE_SHOT_RUNS, read_omniglot
from biasinit.data.own_images import read_own_images
from biasinit.data.pairs import in_pairs
from biasinit.data.prepared import PreparedDataset
from biasinit.data.source_images import SourceImages
from biasinit.data.splits import SplitSizes, split_by_class, split_within_parts, stratified_split
from biasinit.errors import DataError
from biasinit.specs.dataset_kinds import Alphabets, DatasetKind

OMNIGLOT_SIZE = 28  # pixels in both directions, as of MNIST, where the study names no other


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceOptions:
    """Where a data set is read from, and which of its variants; None where not given."""

    directory: Path | None = None
    path: Path | None = None
    size: int | None = None
    alphabets: Alphabets | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """How one kind of data set is read.

    Attributes:
        read: returns all of its images.
        files: official files that are downloaded where no directory is given.
        by_class: whether whole classes are drawn into the subsets.

    """

    read: Callable[[SourceOptions], SourceImages]
    files: tuple[RemoteFile, ...] = ()
    by_class: bool = False


def _digits(_: SourceOptions) -> SourceImages:
    images, labels = digits.digits()
    return SourceImages(images=images, labels=labels, maximum=digits.MAXIMUM_GREY)


def _omniglot(options: SourceOptions) -> SourceImages:
    return read_omniglot(
        options.directory,
        alphabets=options.alphabets or "all",
        size=options.size or OMNIGLOT_SIZE,
    )


def _own_images(options: SourceOptions) -> SourceImages:
    if options.path is None:
        raise DataError("A data set of kind 'npz' needs 'path', the .npz file. Add it.")
    return read_own_images(options.path)


SOURCES: Mapping[DatasetKind, Source] = {
    "digits": Source(read=_digits),
    "fashion_mnist": Source(
        read=lambda options: read_release(FASHION_MNIST, options.directory),
        files=tuple(FASHION_MNIST.remote(name) for name in FASHION_MNIST.files),
    ),
    "mnist": Source(
        read=lambda options: read_release(MNIST, options.directory),
        files=tuple(MNIST.remote(name) for name in MNIST.files),
    ),
    "cifar10": Source(
        read=lambda options: read_cifar10(options.directory), files=(CIFAR10.archive,)
    ),
    "omniglot": Source(
        read=_omniglot,
        files=(*ARCHIVES["all"], *ARCHIVES["small"], ONE_SHOT_RUNS),
        by_class=True,
    ),
    "npz": Source(read=_own_images),
}


def prepare(
    *,
    kind: DatasetKind,
    train: int,
    validation: int,
    test: int,
    split_seed: int,
    directory: str | None = None,
    path: str | None = None,
    size: int | None = None,
    alphabets: Alphabets | None = None,
    pairs: bool = False,
    imbalance: float = 1.0,
) -> PreparedDataset:
    """Return the data set of one kind, read and split.

    Args:
        kind: which data set.
        train: number of training images.
        validation: number of validation images.
        test: number of test images, from the official test set where there is one.
        split_seed: keys the split.
        directory: folder with the official files; None downloads them where they are not yet.
        path: of one's own images, for the kind 'npz'.
        size: height and width of Omniglot's images in pixels.
        alphabets: which of Omniglot's.
        imbalance: how many times as large the first class is to be as the last, in training.
        pairs: whether the images are put together in pairs, as many as there are images.

    Raises:
        DataError: the images cannot be had or read, or the sizes do not fit them.

    """
    source = SOURCES[kind]
    sizes = SplitSizes(train=train, validation=validation, test=test)
    options = SourceOptions(
        directory=None if directory is None else Path(directory),
        path=None if path is None else Path(path),
        size=size,
        alphabets=alphabets,
    )
    single = _split(source, source.read(options), sizes=sizes, seed=split_seed)
    if imbalance > 1:
        single = thinned(single, ratio=imbalance, seed=split_seed)
    return in_pairs(single, seed=split_seed) if pairs else single


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
