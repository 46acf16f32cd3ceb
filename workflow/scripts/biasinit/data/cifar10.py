"""CIFAR-10: 60,000 colour images of 32×32 pixels in ten classes, from the official archive.

Source: Krizhevsky (2009), "Learning multiple layers of features from tiny images", University of
Toronto.

The archive holds Python 2 pickles. A pickle is a program, so it is read by an unpickler that
knows the four names of a NumPy array and refuses every other. Nothing is unpacked to the disk:
names in an archive that point elsewhere point nowhere.
"""

import _codecs
import pickle
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biasinit.data.checksums import check_content
from biasinit.data.downloads import RemoteFile, fetch
from biasinit.data.source import Source
from biasinit.data.source_images import SourceImages, parts
from biasinit.errors import DataError
from biasinit.specs.datasets.cifar10 import Cifar10

SIDE = 32  # pixels, in both directions
COLOURS = 3  # red, green, blue
CLASSES = 10
FOLDER = "cifar-10-batches-py"  # in the archive
TRAINING_BATCHES = tuple(f"data_batch_{number}" for number in range(1, 6))
TEST_BATCH = "test_batch"
BATCHES = (*TRAINING_BATCHES, TEST_BATCH)
REPLACE = (
    "Replace it by the official file, or leave out 'directory' in the study to have it downloaded."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CifarRelease:
    """The official archive, the checksums of the batches in it, and the images of each."""

    archive: RemoteFile
    checksums: Mapping[str, str]
    images: int

    @property
    def longest(self) -> int:
        """Most bytes that a batch may have: its pixels, and a share for labels and names."""
        return self.images * (COLOURS * SIDE**2 + 128) + 4096


CIFAR10 = CifarRelease(
    archive=RemoteFile(
        name="cifar-10-python.tar.gz",
        urls=("https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",),
        checksum="sha256:6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
        instead="Copy the file from elsewhere, and name its folder as 'directory' in the study.",
    ),
    checksums={
        "data_batch_1": "md5:c99cafc152244af753f735de768cd75f",
        "data_batch_2": "md5:d4bba439e000b95fd0a9bffe97cbabec",
        "data_batch_3": "md5:54ebc095f3ab1f0389bbae665268c751",
        "data_batch_4": "md5:634d18415352ddfa80567beed471001a",
        "data_batch_5": "md5:482c414d41f54cd18b22e5b47cb7c3cb",
        "test_batch": "md5:40351d587109b95175f43aff81a1287e",
    },
    images=10_000,
)


def read_cifar10(directory: Path | None, release: CifarRelease = CIFAR10) -> SourceImages:
    """Return all images of CIFAR-10, the official training images first.

    Args:
        directory: folder with the official archive, or with what was unpacked from it; None
            downloads it.
        release: what the official archive is.

    Returns:
        Images (60000, 32, 32, 3) in 0..255 and labels (60000,) in 0..9.

    Raises:
        DataError: a file is missing, damaged, or holds another program than an array, or cannot
            be downloaded.

    """
    if directory is None:
        place = fetch(release.archive, "cifar10")
        batches = dict(_batches_in_archive(place, release))
    else:
        place, batches = _in_directory(directory, release)
    missing = [name for name in BATCHES if name not in batches]
    if missing:
        raise DataError(f"{place} lacks {', '.join(missing)}. {REPLACE}")
    read = [_batch(batches[name], name, place=place, release=release) for name in BATCHES]
    return SourceImages(
        images=np.concatenate([images for images, _ in read]),
        labels=np.concatenate([labels for _, labels in read]),
        part=parts(
            training=release.images * len(TRAINING_BATCHES),
            test=release.images,
        ),
    )


def _in_directory(directory: Path, release: CifarRelease) -> tuple[Path, dict[str, bytes]]:
    archive = directory / release.archive.name
    if archive.exists():
        return archive, dict(_batches_in_archive(archive, release))
    for folder in (directory / FOLDER, directory):
        if any((folder / name).exists() for name in BATCHES):
            return folder, dict(_batches_in_folder(folder, release))
    raise DataError(
        f"{directory} has neither {archive.name} nor {FOLDER}. Correct 'directory' in the study, "
        "or leave it out to have the archive downloaded."
    )


def _batches_in_folder(folder: Path, release: CifarRelease) -> Iterator[tuple[str, bytes]]:
    for name in BATCHES:
        path = folder / name
        if not path.exists():
            continue
        try:
            with path.open("rb") as file:
                yield name, file.read(release.longest + 1)
        except OSError as error:
            raise DataError(f"{path} cannot be read ({error.strerror}). {REPLACE}") from None


def _batches_in_archive(archive: Path, release: CifarRelease) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of the batches, whatever else the archive holds."""
    wanted = {f"{FOLDER}/{name}": name for name in BATCHES}
    try:
        # a stream is read once from front to back; looking up names would uncompress it again
        with tarfile.open(archive, "r|gz") as stream:
            for member in stream:
                if member.name not in wanted or not member.isfile():
                    continue
                content = stream.extractfile(member)
                if content is not None:
                    yield wanted[member.name], content.read(release.longest + 1)
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(
            f"{archive} is truncated or damaged: it cannot be unpacked ({reason}). {REPLACE}"
        ) from None


def _batch(
    content: bytes, name: str, *, place: Path, release: CifarRelease
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the images (images, height, width, colours) and labels (images,) of one batch."""
    path = place / name
    if name in release.checksums:
        what = f"{name} of CIFAR-10"
        check_content(content, release.checksums[name], path=path, what=what, mend=REPLACE)
    batch = unpickled_arrays(content, path=path)
    expected = "testing" if name == TEST_BATCH else f"training batch {name[-1]} "
    if not isinstance(batch, dict) or not {b"data", b"labels", b"batch_label"} <= set(batch):
        raise DataError(f"{path} must hold data, labels and batch_label. {REPLACE}")
    found = batch[b"batch_label"]
    if not isinstance(found, bytes) or not found.startswith(expected.encode()):
        raise DataError(
            f"{path} must hold the {expected.strip()} batch, got {found!r}. Were two files "
            f"swapped? {REPLACE}"
        )
    return (
        _images(batch[b"data"], path=path, release=release),
        _labels(batch[b"labels"], path=path, release=release),
    )


def _images(data: object, *, path: Path, release: CifarRelease) -> NDArray[np.uint8]:
    shape = (release.images, COLOURS * SIDE**2)
    if not isinstance(data, np.ndarray) or data.dtype != np.uint8 or data.shape != shape:
        found = f"{data.dtype} {data.shape}" if isinstance(data, np.ndarray) else type(data)
        raise DataError(f"{path} must hold images as uint8 {shape}, got {found}. {REPLACE}")
    # each row is all of red, then all of green, then all of blue
    colours_first = data.reshape(-1, COLOURS, SIDE, SIDE)
    return np.ascontiguousarray(colours_first.transpose(0, 2, 3, 1))


def _labels(labels: object, *, path: Path, release: CifarRelease) -> NDArray[np.uint8]:
    if not isinstance(labels, list) or len(labels) != release.images:
        count = len(labels) if isinstance(labels, list) else type(labels)
        raise DataError(f"{path} must hold {release.images} labels, got {count}. {REPLACE}")
    wrong = [label for label in labels if type(label) is not int or not 0 <= label < CLASSES]
    if wrong:
        raise DataError(
            f"{path} must hold labels from 0 to {CLASSES - 1}, got {wrong[0]!r}. {REPLACE}"
        )
    return np.array(labels, dtype=np.uint8)


# the only names that a pickled array needs; _reconstruct has moved within NumPy since
_ALLOWED: dict[tuple[str, str], Any] = {
    ("numpy.core.multiarray", "_reconstruct"): np.empty(0).__reduce__()[0],
    ("numpy._core.multiarray", "_reconstruct"): np.empty(0).__reduce__()[0],
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("_codecs", "encode"): _codecs.encode,
}


class _ForbiddenNameError(pickle.UnpicklingError):
    """The pickle asks for something that no array needs."""


class _ArrayUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401  # what pickle says
        if (module, name) not in _ALLOWED:
            raise _ForbiddenNameError(f"{module}.{name}")
        return _ALLOWED[module, name]


def unpickled_arrays(content: bytes, *, path: Path) -> object:
    """Return plain values and arrays from a pickle, and run nothing that it asks for.

    Args:
        content: a pickle; text of Python 2 comes back as bytes.
        path: where it is from, for messages.

    Raises:
        DataError: it is no pickle, is damaged, or asks for anything but arrays.

    """
    try:
        return _ArrayUnpickler(BytesIO(content), encoding="bytes").load()
    except _ForbiddenNameError as error:
        raise DataError(
            f"{path} is refused: it asks for {error}, which no array needs, and may be meant to do "
            "harm. Delete it, and take the official file."
        ) from None
    # pickle.Unpickler.load: "other exceptions may also be raised during unpickling, including
    # (but not necessarily limited to) AttributeError, EOFError, ImportError, and IndexError"
    except Exception as error:
        raise DataError(f"{path} is no pickled batch ({error}). {REPLACE}") from None


def _read(dataset: Cifar10) -> SourceImages:
    return read_cifar10(None if dataset.directory is None else Path(dataset.directory))


SOURCE = Source(read=_read, files=(CIFAR10.archive,))
