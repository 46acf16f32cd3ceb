"""Images of one's own, in a folder for each class: from a folder, a zip or a tar.

The same images give the same data set whatever they are packed in. Every fault is told, all of
them at once; what was left out or converted is counted in the log.
"""

import logging
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from biasinit.data.class_folders import PARTS, ClassFolders, class_folders
from biasinit.data.file_trees import Content, FileTree, opened_tree, quoted
from biasinit.data.folder_faults import Fault, Faults, some
from biasinit.data.image_pixels import Note, UnusableImageError, endings, pixels_of
from biasinit.data.source import Source
from biasinit.data.source_images import SourceImages
from biasinit.specs.datasets.image_folder import ImageFolder

MOST_BYTES = 4 * 2**30  # of pixels: a job holds all of them
SECONDS_OF_SILENCE = 10  # between two lines of progress
CLASSES_LISTED = 100

log = logging.getLogger(__name__)


def read_image_folder(path: Path, *, size: tuple[int, int] | None) -> SourceImages:
    """Return the images in a folder, a zip or a tar.

    Args:
        path: the folder or the archive; ``class_folders`` says how images lie in it.
        size: height and width that all are brought to; None where all have one size.

    Returns:
        Grey images where all are, otherwise colour images; labels in the order of the names of
        the classes; ``part`` where there are folders of training and test images.

    Raises:
        DataError: with everything that is wrong.

    """
    faults = Faults(str(path))
    with opened_tree(path, faults) as tree:
        found = class_folders(tree.files, tree.folders, image_endings=endings(), faults=faults)
        _tell_what_there_is(path, tree, found)
        images = _Images(len(found.images), size)
        for place, content in _with_progress(tree.contents(found.images), len(found.images)):
            images.take(place, quoted(found.images[place]), content, faults)
    images.check_sizes(faults)
    faults.refuse()
    images.tell()
    return SourceImages(
        images=images.together(),
        labels=np.array(found.labels, dtype=np.uint16),
        part=None if found.parts is None else np.array(found.parts),
    )


@dataclass(slots=True)
class _Images:
    """Gathers the pixels of images, and how many of which kind there are.

    Attributes:
        count: of all images.
        size: height and width that they are brought to, or None.
        pixels: of those that were read, by place; empty as soon as they cannot be put together.
        sizes: how many images there are of each height and width.
        notes: how many images something was done to.
        grey: how many are grey.
        held: bytes of ``pixels``.
        too_many: whether all images together are too large.

    """

    count: int
    size: tuple[int, int] | None
    pixels: dict[int, NDArray[np.uint8]] = field(default_factory=dict)
    sizes: Counter[tuple[int, int]] = field(default_factory=Counter)
    notes: Counter[Note] = field(default_factory=Counter)
    grey: int = 0
    held: int = 0
    too_many: bool = False

    def take(self, place: int, name: str, content: Content, faults: Faults) -> None:
        """Take one image, or tell what is wrong with it."""
        if isinstance(content, Exception):
            faults.add(Fault.UNREADABLE, f"{name} ({content})")
            return
        try:
            found = pixels_of(content, size=self.size)
        except UnusableImageError as error:
            reason = f" ({error.reason})" if error.reason else ""
            faults.add(error.fault, f"{name}{reason}")
            return
        height, width, channels = found.grey_levels.shape
        self.sizes[height, width] += 1
        self.notes.update(found.notes)
        self.grey += channels == 1
        self.too_many |= self.held + found.grey_levels.nbytes > MOST_BYTES
        if len(self.sizes) > 1 or self.too_many:
            self.pixels.clear()  # from here on only faults are looked for
            return
        self.pixels[place] = found.grey_levels
        self.held += found.grey_levels.nbytes

    def check_sizes(self, faults: Faults) -> None:
        """Tell of images of several sizes, and of too many pixels."""
        if len(self.sizes) > 1:
            listed = [
                f"{height}×{width} ({number:,})" for (height, width), number in self._most_common
            ]
            (height, width), _ = self._most_common[0]
            mend = str(height) if height == width else f"[{height}, {width}]"
            faults.say(
                f"Images have {len(listed):,} sizes, height×width: {some(listed)}. Say 'size: "
                f"{mend}' for the data set to bring all to one."
            )
        elif self.too_many:
            faults.say(
                f"Pixels take more than {MOST_BYTES / 2**30:g} GiB, which every job would hold. "
                "Say a smaller 'size' for the data set, or take images out."
            )

    @property
    def _most_common(self) -> list[tuple[tuple[int, int], int]]:
        return sorted(self.sizes.items(), key=lambda item: (-item[1], item[0]))

    def tell(self) -> None:
        """Write to the log what was done to images."""
        for note in Note:
            if self.notes[note]:
                log.info("Images %s: %s.", note.value, f"{self.notes[note]:,}")
        if 0 < self.grey < self.count:
            log.info(
                "%s images are grey and %s in colour: all become red, green and blue.",
                f"{self.grey:,}",
                f"{self.count - self.grey:,}",
            )

    def together(self) -> NDArray[np.uint8]:
        """Return all images, (images, height, width, channels); none is held twice for long."""
        ((height, width),) = self.sizes
        channels = 1 if self.grey == self.count else 3
        result = np.empty((self.count, height, width, channels), dtype=np.uint8)
        for place in range(self.count):
            result[place] = self.pixels.pop(place)  # a grey one fills all channels
        return result


def _with_progress(
    contents: Iterator[tuple[int, Content]], count: int
) -> Iterator[tuple[int, Content]]:
    told = time.monotonic()
    for number, found in enumerate(contents):
        if time.monotonic() - told > SECONDS_OF_SILENCE:
            told = time.monotonic()
            log.info("%s of %s images are read.", f"{number:,}", f"{count:,}")
        yield found


def _tell_what_there_is(path: Path, tree: FileTree, found: ClassFolders) -> None:
    if found.root:
        log.info("Everything is in the folder %s, which is looked through.", quoted(found.root))
    _tell_left_out("hidden files or folders", list(map(repr, tree.hidden)))
    _tell_left_out("files beside the folders of classes", list(map(quoted, found.beside)))
    numbers = (
        [f"{len(found.images):,} images without a split"]
        if found.parts is None
        else [
            f"{found.parts.count(part):,} images for {part}"
            for part in PARTS
            if part in found.parts
        ]
    )
    log.info("%s: %s.", path, ", ".join(numbers))
    if found.parts is not None and "validation" not in found.parts:
        log.info("Validation images are drawn from the training images.")
    listed = [f"{label} {name!r}" for label, name in enumerate(found.classes[:CLASSES_LISTED])]
    more = "" if len(listed) == len(found.classes) else ", …"
    log.info("%s classes: %s%s.", f"{len(found.classes):,}", ", ".join(listed), more)


def _tell_left_out(what: str, names: Sequence[str]) -> None:
    if names:
        log.info("Left out, %s: %s.", f"{len(names):,} {what}", some(list(names)))


def _read(dataset: ImageFolder) -> SourceImages:
    return read_image_folder(Path(str(dataset.path)), size=dataset.height_and_width)


SOURCE = Source(read=_read)
