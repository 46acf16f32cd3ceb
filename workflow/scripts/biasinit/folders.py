"""What lies below a folder, in one order on every machine, and whether it has changed.

Links are followed, as people collect images by links; a link back to a folder on the way to it
is told as such, and not followed for ever.
"""

import hashlib
import os
import stat
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

Parts = tuple[str, ...]

_LEFT_BY_SYSTEMS = frozenset({"__macosx", "thumbs.db", "ehthumbs.db", "desktop.ini"})


class Entry(Enum):
    """What an entry of a folder is."""

    FILE = "file"
    FOLDER = "folder"
    HIDDEN = "hidden"
    OTHER = "neither file nor folder"
    LOOP = "a link to a folder that holds it"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Below:
    """One entry below a folder.

    Attributes:
        parts: its path from the folder, name by name, in one form of Unicode: file systems differ
            in how they write 'é'.
        path: where it is.
        entry: what it is; of what is hidden nothing more is said, nor of what is in it.
        size: in bytes, of a file.
        modified: when it was changed last, in whole seconds: what archives keep of it.
        reason: why it cannot be read, in words of the system.

    """

    parts: Parts
    path: str
    entry: Entry
    size: int = 0
    modified: int = 0
    reason: str = ""


def is_hidden(name: str) -> bool:
    """Return whether a name is of what systems leave behind, and no person put there."""
    return name.startswith(".") or name.casefold() in _LEFT_BY_SYSTEMS


def normal(name: str) -> str:
    """Return a name in the one form of Unicode that names are compared in."""
    return unicodedata.normalize("NFC", name)


def all_below(folder: Path) -> list[Below]:
    """Return everything below a folder, each folder before what is in it, sorted by names."""
    found = list(_below(str(folder), (), frozenset({_identity(os.stat(folder))})))  # noqa: PTH116
    return sorted(found, key=lambda below: below.parts)


def version_of_folder(folder: Path) -> str:
    """Return a digest that changes when a file below a folder comes, goes or changes.

    It is made of names, sizes and times, as no file is opened: 60,000 files take less than a
    second. A copy that keeps the times has the same one. Of a folder that cannot be read it is
    none of those that can.
    """
    try:
        found = all_below(folder)
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    digest = hashlib.sha256()
    for below in found:
        if below.entry is Entry.HIDDEN:
            continue
        changes = (below.size, below.modified) if below.entry is Entry.FILE else ()
        digest.update(repr((below.parts, below.entry.name, changes)).encode())
    return digest.hexdigest()[:16]


def _below(path: str, parts: Parts, on_the_way: frozenset[tuple[int, int]]) -> Iterator[Below]:
    with os.scandir(path) as entries:
        for entry in entries:
            own = (*parts, normal(entry.name))
            if is_hidden(entry.name):
                yield Below(parts=own, path=entry.path, entry=Entry.HIDDEN)
                continue
            try:
                found = entry.stat()
                yield from _one(entry.path, own, found, on_the_way)
            except OSError as error:
                yield Below(
                    parts=own,
                    path=entry.path,
                    entry=Entry.UNREADABLE,
                    reason=error.strerror or str(error),
                )


def _one(
    path: str, parts: Parts, found: os.stat_result, on_the_way: frozenset[tuple[int, int]]
) -> Iterator[Below]:
    if stat.S_ISREG(found.st_mode):
        size, modified = found.st_size, int(found.st_mtime)
        yield Below(parts=parts, path=path, entry=Entry.FILE, size=size, modified=modified)
    elif not stat.S_ISDIR(found.st_mode):
        yield Below(parts=parts, path=path, entry=Entry.OTHER)
    elif _identity(found) in on_the_way:
        yield Below(parts=parts, path=path, entry=Entry.LOOP)
    else:
        inside = list(_below(path, parts, on_the_way | {_identity(found)}))
        yield Below(parts=parts, path=path, entry=Entry.FOLDER)
        yield from inside


def _identity(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino
