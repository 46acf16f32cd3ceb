"""Splits into training, validation and test images.

Where a data set has an official test set, test images are drawn from it, and training and
validation images from the others. Where pairs are to be told apart, whole classes are drawn.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from biasinit.errors import DataError
from biasinit.streams import Purpose, stream


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitSizes:
    """Numbers of images in the three subsets."""

    train: int
    validation: int
    test: int

    @property
    def total(self) -> int:
        """Number of images in all three."""
        return self.train + self.validation + self.test

    def __str__(self) -> str:
        return f"train {self.train}, validation {self.validation} and test {self.test}"


def stratified_split(
    labels: NDArray[np.integer[Any]], *, sizes: SplitSizes, seed: int
) -> dict[str, NDArray[np.int64]]:
    """Return sorted image numbers of three disjoint subsets with equal class shares.

    Args:
        labels: class of every image, shape (images,).
        sizes: numbers of images; others are left out.
        seed: keys the split.

    Raises:
        DataError: the sizes do not fit the number of images or of classes.

    """
    everything = np.arange(len(labels))
    if sizes.total > len(labels):
        raise DataError(
            f"{len(labels)} images cannot be split into {sizes}: that is {sizes.total}. Change the "
            "sizes in 'datasets'."
        )
    try:
        rest, test_images = train_test_split(
            everything,
            train_size=sizes.train + sizes.validation,
            test_size=sizes.test,
            stratify=labels,
            random_state=seed,
        )
        train_images, validation_images = train_test_split(
            rest,
            train_size=sizes.train,
            test_size=sizes.validation,
            stratify=labels[rest],
            random_state=seed,
        )
    except ValueError as error:
        raise DataError(
            f"{len(labels)} images cannot be split into {sizes}: {_sentence(error)} Change the "
            "sizes in 'datasets'."
        ) from error
    return _sorted(train=train_images, validation=validation_images, test=test_images)


def split_within_parts(
    labels: NDArray[np.integer[Any]], part: NDArray[np.str_], *, sizes: SplitSizes, seed: int
) -> dict[str, NDArray[np.int64]]:
    """Return sorted image numbers of three subsets, each with the class shares of its part.

    Args:
        labels: class of every image, (images,).
        part: 'train', 'validation' or 'test' for every image, (images,): what its subset is drawn
            from. Without any 'validation', validation images are drawn from 'train'.
        sizes: numbers of images; others are left out.
        seed: keys the split.

    Raises:
        DataError: a part has too few images, or too few for its classes.

    """
    pools = {name: np.flatnonzero(part == name) for name in ("train", "validation", "test")}
    test = _drawn(labels, pools["test"], sizes.test, "test", seed)
    if len(pools["validation"]):
        train = _drawn(labels, pools["train"], sizes.train, "train", seed)
        validation = _drawn(labels, pools["validation"], sizes.validation, "validation", seed)
        return _sorted(train=train, validation=validation, test=test)
    both = sizes.train + sizes.validation
    rest = _drawn(labels, pools["train"], both, "train and validation", seed)
    train = _drawn(labels, rest, sizes.train, "train", seed)
    return _sorted(train=train, validation=np.setdiff1d(rest, train), test=test)


def split_by_class(
    labels: NDArray[np.integer[Any]], part: NDArray[np.str_], *, sizes: SplitSizes, seed: int
) -> dict[str, NDArray[np.int64]]:
    """Return sorted image numbers of three subsets that share no class.

    Args:
        labels: class of every image, (images,); all classes have the same number of images.
        part: 'train' or 'test' for every image, (images,), the same for all images of a class:
            training and validation classes are drawn from the one, test classes from the other.
        sizes: numbers of images, whole classes.
        seed: keys the split.

    Raises:
        DataError: the sizes are no whole classes, or there are too few classes.

    """
    in_class = int(np.bincount(labels).max())
    wanted = {"train": sizes.train, "validation": sizes.validation, "test": sizes.test}
    broken = [f"{name} {size}" for name, size in wanted.items() if size % in_class]
    if broken:
        raise DataError(
            f"Whole classes of {in_class} images are drawn, got {' and '.join(broken)}. Change the "
            f"sizes in 'datasets' to multiples of {in_class}."
        )
    # every part in an order of its own, so that the size of one subset moves no other
    training, test = (
        stream(seed, 0, Purpose.SPLIT, name=name).permutation(np.unique(labels[part == name]))
        for name in ("train", "test")
    )
    first, second, third = (size // in_class for size in wanted.values())
    if first + second > len(training) or third > len(test):
        raise DataError(
            f"{len(training)} classes for training and validation and {len(test)} for testing "
            f"cannot be split into {sizes}: that is {first + second} and {third} classes. Change "
            "the sizes in 'datasets'."
        )
    return _sorted(
        train=np.flatnonzero(np.isin(labels, training[:first])),
        validation=np.flatnonzero(np.isin(labels, training[first : first + second])),
        test=np.flatnonzero(np.isin(labels, test[:third])),
    )


def _drawn(
    labels: NDArray[np.integer[Any]], pool: NDArray[np.int64], size: int, name: str, seed: int
) -> NDArray[np.int64]:
    if size == len(pool):
        return pool  # which scikit-learn refuses: nothing would be left
    if size > len(pool):
        raise DataError(
            f"{size} images for {name} cannot be drawn from {len(pool)}: that is "
            f"{size - len(pool)} too many. Change the sizes in 'datasets'."
        )
    try:
        drawn, _ = train_test_split(pool, train_size=size, stratify=labels[pool], random_state=seed)
    except ValueError as error:
        raise DataError(
            f"{size} images for {name} cannot be drawn from {len(pool)}: {_sentence(error)} Change "
            "the sizes in 'datasets'."
        ) from error
    result: NDArray[np.int64] = drawn
    return result


def _sentence(error: ValueError) -> str:
    """Return what scikit-learn says, which does not always end as a sentence does."""
    return f"{str(error).rstrip('.')}."


def _sorted(
    *, train: NDArray[np.int64], validation: NDArray[np.int64], test: NDArray[np.int64]
) -> dict[str, NDArray[np.int64]]:
    return {"train": np.sort(train), "validation": np.sort(validation), "test": np.sort(test)}
