"""Images of one's own, in one .npz file.

The arrays of the file:

- ``images``: unsigned bytes, (images, height, width, channels) or (images, height, width); 1, 3 or
  4 channels, or the number that the study says;
- ``labels``: whole numbers from 0, each up to the highest at least once, (images,);
- ``part``, optional: 'train', 'validation' or 'test' for every image, (images,). Test images are
  then drawn from 'test', validation images from 'validation' or, without any, from 'train';
- ``maximum``, optional: the highest grey level, 255 without it.

``numpy.savez(path, images=images, labels=labels)`` writes one. A function of one's own returns
the same arrays (``own_function``).
"""

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biasinit.data.prepared import why_no_arrays
from biasinit.data.source import Source
from biasinit.data.source_images import GREY_LEVELS, SourceImages
from biasinit.errors import DataError
from biasinit.specs.datasets.npz import Npz

PARTS = ("train", "validation", "test")
NAMES = ("images", "labels", "part", "maximum")
HIGHEST_LABEL = 65_535  # labels are stored as 16 bits
USUAL_CHANNELS = (1, 3, 4)


def read_own_images(path: Path, *, channels: int | None) -> SourceImages:
    """Return the images in a file of one's own.

    Args:
        path: the file.
        channels: how many the study says that images have; None where it says nothing.

    Raises:
        DataError: the file cannot be read, or an array lacks or is not as described above.

    """
    arrays = _arrays(path)
    missing = [name for name in ("images", "labels") if name not in arrays]
    if missing:
        raise DataError(
            f"{path} lacks the array {missing[0]!r}. Write it with numpy.savez(path, "
            "images=images, labels=labels)."
        )
    return checked_images(arrays, channels=channels, of=str(path))


def checked_images(
    arrays: Mapping[str, NDArray[Any]], *, channels: int | None, of: str
) -> SourceImages:
    """Return arrays as images, if they are as described above.

    Args:
        arrays: 'images' and 'labels', and perhaps 'part' and 'maximum'.
        channels: how many the study says that images have; None where it says nothing.
        of: what they come from, for messages.

    Raises:
        DataError: an array is not as described above.

    """
    images = _images(arrays["images"], of)
    _check_channels(images, channels, of)
    maximum = _maximum(arrays.get("maximum", np.int64(GREY_LEVELS)), images, of)
    return SourceImages(
        images=images,
        labels=_labels(arrays["labels"], len(images), of),
        maximum=maximum,
        part=_part(arrays["part"], len(images), of) if "part" in arrays else None,
    )


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with path.open("rb") as content, np.load(content, allow_pickle=False) as file:
            return {name: file[name] for name in NAMES if name in file}
    except OSError as error:
        raise DataError(
            f"{path} cannot be read ({error.strerror or error}). Correct 'path' in the study."
        ) from None
    # a single array (.npy) is no context manager
    except (ValueError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(
            f"{path} is no .npz file of plain arrays ({why_no_arrays(error)}). Write it with "
            "numpy.savez(path, images=images, labels=labels)."
        ) from None


def _images(images: NDArray[Any], of: str) -> NDArray[np.uint8]:
    if images.dtype != np.uint8 or images.ndim not in (3, 4) or 0 in images.shape:
        raise DataError(
            f"{of}: 'images' must be unsigned bytes (uint8) of shape (images, height, width, "
            f"channels), got {images.dtype} of shape {images.shape}. Convert them before writing."
        )
    return images[..., None] if images.ndim == 3 else images


def _check_channels(images: NDArray[np.uint8], said: int | None, of: str) -> None:
    """Refuse channels that nobody said: where they come first, the width is taken for them."""
    found = images.shape[-1]
    if said is not None and found != said:
        raise DataError(
            f"{of}: 'images' have {found} channels, the last number of their shape {images.shape}, "
            f"and 'channels' in the study says {said}. Correct one of the two."
        )
    if said is None and found not in USUAL_CHANNELS:
        first = images.shape[1] in USUAL_CHANNELS
        mend = "Write numpy.moveaxis(images, 1, -1), if channels come first; " if first else ""
        otherwise = f"{'i' if first else 'I'}f it is right, say 'channels: {found}' in the study."
        raise DataError(
            f"{of}: 'images' have {found} channels, the last number of their shape {images.shape}; "
            f"1, 3 or 4 are usual. {mend}{otherwise}"
        )


def _maximum(maximum: NDArray[Any] | np.int64, images: NDArray[np.uint8], of: str) -> int:
    whole = np.ndim(maximum) == 0 and np.issubdtype(maximum.dtype, np.integer)
    if not whole or not images.max() <= maximum <= GREY_LEVELS or maximum < 1:
        raise DataError(
            f"{of}: 'maximum' must be one whole number from the highest grey level of the images "
            f"({images.max()}) to {GREY_LEVELS}, and at least 1, got {maximum}. Correct it, or "
            "leave it out."
        )
    return int(maximum)


def _labels(labels: NDArray[Any], count: int, of: str) -> NDArray[np.uint16]:
    if labels.shape != (count,) or not np.issubdtype(labels.dtype, np.integer):
        raise DataError(
            f"{of}: 'labels' must be {count} whole numbers, one for each image, got "
            f"{labels.dtype} of shape {labels.shape}. Convert them before writing."
        )
    found = np.unique(labels)
    if len(found) < 2 or not np.array_equal(found, np.arange(len(found))):
        raise DataError(
            f"{of}: 'labels' must go from 0 to the number of classes less 1 (at least 1) without "
            f"a gap, got {_some(found)}. Renumber them."
        )
    if found[-1] > HIGHEST_LABEL:
        raise DataError(
            f"{of}: 'labels' must be at most {HIGHEST_LABEL}, got {found[-1]}. Use fewer classes."
        )
    return labels.astype(np.uint16)


def _part(part: NDArray[Any], count: int, of: str) -> NDArray[np.str_]:
    if part.shape != (count,) or part.dtype.kind != "U":
        raise DataError(
            f"{of}: 'part' must be {count} texts, one for each image, got {part.dtype} of shape "
            f"{part.shape}. Write them, or leave 'part' out."
        )
    found = set(np.unique(part).tolist())
    if not {"train", "test"} <= found <= set(PARTS):
        raise DataError(
            f"{of}: 'part' must hold 'train' and 'test', and perhaps 'validation', got "
            f"{_some(np.unique(part))}. Correct it, or leave it out to have all images split."
        )
    return part


def _some(values: NDArray[Any]) -> str:
    shown = ", ".join(repr(value) for value in values[:5].tolist())
    return f"{shown}, …" if len(values) > 5 else shown


def _read(dataset: Npz) -> SourceImages:
    return read_own_images(Path(str(dataset.path)), channels=dataset.channels)


SOURCE = Source(read=_read)
