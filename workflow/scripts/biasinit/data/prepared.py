"""A data set as training reads it: images, labels and the split, in one file without pickles."""

import math
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from biasinit.data.exchange import Exchange
from biasinit.errors import DataError

SubsetName = Literal["train", "validation", "test"]
SUBSETS: tuple[SubsetName, ...] = ("train", "validation", "test")
GREY_LEVELS = 256  # that a byte can hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Subset:
    """Scaled images (examples, height, width, channels) and labels (examples,)."""

    images: NDArray[np.float64]
    labels: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedDataset:
    """Images of one data set, and the examples of its three subsets.

    An *example* is what a network is shown: one image, or two side by side in the channels.

    Attributes:
        images: grey levels from 0 to ``maximum``, (images, height, width, channels); among them
            those that are in a subset for some seeds only.
        labels: class of every example, from 0, (examples,); the same for all seeds.
        maximum: highest grey level.
        split: sorted numbers of the examples in each subset. Where the task is to tell pairs
            apart, test images are of other images or classes than training images.
        shown: numbers of the images of every example, (examples, 1 or 2).
        exchange: how the split of a seed puts other images into the places of these numbers.

    """

    images: NDArray[np.uint8] = field(repr=False)
    labels: NDArray[np.integer[Any]] = field(repr=False)
    maximum: int
    split: dict[SubsetName, NDArray[np.int64]] = field(repr=False)
    shown: NDArray[np.int64] = field(repr=False)
    exchange: Exchange = field(repr=False)

    @property
    def classes(self) -> int:
        """Number of classes."""
        return int(self.labels.max()) + 1

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of an example."""
        height, width, channels = self.images.shape[1:]
        return height, width, channels * self.shown.shape[1]

    def shown_to(self, *, study_seed: int, seed: int) -> NDArray[np.int64]:
        """Return the images of every example in the split of a seed, (examples, 1 or 2)."""
        places = self.exchange.images_at_places(study_seed=study_seed, seed=seed)
        seen: NDArray[np.int64] = places[self.shown]
        return seen

    def scaled(self, scaling: str) -> dict[SubsetName, Subset]:
        """Return the three subsets, scaled, of the split that those of all seeds start from."""
        levels = GreyLevels.of(self).scaled(scaling, self.shown[self.split["train"]])
        return {
            name: Subset(
                images=np.concatenate(
                    [levels[self.images[images]] for images in self.shown[numbers].T], axis=-1
                ),
                labels=self.labels[numbers].astype(np.int64),
            )
            for name, numbers in self.split.items()
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class GreyLevels:
    """What grey levels are after scaling, from whole numbers that every image is summed up in.

    So the split of every seed has its own scaling, and no images are copied for it.

    Attributes:
        sums: over the grey levels of each image, (images,).
        squares: over their squares, (images,).
        pixels: of an image, counted once for each channel.
        maximum: highest grey level.

    """

    sums: NDArray[np.int64] = field(repr=False)
    squares: NDArray[np.int64] = field(repr=False)
    pixels: int
    maximum: int

    @classmethod
    def of(cls, dataset: PreparedDataset) -> "GreyLevels":
        """Return those of a data set."""
        flat = dataset.images.reshape(len(dataset.images), -1)
        return cls(
            sums=flat.sum(1, dtype=np.int64),
            squares=np.einsum("ij,ij->i", flat, flat, dtype=np.int64),
            pixels=flat.shape[1],
            maximum=dataset.maximum,
        )

    def scaled(self, scaling: str, training: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return what every grey level is after scaling, (256,).

        ``standardized`` subtracts one mean and divides by one SD, both over all pixels of the
        training images: per-pixel scaling would divide by zero, as some pixels never vary.
        ``raw`` is grey level / maximum, in [0, 1].

        Args:
            scaling: one of the two.
            training: numbers of the training images, as often as they are shown.

        """
        if scaling != "standardized":
            raw: NDArray[np.float64] = np.arange(GREY_LEVELS) / self.maximum
            return raw
        count = training.size * self.pixels
        total, squares = int(self.sums[training].sum()), int(self.squares[training].sum())
        # whole numbers of any size: nothing cancels; NumPy has no root of those beyond 64 bits
        deviation = np.float64(math.sqrt(count * squares - total**2) / count)
        levels: NDArray[np.float64] = (np.arange(GREY_LEVELS) - total / count) / deviation
        return levels


def save_prepared(dataset: PreparedDataset, path: Path) -> None:
    """Write a data set to an uncompressed .npz file; the same data give the same bytes."""
    with path.open("wb") as file:
        np.savez(
            file,
            images=dataset.images,
            labels=dataset.labels,
            maximum=np.int64(dataset.maximum),
            shown=dataset.shown,
            stratum=dataset.exchange.stratum,
            unit=dataset.exchange.unit,
            split_seed=np.uint64(dataset.exchange.split_seed),
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
                shown=file["shown"],
                exchange=Exchange(
                    stratum=file["stratum"],
                    unit=file["unit"],
                    split_seed=int(file["split_seed"]),
                ),
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
