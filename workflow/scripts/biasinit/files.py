"""Files that are written whole or not at all, however many processes write them.

On a shared file system two processes on two machines can write one file at one time: the
scheduler of a cluster may run a job again while the first is still at work. Each writes to a
name of its own and renames; readers see one of the two, never a mixture or a part. A process
number alone would not do as a name: two machines can give out the same.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

UNFINISHED = ".unfinished"


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a name to write to; at the end of the block what was written becomes ``path``.

    When the block fails, ``path`` stays as it was.
    """
    writer = f"{socket.gethostname()}-{os.getpid()}"
    unfinished = path.with_name(f"{path.name}.{writer}{UNFINISHED}")
    try:
        yield unfinished
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def lasting_file(path: Path) -> Iterator[Path]:
    """Do as ``whole_file``, and put the content on the disk before it gets its name.

    A file with the right name is then complete even after a loss of power. It costs a wait for
    the disk, which results are worth and notes of progress are not.
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
