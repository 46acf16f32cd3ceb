"""What every job of the workflow needs around its work: a claim, a log, clear errors, an end."""

import errno
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

from biasinit.errors import BiasinitError, StorageError
from biasinit.execution.claim import Confirm, claimed_job
from biasinit.execution.guard import end_with_workflow

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # no space, no quota, larger than a file may be


@contextmanager
def job(log: str | Path) -> Iterator[Confirm]:
    """Send output, logging, warnings and errors of the block to a file.

    The process ends with its workflow, and when another process takes over the same job, which
    the name of the file stands for. An error that a user can mend is written as its message
    alone, and ends the job with status 1; any other is a fault of ours and keeps its traceback.

    Yields:
        What a long job calls before it writes its results (see ``claimed_job``).

    """
    end_with_workflow()
    terminal = sys.stderr
    path = Path(log)
    try:
        with (
            _full_disks_named(),
            claimed_job(path.with_suffix(".claim")) as confirm,
            _logged(path),
        ):
            yield confirm
    except BiasinitError as error:
        print(error, file=terminal)
        sys.exit(1)


@contextmanager
def _logged(path: Path) -> Iterator[None]:
    with (
        path.open("w", encoding="utf-8", buffering=1) as file,
        redirect_stdout(file),
        redirect_stderr(file),
    ):
        logging.basicConfig(
            stream=file, level=logging.INFO, format="%(asctime)s %(message)s", force=True
        )
        try:
            yield
        except BiasinitError as error:
            logging.error("%s", error)
            raise
        except Exception as error:
            if not _is_full(error):
                logging.exception("This is a fault of biasinit.")
            raise


def _is_full(error: Exception) -> bool:
    return isinstance(error, OSError) and error.errno in FULL


@contextmanager
def _full_disks_named() -> Iterator[None]:
    """Turn the system's errors about a full disk into one that says how to go on."""
    try:
        yield
    except OSError as error:
        if not _is_full(error):
            raise
        raise StorageError(
            f"{error.strerror}: {error.filename or 'a result'} cannot be written. Make room, and "
            "give the same command again; finished runs are kept."
        ) from error
