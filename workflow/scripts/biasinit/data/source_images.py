"""Images as a reader returns them, before they are split."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

GREY_LEVELS = 255  # highest grey level of a byte


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceImages:
    """All images of a data set, with the part that its authors put each into.

    Attributes:
        images: grey levels from 0 to ``maximum``, (images, height, width, channels).
        labels: class of every image, from 0, (images,).
        maximum: highest grey level.
        part: 'train', 'validation' or 'test' for every image, (images,); None where the authors
            made no split.

    """

    images: NDArray[np.uint8] = field(repr=False)
    labels: NDArray[np.integer[Any]] = field(repr=False)
    maximum: int = GREY_LEVELS
    part: NDArray[np.str_] | None = field(default=None, repr=False)


def parts(*, training: int, test: int) -> NDArray[np.str_]:
    """Return the part of every image where all training images come first."""
    return np.repeat(["train", "test"], [training, test])
