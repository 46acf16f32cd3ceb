"""Omniglot: 1,623 handwritten characters of 50 alphabets, each drawn once by 20 people.

Source: Lake, Salakhutdinov and Tenenbaum (2015), "Human-level concept learning through
probabilistic program induction", Science 350(6266).

Characters are told apart by pairs, so test characters come from alphabets that no training
character is from, as in Koch, Zemel and Salakhutdinov (2015), "Siamese neural networks for
one-shot image recognition". The official files are read as they are: PNG images of 105×105
pixels in zip archives, of which nothing is unpacked to the disk.
"""

import re
import zipfile
import zlib
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import numpy as np
import pooch
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from biasinit.data.downloads import RemoteFile, fetch
from biasinit.data.source import Source
from biasinit.data.source_images import GREY_LEVELS, SourceImages
from biasinit.errors import DataError
from biasinit.specs.datasets.omniglot import DRAWERS, ORIGINAL_SIDE, Alphabets, Omniglot

MIRRORS = (
    "https://github.com/brendenlake/omniglot/raw/master/python/",
    "https://raw.githubusercontent.com/brendenlake/omniglot/master/python/",
)
INSTEAD = "Copy the file from elsewhere, and name its folder as 'directory' in the study."
REPLACE = (
    "Replace it by the official file, or leave out 'directory' in the study to have it downloaded."
)
LONGEST_PNG = 1 << 16  # bytes; the official ones have a few hundred
RUNS = 20  # of one-shot classification, and characters in each


def _remote(name: str, checksum: str, *, folder: str = "") -> RemoteFile:
    urls = tuple(f"{mirror}{folder}{name}" for mirror in MIRRORS)
    return RemoteFile(name=name, urls=urls, checksum=checksum, instead=INSTEAD)


BACKGROUND = _remote("images_background.zip", "md5:68d2efa1b9178cc56df9314c21c6e718")
EVALUATION = _remote("images_evaluation.zip", "md5:6b91aef0f799c5bb55b94e3f2daec811")
SMALL_1 = _remote(
    "images_background_small1.zip",
    "sha256:f38eb80f801274ac2b4dff5b24289016bfaba4a7d5bb50deebf27104ad6cb8a4",
)
SMALL_2 = _remote(
    "images_background_small2.zip",
    "sha256:3ccaa407515a8778e5d0861875af38b17e418f301ad5bb3b5a6b65d901a41c7f",
)
ONE_SHOT_RUNS = _remote(
    "all_runs.zip",
    "sha256:437c1eeab0af8484112e1b4cc0f3d541ec727f7c47b9b202da738af9dfd6c325",
    folder="one-shot-classification/",
)
ARCHIVES: dict[Alphabets, tuple[RemoteFile, RemoteFile]] = {
    "all": (BACKGROUND, EVALUATION),
    "small": (SMALL_1, SMALL_2),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Characters:
    """Drawings of characters.

    Attributes:
        images: share of ink in 0..255, (images, side, side, 1).
        labels: character of every image, (images,).
        names: alphabet and name of every character, for example ('Greek', 'character01').

    """

    images: NDArray[np.uint8] = field(repr=False)
    labels: NDArray[np.uint16] = field(repr=False)
    names: tuple[tuple[str, str], ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OneShotRuns:
    """The official trials: to name each test image among 20 characters that were seen once.

    Attributes:
        training: share of ink in 0..255, (runs, characters, side, side, 1).
        test: the same of the images to be named.
        answers: number of the training image with the same character, (runs, test images).

    """

    training: NDArray[np.uint8] = field(repr=False)
    test: NDArray[np.uint8] = field(repr=False)
    answers: NDArray[np.int64] = field(repr=False)


def read_omniglot(directory: Path | None, *, alphabets: Alphabets, size: int) -> SourceImages:
    """Return characters for training, then those of other alphabets for testing.

    Args:
        directory: folder with the official archives; None downloads them.
        alphabets: 'all' trains on the 30 background alphabets and tests on the 20 for evaluation;
            'small' trains on the 5 of the first small background set and tests on the 3 of the
            second that the first has not (Greek and Latin are in both).
        size: height and width of the images in pixels, at most 105.

    Returns:
        Images (images, size, size, 1) of the share of ink in 0..255, and labels (images,), the
        number of the character.

    Raises:
        DataError: an archive is missing, damaged or another one, or cannot be downloaded.

    """
    training, other = (
        read_characters(_located(archive, directory), size=size) for archive in ARCHIVES[alphabets]
    )
    known = {alphabet for alphabet, _ in training.names}
    is_new = np.array([alphabet not in known for alphabet, _ in other.names])
    chosen = is_new[other.labels]
    # characters are numbered without gaps
    _, tested = np.unique(other.labels[chosen], return_inverse=True)
    labels = np.concatenate([training.labels, tested + len(training.names)])
    return SourceImages(
        images=np.concatenate([training.images, other.images[chosen]]),
        labels=labels.astype(np.uint16),
        part=np.repeat(["train", "test"], [len(training.labels), int(chosen.sum())]),
    )


def read_characters(archive: Path, *, size: int) -> Characters:
    """Return all drawings in one of the official archives, ordered by alphabet and character.

    Raises:
        DataError: the archive is damaged, or a character has not 20 drawings.

    """
    with _opened(archive) as zipped:
        # folder / alphabet / character / drawing
        entries = sorted(name for name in zipped.namelist() if name.endswith(".png"))
        names = [tuple(name.split("/")[-3:-1]) for name in entries]
        broken = [entry for entry, name in zip(entries, names, strict=True) if len(name) != 2]
        if broken or not entries:
            raise DataError(
                f"{archive} must hold drawings as ALPHABET/CHARACTER/NAME.png, got "
                f"{broken[0] if broken else 'none'}. {REPLACE}"
            )
        images = _ink(zipped, archive, entries, size)
    characters, labels, counts = np.unique(names, axis=0, return_inverse=True, return_counts=True)
    for (alphabet, character), count in zip(characters.tolist(), counts.tolist(), strict=True):
        if count != DRAWERS:
            raise DataError(
                f"{archive} must hold {DRAWERS} drawings of {character} of {alphabet}, "
                f"got {count}. {REPLACE}"
            )
    return Characters(
        images=images,
        labels=labels.reshape(-1).astype(np.uint16),
        names=tuple((str(alphabet), str(character)) for alphabet, character in characters),
    )


def read_one_shot_runs(directory: Path | None, *, size: int) -> OneShotRuns:
    """Return the 20 official runs of 20-way one-shot classification.

    Args:
        directory: folder with the official ``all_runs.zip``; None downloads it.
        size: height and width of the images in pixels, at most 105.

    Raises:
        DataError: the archive is missing, damaged or another one, or cannot be downloaded.

    """
    archive = _located(ONE_SHOT_RUNS, directory)
    with _opened(archive) as zipped:
        runs = [_run(zipped, archive, f"run{number:02}", size) for number in range(1, RUNS + 1)]
    training, test, answers = (np.stack(part) for part in zip(*runs, strict=True))
    return OneShotRuns(training=training, test=test, answers=answers)


def _run(
    zipped: zipfile.ZipFile, archive: Path, folder: str, size: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.int64]]:
    numbers = range(1, RUNS + 1)
    training = [f"{folder}/training/class{number:02}.png" for number in numbers]
    test = [f"{folder}/test/item{number:02}.png" for number in numbers]
    name = f"{folder}/class_labels.txt"  # in each line a test image, then its training image
    text = _content(zipped, archive, name).decode("ascii", errors="replace")
    pairs = dict(re.findall(r"^(\S+) (\S+)\s*$", text, flags=re.MULTILINE))
    if set(pairs) != set(test) or not set(pairs.values()) <= set(training):
        raise DataError(
            f"{archive}, {name} must name one of the {RUNS} training images for each of the {RUNS} "
            f"test images. {REPLACE}"
        )
    return (
        _ink(zipped, archive, training, size),
        _ink(zipped, archive, test, size),
        np.array([training.index(pairs[item]) for item in test]),
    )


def _located(file: RemoteFile, directory: Path | None) -> Path:
    if directory is None:
        return fetch(file, "omniglot")
    path = directory / file.name
    if not path.is_file():
        raise DataError(
            f"{directory} has no {file.name}. Correct 'directory' in the study, or leave it out to "
            "have the file downloaded."
        )
    algorithm, expected = file.checksum.split(":")
    found = pooch.file_hash(str(path), alg=algorithm)
    if found != expected:
        raise DataError(
            f"{path} is not the official file: its {algorithm.upper()} must be {expected}, got "
            f"{found}. It is truncated, damaged, or another file. {REPLACE}"
        )
    return path


def _opened(archive: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(archive)
    except (OSError, zipfile.BadZipFile) as error:
        raise DataError(f"{archive} is no zip archive ({error}). {REPLACE}") from None


def _content(zipped: zipfile.ZipFile, archive: Path, name: str) -> bytes:
    try:
        with zipped.open(name) as file:
            return file.read(LONGEST_PNG)
    except (KeyError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{archive}, {name} cannot be read ({error}). {REPLACE}") from None


def _ink(zipped: zipfile.ZipFile, archive: Path, names: list[str], size: int) -> NDArray[np.uint8]:
    """Return drawings as the share of ink in 0..255, (drawings, size, size, 1)."""
    drawings = (_drawing(_content(zipped, archive, name), archive, name) for name in names)
    return np.stack([_shrunk(drawing, size) for drawing in drawings])[..., None]


def _drawing(content: bytes, archive: Path, name: str) -> NDArray[np.bool_]:
    """Return where ink is on one drawing, (side, side)."""
    try:
        with Image.open(BytesIO(content), formats=["PNG"]) as image:
            if image.size != (ORIGINAL_SIDE, ORIGINAL_SIDE) or image.mode != "1":
                raise DataError(
                    f"{archive}, {name} must be black and white with {ORIGINAL_SIDE}×"
                    f"{ORIGINAL_SIDE} pixels, got mode {image.mode} with {image.width}×"
                    f"{image.height}. {REPLACE}"
                )
            return ~np.asarray(image)  # the paper is white
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise DataError(f"{archive}, {name} is no PNG image ({error}). {REPLACE}") from None


def _shrunk(ink: NDArray[np.bool_], size: int) -> NDArray[np.uint8]:
    """Return a drawing whose pixels are averages over the area that each covers.

    A pixel on the edge of two counts for both in proportion, which Pillow's box filter does not do.
    """
    weights = _coverage(len(ink), size)
    share = weights @ ink @ weights.T
    return np.rint(share * GREY_LEVELS).astype(np.uint8)


def _coverage(original: int, size: int) -> NDArray[np.float64]:
    """Return how much of each new pixel each original one covers, (size, original)."""
    edges = np.linspace(0, original, size + 1)
    before, after = edges[:-1, None], edges[1:, None]
    pixels = np.arange(original)
    overlap = np.minimum(after, pixels + 1) - np.maximum(before, pixels)
    result: NDArray[np.float64] = np.clip(overlap, 0, None) * size / original
    return result


def _read(dataset: Omniglot) -> SourceImages:
    directory = None if dataset.directory is None else Path(dataset.directory)
    return read_omniglot(directory, alphabets=dataset.alphabets, size=dataset.size)


SOURCE = Source(
    read=_read, files=(*ARCHIVES["all"], *ARCHIVES["small"], ONE_SHOT_RUNS), by_class=True
)
