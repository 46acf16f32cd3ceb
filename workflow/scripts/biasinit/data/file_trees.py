"""Files in a folder, a zip or a tar, found by their paths and read in memory.

Nothing of an archive is unpacked to the disk, so no path in it can lead anywhere; a path that
would lead out of the archive is a fault all the same, as its maker meant something else.
"""

import lzma
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from biasinit.data.folder_faults import Fault, Faults
from biasinit.errors import DataError
from biasinit.folders import Entry, Parts, all_below, is_hidden, normal

LARGEST_FILE = 2**28  # bytes; a photograph has a few million
ZIP_MARK = b"PK"
UTF_8 = 0x800  # flag of a zip's entry whose name is in UTF-8
WINDOWS_DRIVE = re.compile(r"[A-Za-z]:")
PACK_AGAIN = "Pack it again, or fetch it again."
KINDS = "Name a folder, or an archive (zip, tar, tar.gz, tar.bz2 or tar.xz)."
_FAULTS_OF_ENTRIES = {
    Entry.OTHER: Fault.OTHER,
    Entry.LOOP: Fault.LOOP,
    Entry.UNREADABLE: Fault.UNREADABLE,
}
# what the readers of archives raise when the bytes are not as they must be
_DAMAGE = (
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError),
    *(EOFError, OSError, ValueError, NotImplementedError, RuntimeError),
)

Content = bytes | Exception


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTree:
    """Files below one place.

    Attributes:
        files: what each is read by, by its path.
        folders: paths of all folders that are named or hold something.
        hidden: paths of what systems left behind, which is not among the others.
        read: yields files as they lie in the archive, each with its bytes or why there are none.

    """

    files: dict[Parts, Any]
    folders: set[Parts]
    hidden: list[str]
    read: Callable[[Sequence[Any]], Iterator[tuple[int, Content]]] = field(repr=False)

    def contents(self, paths: Sequence[Parts]) -> Iterator[tuple[int, Content]]:
        """Yield the place of each path among the given ones, and the bytes or what prevents them.

        The order is that in which reading is cheap.

        Raises:
            DataError: the archive is damaged.

        """
        return self.read([self.files[path] for path in paths])


@contextmanager
def opened_tree(path: Path, faults: Faults) -> Iterator[FileTree]:
    """Yield the files in a folder or an archive.

    Args:
        path: where they are.
        faults: is told of entries that cannot be used.

    Raises:
        DataError: the path is not there, or is neither folder nor archive.

    """
    try:
        tree = _of_folder(path, faults) if path.is_dir() else None
        is_zip = tree is None and _starts_as_zip(path)
    except OSError as error:
        raise DataError(
            f"{path} cannot be read ({error.strerror or error}). Correct 'path' in the study."
        ) from None
    if tree is not None:
        yield tree
        return
    with _opened_zip(path, faults) if is_zip else _opened_tar(path, faults) as tree:
        yield tree


def _starts_as_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(ZIP_MARK)) == ZIP_MARK


def quoted(parts: Parts) -> str:
    """Return a path as messages show it; names of any bytes stay on one line."""
    return repr("/".join(parts))


@dataclass(slots=True)
class _Listing:
    """Gathers what a folder or an archive holds."""

    faults: Faults
    files: dict[Parts, Any] = field(default_factory=dict)
    folders: set[Parts] = field(default_factory=set)
    hidden: list[str] = field(default_factory=list)

    def tree(self, read: Callable[[Sequence[Any]], Iterator[tuple[int, Content]]]) -> FileTree:
        """Return what was gathered."""
        return FileTree(files=self.files, folders=self.folders, hidden=self.hidden, read=read)

    def parts(self, name: str) -> Parts:
        """Return the path of an entry of an archive; none of what is hidden or leads out of it."""
        parts = tuple(normal(part) for part in name.split("/") if part not in ("", "."))
        hidden = (is_hidden(part) and part != ".." for part in parts)
        depth = next((depth for depth, found in enumerate(hidden) if found), None)
        if depth is not None:
            self.hidden.append(name)
            self.add_folder(parts[:depth])  # it is there, though nothing counts in it
            return ()
        if name.startswith("/") or ".." in parts or WINDOWS_DRIVE.match(name):
            self.faults.add(Fault.OUTSIDE_ARCHIVE, repr(name))
            return ()
        return parts

    def add_folder(self, parts: Parts) -> None:
        """Take a folder, and those that hold it."""
        self.folders.update(parts[:depth] for depth in range(1, len(parts) + 1))

    def add_file(self, parts: Parts, handle: object, *, size: int) -> None:
        """Take a file."""
        self.add_folder(parts[:-1])
        if parts in self.files:
            self.faults.add(Fault.TWICE, quoted(parts))
        elif size > LARGEST_FILE:
            self.faults.add(Fault.LARGE, quoted(parts))
        else:
            self.files[parts] = handle


def _of_folder(path: Path, faults: Faults) -> FileTree:
    listing = _Listing(faults)
    for below in all_below(path):
        if below.entry is Entry.HIDDEN:
            listing.hidden.append("/".join(below.parts))
        elif below.entry is Entry.FOLDER:
            listing.add_folder(below.parts)
        elif below.entry is Entry.FILE:
            listing.add_file(below.parts, below.path, size=below.size)
        else:
            reason = f" ({below.reason})" if below.reason else ""
            faults.add(_FAULTS_OF_ENTRIES[below.entry], f"{quoted(below.parts)}{reason}")
    return listing.tree(_read_files)


def _read_files(paths: Sequence[str]) -> Iterator[tuple[int, Content]]:
    for place, path in enumerate(paths):
        try:
            yield place, Path(path).read_bytes()
        except OSError as error:
            yield place, error


@contextmanager
def _opened_zip(path: Path, faults: Faults) -> Iterator[FileTree]:
    with _damage_named(path, "zip"):
        archive = zipfile.ZipFile(path)
    with archive:
        listing = _Listing(faults)
        for info in archive.infolist():
            parts = listing.parts(_name_in_zip(info))
            if parts:
                _take_from_zip(listing, parts, info)
        yield listing.tree(lambda infos: _read_zip(archive, infos))


def _name_in_zip(info: zipfile.ZipInfo) -> str:
    """Return the path of an entry.

    Macs write UTF-8 without saying so, which Python then reads by the code page of DOS; some
    programs of Windows write its own separators.
    """
    name = info.filename
    if not info.flag_bits & UTF_8:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return name.replace("\\", "/")


def _take_from_zip(listing: _Listing, parts: Parts, info: zipfile.ZipInfo) -> None:
    if stat.S_ISLNK(info.external_attr >> 16):  # where Unix keeps what an entry is
        listing.faults.add(Fault.LINK, quoted(parts))
    elif info.is_dir() or info.filename.endswith("\\"):
        listing.add_folder(parts)
    elif info.flag_bits & 1:
        listing.faults.add(Fault.ENCRYPTED, quoted(parts))
    else:
        listing.add_file(parts, info, size=info.file_size)


def _read_zip(
    archive: zipfile.ZipFile, infos: Sequence[zipfile.ZipInfo]
) -> Iterator[tuple[int, Content]]:
    for place, info in enumerate(infos):
        try:
            yield place, archive.read(info)
        except _DAMAGE as error:  # of this entry; others may be whole
            yield place, error


@contextmanager
def _opened_tar(path: Path, faults: Faults) -> Iterator[FileTree]:
    with _damage_named(path, "tar"):
        archive = _tar(path)
    with archive:
        listing = _Listing(faults)
        with _damage_named(path, "tar"):
            members = archive.getmembers()
        for member in members:
            parts = listing.parts(member.name)
            if not parts:
                continue
            if member.isdir():
                listing.add_folder(parts)
            elif member.isreg():
                listing.add_file(parts, member, size=member.size)
            else:
                kind = Fault.LINK if member.issym() or member.islnk() else Fault.OTHER
                faults.add(kind, quoted(parts))
        yield listing.tree(lambda wanted: _read_tar(archive, path, wanted))


def _tar(path: Path) -> tarfile.TarFile:
    try:
        return tarfile.open(path)
    except tarfile.ReadError:
        raise DataError(
            f"{path} is neither a folder nor an archive, or its archive is damaged from the start. "
            f"{KINDS}"
        ) from None


def _read_tar(
    archive: tarfile.TarFile, path: Path, members: Sequence[tarfile.TarInfo]
) -> Iterator[tuple[int, Content]]:
    """Yield members in the order of the archive: going back in a compressed one starts it anew."""
    order = sorted(range(len(members)), key=lambda place: members[place].offset_data)
    for place in order:
        with _damage_named(path, "tar"):
            file = archive.extractfile(members[place])
            content = b"" if file is None else file.read()
        yield place, content
    with _damage_named(path, "tar"):
        _refuse_a_part(archive)


def _refuse_a_part(archive: tarfile.TarFile) -> None:
    """Refuse an archive that breaks off between two files, which ``tarfile`` takes for its end.

    Checksums of a compressed one are compared when it is read to its own end.
    """
    if archive.fileobj is None:
        raise AssertionError("The archive is open.")
    archive.fileobj.seek(archive.offset)
    if archive.fileobj.read(tarfile.BLOCKSIZE) != tarfile.NUL * tarfile.BLOCKSIZE:
        raise tarfile.ReadError("it breaks off before its end")
    while archive.fileobj.read(tarfile.RECORDSIZE):
        pass


@contextmanager
def _damage_named(path: Path, kind: str) -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        raise DataError(f"{path} is a damaged {kind} archive ({error}). {PACK_AGAIN}") from None
