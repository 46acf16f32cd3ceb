"""Stratified splits into training, validation and test images."""

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from biasinit.errors import DataError


def stratified_split(
    labels: NDArray[np.uint8], *, train: int, validation: int, test: int, seed: int
) -> dict[str, NDArray[np.int64]]:
    """Return sorted image numbers of three disjoint subsets with equal class shares.

    Args:
        labels: class of every image, shape (images,).
        train: number of training images.
        validation: number of validation images.
        test: number of test images; images beyond the three are left out.
        seed: keys the split.

    Raises:
        DataError: the sizes do not fit the number of images or of classes.

    """
    everything = np.arange(len(labels))
    try:
        rest, test_images = train_test_split(
            everything,
            train_size=train + validation,
            test_size=test,
            stratify=labels,
            random_state=seed,
        )
        train_images, validation_images = train_test_split(
            rest, train_size=train, test_size=validation, stratify=labels[rest], random_state=seed
        )
    except ValueError as error:
        raise DataError(
            f"{len(labels)} images cannot be split into train {train}, validation {validation} "
            f"and test {test}: {error} Change the sizes in 'datasets'."
        ) from error
    subsets = {"train": train_images, "validation": validation_images, "test": test_images}
    return {name: np.sort(images) for name, images in subsets.items()}
