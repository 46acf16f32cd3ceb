"""What every job of the workflow needs around its work: a lease, a log, clear errors, an end."""

import errno
import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NoReturn

from biasinit.errors import BiasinitError
from biasinit.execution.takeover.guard import end_with_workflow
from biasinit.execution.takeover.lease import Confirm, leased_job
from biasinit.files import unwritable

NOT_WRITABLE = {
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG),  # no space, no quota, larger than a file may be
    *(errno.EROFS, errno.EACCES, errno.EPERM),  # a read-only disk, or a folder of somebody else's
}
COST_LINE = "Started within %.2f s of a processor, worked for %.2f s."


@contextmanager
def job(log: str | Path) -> Iterator[Confirm]:
    """Send output, logging, warnings and errors of the block to a file.

    The process ends with its workflow, and when another process takes over the same job, which
    the name of the file stands for. An error that a user can mend is written as its message
    alone, and ends the job with status 1; any other is a fault of ours and keeps its traceback.
    The last line says what the job took to start, imports included, and to work: bench/workflow
    sums that up. With the block the process ends: nothing after it is run.

    Yields:
        What a long job calls before it writes its results (see ``leased_job``).

    """
    end_with_workflow()
    to_start, started = time.process_time(), time.perf_counter()
    terminal = sys.stderr
    path = Path(log)
    try:
        with (
            _refusals_named(path),  # to write the log itself, or the lease beside it
            leased_job(path.with_suffix(".lease")) as confirm,
            _logged(path),
        ):
            yield confirm
            logging.info(COST_LINE, to_start, time.perf_counter() - started)
    except BiasinitError as error:
        print(error, file=terminal)
        sys.exit(1)
    _end_process()


def _end_process() -> NoReturn:
    """End this process with status 0, without taking its objects apart one by one.

    After compiled training that alone takes more than a second, in which no other job can have
    the core. All files are closed and the lease is given back by now.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


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
            with _refusals_named():
                yield
        except BiasinitError as error:
            logging.error("%s", error)
            raise
        except Exception:
            logging.exception("This is a fault of biasinit.")
            raise


@contextmanager
def _refusals_named(otherwise: Path | str = "A file") -> Iterator[None]:
    """Say what to do when the system refuses to write a file; its other errors are faults of ours.

    Args:
        otherwise: what to call a file that the system does not name.

    """
    try:
        yield
    except OSError as error:
        if error.errno not in NOT_WRITABLE:
            raise
        raise unwritable(error.filename or otherwise, error) from error
