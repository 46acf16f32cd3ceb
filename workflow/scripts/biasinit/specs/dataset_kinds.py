"""The kinds of data sets, and how many images the official ones have; knows nothing else."""

from dataclasses import dataclass
from typing import Literal

DatasetKind = Literal["digits", "fashion_mnist", "mnist", "cifar10", "omniglot", "npz"]
Alphabets = Literal["all", "small"]

DIGITS_IMAGES = 1797  # images in scikit-learn's handwritten digits
# height and width of a data set's images, where its kind tells
IMAGE_SIDES: dict[DatasetKind, int] = {
    "digits": 8,
    "fashion_mnist": 28,
    "mnist": 28,
    "cifar10": 32,
}
OMNIGLOT_SIDE = 105  # pixels of an original image, in both directions
OMNIGLOT_DRAWERS = 20  # each drew every character once


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialImages:
    """Numbers of images that a data set's authors gave for training and for testing."""

    training: int
    test: int


OFFICIAL_IMAGES: dict[DatasetKind, OfficialImages] = {
    "fashion_mnist": OfficialImages(training=60_000, test=10_000),
    "mnist": OfficialImages(training=60_000, test=10_000),
    "cifar10": OfficialImages(training=50_000, test=10_000),
}

# 964 and 659 characters in all; 136 in the small sets, and 106 in those of their alphabets that
# the first of the two has not
OMNIGLOT_IMAGES: dict[Alphabets, OfficialImages] = {
    "all": OfficialImages(training=964 * OMNIGLOT_DRAWERS, test=659 * OMNIGLOT_DRAWERS),
    "small": OfficialImages(training=136 * OMNIGLOT_DRAWERS, test=106 * OMNIGLOT_DRAWERS),
}
