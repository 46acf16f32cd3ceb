"""A data set as training reads it: images, labels and the split, in one file without pickles."""

import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from biasinit.errors import DataError

SubsetName = Literal["train", "validation", "test"]
SUBSETS: tuple[SubsetName, ...] = ("train", "validation", "test")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subset:
    """Scaled images (images, height, width, channels) and labels (images,)."""

    images: NDArray[np.float64]
    labels: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedDataset:
    """Images of one data set and the image numbers of its three subsets.

    ``images`` has shape (images, height, width, channels) and holds grey levels from 0 to
    ``maximum``; ``labels`` are classes from 0; ``split`` maps each subset to sorted image numbers.
    Where the task is to tell pairs apart, test images are of other classes than training images.
    """

    images: NDArray[np.uint8] = field(repr=False)
    labels: NDArray[np.integer[Any]] = field(repr=False)
    maximum: int
    split: dict[SubsetName, NDArray[np.int64]] = field(repr=False)

    @property
    def classes(self) -> int:
        """Number of classes."""
        return int(self.labels.max()) + 1

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of an image."""
        height, width, channels = self.images.shape[1:]
        return height, width, channels

    def scaled(self, scaling: str) -> dict[SubsetName, Subset]:
        """Return the three subsets, scaled.

        ``standardized`` subtracts one mean and divides by one SD, both over all pixels of the
        training images: per-pixel scaling would divide by zero, as some pixels never vary.
        ``raw`` is grey level / maximum, in [0, 1].
        """
        levels = self._levels(scaling)
        return {
            name: Subset(
                images=levels[self.images[numbers]], labels=self.labels[numbers].astype(np.int64)
            )
            for name, numbers in self.split.items()
        }

    def black(self, scaling: str) -> float:
        """Return what grey level 0 is after scaling: the border of cropped images."""
        return float(self._levels(scaling)[0])

    def _levels(self, scaling: str) -> NDArray[np.float64]:
        """Return what every grey level is after scaling, (256,).

        There are few levels and many pixels: looking them up takes no copies of all images as
        floating-point numbers, which for CIFAR-10 have 1.5 GB each.
        """
        levels: NDArray[np.float64] = np.arange(256) / self.maximum
        if scaling != "standardized":
            return levels
        training = levels[self.images[self.split["train"]]]
        result: NDArray[np.float64] = (levels - training.mean()) / training.std()
        return result


def save_prepared(dataset: PreparedDataset, path: Path) -> None:
    """Write a data set to an uncompressed .npz file; the same data give the same bytes."""
    with path.open("wb") as file:
        np.savez(
            file,
            images=dataset.images,
            labels=dataset.labels,
            maximum=np.int64(dataset.maximum),
            **{name: dataset.split[name] for name in SUBSETS},  # type: ignore[arg-type]
        )


def load_prepared(path: Path) -> PreparedDataset:
    """Return the data set in a file written by ``save_prepared``.

    Raises:
        DataError: the file is missing, damaged, or lacks a part.

    """
    try:
        with path.open("rb") as content, np.load(content, allow_pickle=False) as file:
            return PreparedDataset(
                images=file["images"],
                labels=file["labels"],
                maximum=int(file["maximum"]),
                split={name: file[name] for name in SUBSETS},
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(
            f"The prepared data set {path} cannot be read ({why_no_arrays(error)}). Delete the "
            "file; the workflow makes it again."
        ) from error


def why_no_arrays(error: Exception) -> str:
    """Return why ``numpy.load`` refused a file, without its advice to load pickles unsafely."""
    if isinstance(error, ValueError) and "pickle" in str(error):
        return "it holds something else than plain arrays"
    return str(getattr(error, "strerror", None) or error)
