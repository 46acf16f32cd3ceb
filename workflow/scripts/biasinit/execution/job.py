"""What every job of the workflow needs around its work: a log, clear errors, an end."""

import errno
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

from biasinit.errors import BiasinitError
from biasinit.execution.guard import end_with_workflow
from biasinit.execution.lock import unwritable

# a full or read-only disk, or a folder of somebody else's
NOT_WRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM}
COST_LINE = "Started within %.2f s of a processor, worked for %.2f s."


@contextmanager
def job(log: str | Path) -> Iterator[None]:
    """Send output, logging, warnings and errors of the block to a file.

    An error that a user can mend is written as its message alone, and ends the job with
    status 1; any other is a fault of ours and keeps its traceback. The last line says what the
    job took to start, imports included, and to work: bench/workflow sums that up.
    """
    end_with_workflow()
    to_start, started = time.process_time(), time.perf_counter()
    terminal = sys.stderr
    with (
        Path(log).open("w", encoding="utf-8", buffering=1) as file,
        redirect_stdout(file),
        redirect_stderr(file),
    ):
        logging.basicConfig(
            stream=file, level=logging.INFO, format="%(asctime)s %(message)s", force=True
        )
        try:
            yield
            logging.info(COST_LINE, to_start, time.perf_counter() - started)
        except BiasinitError as error:
            logging.error("%s", error)
            print(error, file=terminal)
            sys.exit(1)
        except OSError as error:
            if error.errno not in NOT_WRITABLE:
                logging.exception("This is a fault of biasinit.")
                raise
            message = unwritable(Path(error.filename or "A file"), error)
            logging.error("%s", message)
            print(message, file=terminal)
            sys.exit(1)
        except Exception:
            logging.exception("This is a fault of biasinit.")
            raise
