"""Splits that are drawn anew for every seed.

A data set is split once, into *places* for training, validation and test images. The split of a
seed puts other images into these places: images of one class that may be in the same subsets
change places at random, so every seed has the class shares, the pairs and the thinned classes of
the first split, with other images. Images of an official test set keep their places.

The draw of a seed is a stream of its own, which no scheme, normalisation or learning rate is part
of: all runs of a seed have the same split, whichever of them are trained together.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biasinit.streams import Purpose, stream

STAYS = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """Which images may change places.

    Attributes:
        stratum: images of one stratum change places with each other, (images,); ``STAYS`` keeps
            its place.
        unit: images of one unit move together, (images,); in every stratum the same units.
        split_seed: keys the draws, beside the study and the seed.

    """

    stratum: NDArray[np.int64] = field(repr=False)
    unit: NDArray[np.int64] = field(repr=False)
    split_seed: int

    def images_at_places(self, *, study_seed: int, seed: int) -> NDArray[np.int64]:
        """Return the number of the image at each place in the split of a seed, (images,)."""
        result = np.arange(len(self.stratum))
        moving = np.flatnonzero(self.stratum != STAYS)
        if len(moving) == 0:
            return result
        stratum, unit = self.stratum[moving], self.unit[moving]
        rng = stream(study_seed, seed, Purpose.SPLIT, name=f"split {self.split_seed}")
        rank = rng.permutation(int(unit.max()) + 1)[unit]
        # both in the order of strata; within each, places by unit and images by random rank
        result[moving[np.lexsort((unit, stratum))]] = moving[np.lexsort((rank, stratum))]
        return result

    def of(self, images: NDArray[np.int64]) -> "Exchange":
        """Return the exchange of some images among themselves."""
        return Exchange(
            stratum=self.stratum[images], unit=self.unit[images], split_seed=self.split_seed
        )


def no_exchange(images: int) -> Exchange:
    """Return that all images keep their places: one split for all seeds."""
    return Exchange(stratum=np.full(images, STAYS), unit=np.arange(images), split_seed=0)


def exchange_within_classes(
    labels: NDArray[np.integer[Any]], part: NDArray[np.str_] | None, *, split_seed: int
) -> Exchange:
    """Return that images of one class and part change places.

    Args:
        labels: class of every image, (images,).
        part: 'train', 'validation' or 'test' for every image, (images,), of which 'test' stays;
            None where the authors made no split.
        split_seed: keys the draws.

    """
    parts = np.full(len(labels), "train") if part is None else part
    _, stratum = np.unique(np.stack([parts, labels.astype(str)]), axis=1, return_inverse=True)
    return _staying(stratum, np.arange(len(labels)), parts, split_seed=split_seed)


def exchange_of_classes(
    labels: NDArray[np.integer[Any]], part: NDArray[np.str_], *, split_seed: int
) -> Exchange:
    """Return that whole classes of one size change places, those of the part 'test' excepted."""
    order = np.argsort(labels, kind="stable")
    _, first = np.unique(labels[order], return_index=True)
    number_in_class = np.empty(len(labels), dtype=np.int64)
    number_in_class[order] = np.arange(len(labels)) - np.repeat(
        first, np.diff([*first, len(labels)])
    )
    return _staying(number_in_class, labels.astype(np.int64), part, split_seed=split_seed)


def _staying(
    stratum: NDArray[np.integer[Any]],
    unit: NDArray[np.int64],
    part: NDArray[np.str_],
    *,
    split_seed: int,
) -> Exchange:
    return Exchange(
        stratum=np.where(part == "test", STAYS, stratum.reshape(-1)),
        unit=unit,
        split_seed=split_seed,
    )
