"""Pairs of images that show the same or different classes, for siamese networks.

The generator should be a stream of its own, ``streams.stream(..., Purpose.PAIRS)``, so that
drawing pairs moves no other random number. The pairs of a data set are drawn once, with its
split: all runs of a study see the same ones.
"""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from biasinit.data.prepared import SUBSETS, PreparedDataset, SubsetName
from biasinit.errors import DataError
from biasinit.streams import Purpose, stream


class Pairs(NamedTuple):
    """Image numbers of the two images of every pair, and whether their classes are the same."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    same: NDArray[np.bool_]


def in_pairs(dataset: PreparedDataset, *, seed: int) -> PreparedDataset:
    """Return a data set of pairs, as many in each subset as it has images.

    Args:
        dataset: single images.
        seed: keys the pairs; every subset has a stream of its own.

    Returns:
        Examples of two images, the left one first; label 1 where both show the same class, and 0
        where they do not. That is so in the split of every seed, which exchanges images of one
        class, or whole classes.

    Raises:
        DataError: a subset has one class only, or no class with two images.

    """
    labels, shown, split = [], [], {}
    drawn = 0
    for name in SUBSETS:
        numbers = dataset.split[name]
        found = _pairs_of(dataset, name, seed)
        shown.append(np.stack([numbers[found.left], numbers[found.right]], axis=1))
        labels.append(found.same.astype(np.uint8))
        split[name] = np.arange(drawn, drawn + len(numbers))
        drawn += len(numbers)
    return replace(dataset, labels=np.concatenate(labels), shown=np.concatenate(shown), split=split)


def _pairs_of(dataset: PreparedDataset, name: SubsetName, seed: int) -> Pairs:
    labels = dataset.labels[dataset.split[name]]
    try:
        return pairs(labels, len(labels), stream(seed, 0, Purpose.PAIRS, name=name))
    except DataError as error:
        raise DataError(f"Subset {name!r}: {error}") from None


def pairs(labels: NDArray[np.integer[Any]], count: int, rng: np.random.Generator) -> Pairs:
    """Return pairs of images, half of the same class, in random order.

    For a pair of the same class, an image is drawn among all whose class has another one, then
    one of the others of its class. For different classes, an image is drawn among all, then one
    of those of other classes. Which of the two is left is drawn too. Pairs are drawn with
    replacement; no image is ever paired with itself.

    Args:
        labels: class of every image, (images,).
        count: number of pairs; of an odd number one more is of different classes.
        rng: draws the pairs.

    Returns:
        ``left`` and ``right``, image numbers (pairs,), and ``same`` (pairs,).

    Raises:
        DataError: there is only one class, or no class has two images.

    """
    # images sorted by class, so that a class is one stretch from 'start' of length 'size'
    order = np.argsort(labels, kind="stable")
    _, start, inverse, size = np.unique(
        labels[order], return_index=True, return_inverse=True, return_counts=True
    )
    if len(size) < 2 or size.max() < 2:
        raise DataError(
            "Pairs need two classes, and two images of one of them, got "
            f"{len(labels)} images of {len(size)} classes. Use more images."
        )
    start, size = start[inverse], size[inverse]
    everything = np.arange(len(order))
    first_same = rng.choice(everything[size > 1], count // 2)
    # a step of 1 to size - 1 around the stretch never comes back to where it started
    step = rng.integers(1, size[first_same])
    second_same = start[first_same] + (first_same - start[first_same] + step) % size[first_same]
    first_other = rng.choice(everything, count - count // 2)
    # likewise from the end of the stretch around all others
    step = rng.integers(0, len(order) - size[first_other])
    second_other = (start[first_other] + size[first_other] + step) % len(order)
    return _shuffled(
        order[np.concatenate([first_same, first_other])],
        order[np.concatenate([second_same, second_other])],
        np.arange(count) < count // 2,
        rng,
    )


def _shuffled(
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    same: NDArray[np.bool_],
    rng: np.random.Generator,
) -> Pairs:
    place = rng.permutation(len(same))
    swapped = rng.random(len(same)) < 0.5
    left, right = np.where(swapped, second, first), np.where(swapped, first, second)
    return Pairs(left=left[place], right=right[place], same=same[place])
