"""What can be wrong with images in folders: every fault counted, and a few of its names shown.

A folder of 50,000 files has its faults by the hundred, and who mends it wants to know all kinds
of them at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import NoReturn

from biasinit.errors import DataError

SHOWN = 5  # names of one kind of fault


@dataclass(frozen=True, slots=True)
class _Words:
    """What is said of one, of several, and what to do."""

    one: str
    several: str
    mend: str


class Fault(Enum):
    """One kind of fault."""

    UNREADABLE = _Words(
        "entry cannot be read",
        "entries cannot be read",
        "Make them readable, or take them out.",
    )
    OTHER = _Words(
        "entry is neither file nor folder",
        "entries are neither file nor folder",
        "Take them out.",
    )
    LOOP = _Words(
        "link leads back to a folder that holds it",
        "links lead back to a folder that holds them",
        "Remove them.",
    )
    LINK = _Words(
        "entry of the archive is a link",
        "entries of the archive are links",
        "Pack the files themselves: tar --dereference --hard-dereference, or zip without "
        "--symlinks.",
    )
    OUTSIDE_ARCHIVE = _Words(
        "entry of the archive has a path that leads out of it",
        "entries of the archive have paths that lead out of it",
        "Pack it again with paths below its folder.",
    )
    TWICE = _Words(
        "path stands there more than once",
        "paths stand there more than once",
        "Keep one of each.",
    )
    ENCRYPTED = _Words(
        "file is encrypted", "files are encrypted", "Pack the archive again without a password."
    )
    LARGE = _Words(
        "file is too large for an image", "files are too large for images", "Take them out."
    )
    EMPTY_FILE = _Words(
        "file is empty (0 bytes)",
        "files are empty (0 bytes)",
        "Replace them by whole images, or take them out.",
    )
    NO_IMAGE = _Words(
        "file in a class is no image that Pillow reads",
        "files in classes are no images that Pillow reads",
        "Take them out, or convert them.",
    )
    DAMAGED = _Words(
        "image is damaged",
        "images are damaged",
        "Replace them by whole ones, or take them out.",
    )
    BOMB = _Words(
        "image has more pixels than Pillow takes for safe",
        "images have more pixels than Pillow takes for safe",
        "Shrink them, or take them out.",
    )
    DEEP = _Words(
        "image has grey levels of more than 8 bits",
        "images have grey levels of more than 8 bits",
        "Convert them to 8 bits, as nobody but you knows which level is white.",
    )
    OUTSIDE_CLASSES = _Words(
        "image lies in no class's folder",
        "images lie in no class's folder",
        "Move each into the folder of its class.",
    )
    BESIDE_PARTS = _Words(
        "folder stands beside those of training and test images",
        "folders stand beside those of training and test images",
        "Move them elsewhere.",
    )
    EMPTY_PART = _Words(
        "part holds no class", "parts hold no class", "Put a folder for each class there."
    )
    EMPTY_CLASS = _Words(
        "class has a folder without files",
        "classes have folders without files",
        "Put images there, or remove the folders.",
    )
    SIMILAR_CLASSES = _Words(
        "pair of classes differs in capitals or blanks at the ends alone",
        "pairs of classes differ in capitals or blanks at the ends alone",
        "Give each class one name everywhere.",
    )
    MISSING_CLASS = _Words(
        "class is not in every part",
        "classes are not in every part",
        "Add images of it there, or take the class out.",
    )


@dataclass(slots=True)
class Faults:
    """The faults of one folder or archive.

    Attributes:
        place: the folder or archive, for messages.
        names: those that have each kind of fault.
        sentences: further faults, each in words of its own.

    """

    place: str
    names: dict[Fault, list[str]] = field(default_factory=dict)
    sentences: list[str] = field(default_factory=list)

    def add(self, fault: Fault, name: str) -> None:
        """Keep in mind that something has a fault."""
        self.names.setdefault(fault, []).append(name)

    def say(self, sentence: str) -> None:
        """Keep in mind a fault with words of its own."""
        self.sentences.append(sentence)

    def stop(self, sentence: str) -> NoReturn:
        """Tell a fault that nothing can be read with, and all that were found before.

        Raises:
            DataError: always.

        """
        self.say(sentence)
        self.refuse()
        raise AssertionError("There is a fault.")

    def refuse(self) -> None:
        """Tell all faults, if there are any.

        Raises:
            DataError: there are.

        """
        found = [*self._in_words(), *self.sentences]
        if len(found) == 1:
            raise DataError(f"{self.place}: {found[0]}")
        if found:
            lines = [f"{self.place} has {len(found)} problems:", *(f"  - {one}" for one in found)]
            raise DataError("\n".join(lines))

    def _in_words(self) -> Iterator[str]:
        for fault in Fault:  # in this order, whatever was found first
            names = sorted(self.names.get(fault, []))
            if names:
                words = fault.value
                head = words.one if len(names) == 1 else words.several
                yield f"{len(names):,} {head}: {some(names)}. {words.mend}"


def some(names: list[str]) -> str:
    """Return the first few names, and how many more there are."""
    shown = ", ".join(names[:SHOWN])
    rest = len(names) - SHOWN
    return f"{shown} and {rest:,} more" if rest > 0 else shown
