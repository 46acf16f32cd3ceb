"""Files that are written whole or not at all, however many processes write them.

On a shared file system two processes on two machines can write one file at one time: the
scheduler of a cluster may run a job again while the first is still at work. Each writes to a
name of its own and renames; readers see one of the two, never a mixture or a part. A process
number alone would not do as a name: two machines can give out the same.

Where the system refuses, be it that the disk is full or the folder read-only, the error names
the file, never the name that was written to.
"""

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from biasinit.errors import FolderError

UNFINISHED = ".unfinished"


def unwritable(path: Path | str, error: OSError) -> FolderError:
    """Return what to say of a file that the system refuses to write."""
    return FolderError(
        f"{path} cannot be written ({error.strerror or error}).",
        mend="Make room on the disk, or make the folder writable, or copy the workflow to one that "
        "is; then run the same command again.",
    )


@contextmanager
def refusals_named(path: Path) -> Iterator[None]:
    """Say what to do when the system refuses what the block does to write a file.

    Raises:
        FolderError: it refused.

    """
    try:
        yield
    except OSError as error:
        raise unwritable(path, error) from error


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a name to write to; at the end of the block what was written becomes ``path``.

    When the block fails, ``path`` stays as it was.

    Raises:
        FolderError: the file cannot be written.

    """
    writer = f"{socket.gethostname()}-{os.getpid()}"
    unfinished = path.with_name(f"{path.name}.{writer}{UNFINISHED}")
    try:
        with refusals_named(path):
            yield unfinished
            unfinished.replace(path)
    finally:
        # what cannot be written may not be removed either; the error of the write is the one to see
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)


@contextmanager
def lasting_file(path: Path) -> Iterator[Path]:
    """Do as ``whole_file``, and put the content on the disk before it gets its name.

    A file with the right name is then complete even after a loss of power. It costs a wait for
    the disk, which results are worth and notes of progress are not.

    Raises:
        FolderError: the file cannot be written.

    """
    with whole_file(path) as unfinished:
        yield unfinished
        with unfinished.open("rb") as file:
            os.fsync(file.fileno())


def remove_with_unfinished(path: Path) -> None:
    """Remove a file, and what writers that were killed left beside it."""
    path.unlink(missing_ok=True)
    for leftover in path.parent.glob(f"{path.name}.*{UNFINISHED}"):
        leftover.unlink(missing_ok=True)


def date_back(folder: Path) -> int:
    """Date files in a folder that are dated in the future back to now, and return how many.

    A clock that was ahead for a while leaves such files. Snakemake refuses all that is made of
    them until then, as older than what it was made of. What was made of them while the clock was
    ahead is ahead itself, so that one date for all makes nothing look outdated. *Now* is that of
    the file system, which dates what is written next, be the clock of this machine right or not.

    Args:
        folder: where nobody writes new files; it may be missing, and so may what was there.

    Raises:
        FolderError: the folder cannot be written.

    """
    if not folder.exists():
        return 0
    with refusals_named(folder), tempfile.TemporaryFile(dir=folder) as written:
        now = os.fstat(written.fileno()).st_mtime
    count = 0
    for path in folder.rglob("*"):
        # a job that ends with its workflow removes what it had begun
        with refusals_named(path), suppress(FileNotFoundError):
            if path.lstat().st_mtime > now:
                os.utime(path, (now, now), follow_symlinks=False)
                count += 1
    return count


def remove_all_unfinished(folder: Path) -> None:
    """Remove what writers that were killed left in a folder, where nobody writes any more."""
    for leftover in folder.rglob(f"*{UNFINISHED}"):
        leftover.unlink(missing_ok=True)
