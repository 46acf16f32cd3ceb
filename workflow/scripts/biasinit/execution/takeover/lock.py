"""One workflow at a time in a folder, by a lock that the kernel drops when its holder dies.

Snakemake's own lock is a file that stays behind after a SIGKILL. This one is held through an
open file, which ``make study`` hands on to Snakemake: it is free exactly when neither runs
any more, and only then is Snakemake's lock a leftover that may be removed. ``filelock``
cannot hand a lock on to another program, so this is the system call itself.
"""

import fcntl
import os
from pathlib import Path

from biasinit.errors import FolderError, StudyLockedError
from biasinit.files import refusals_named

HANDED_ON = "BIASINIT_LOCK_HANDED_ON"
LOCK = Path("results") / ".workflow.lock"


def hold_lock(folder: Path) -> int:
    """Return the descriptor of the lock of a folder, held until it is closed everywhere.

    Raises:
        StudyLockedError: another workflow runs in this folder, or its file system has no locks.
        FolderError: the folder cannot be written.

    """
    path = folder / LOCK
    with refusals_named(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(descriptor, 100).decode(errors="replace").strip() or "unknown"
        os.close(descriptor)
        raise StudyLockedError(
            f"Another workflow is running in this folder (process {holder}). Wait until it is "
            "done, stop it, or use another copy of the folder."
        ) from None
    except OSError as error:
        os.close(descriptor)
        raise StudyLockedError(
            f"The file system of {folder} cannot lock files ({error.strerror}), so nothing would "
            "keep two workflows apart. Use a folder on one that can (on Lustre, the mount option "
            "'flock')."
        ) from error
    try:
        with refusals_named(path):
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"{os.getpid()}\n".encode())
    except FolderError:
        os.close(descriptor)
        raise
    return descriptor


def hold_lock_in_workflow(folder: Path) -> None:
    """Hold the lock for the rest of this process, unless it was handed on to it.

    Raises:
        StudyLockedError: another workflow runs in this folder, or its file system has no locks.
        FolderError: the folder cannot be written.

    """
    if HANDED_ON not in os.environ:
        hold_lock(folder)
