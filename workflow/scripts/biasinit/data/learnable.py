"""What a data set must have for anything to be learnt from it, whatever it was read from.

Without it a study trains for hours and ends with failures that look like those of a scheme.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from biasinit.errors import DataError

SHOWN = 10  # classes


def refuse_untrained_classes(
    labels: NDArray[np.integer[Any]], training: NDArray[np.int64], *, name: str
) -> None:
    """Refuse classes that no training image shows: nothing can learn to name them.

    The split of every seed has the classes of this one. An output bias that starts at the classes'
    shares would be −∞ there.

    Args:
        labels: class of every image of the data set, (images,).
        training: numbers of the training images.
        name: of the data set, for the message.

    Raises:
        DataError: there are such classes.

    """
    untrained = np.setdiff1d(labels, labels[training])
    if len(untrained):
        shown = ", ".join(map(str, untrained[:SHOWN].tolist()))
        more = f" and {len(untrained) - SHOWN:,} more" if len(untrained) > SHOWN else ""
        raise DataError(
            f"The data set {name!r} has classes without a training image: {shown}{more}. Train on "
            "more images, add training images of them, or leave these classes out."
        )


def refuse_one_image(images: NDArray[np.uint8], training: NDArray[np.int64], *, name: str) -> None:
    """Refuse training images that are all the same, such as those of a reader that failed.

    Args:
        images: grey levels, (images, height, width, channels).
        training: numbers of the training images.
        name: of the data set, for the message.

    Raises:
        DataError: they are; where they have one grey level, they cannot be standardised either.

    """
    first = images[training[0]]
    if all(np.array_equal(images[number], first) for number in training):
        level = f", every grey level {first.min()}" if first.min() == first.max() else ""
        raise DataError(
            f"All {len(training):,} training images of the data set {name!r} are the same{level}: "
            "nothing can be learnt from them. Check how they were written."
        )
