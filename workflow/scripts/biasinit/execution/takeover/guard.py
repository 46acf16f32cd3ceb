"""A job ends when the workflow that started it does.

After a SIGKILL of Snakemake its jobs would go on and write files that the next run writes
too. Each job therefore watches the process of the workflow. A shell stands between the two,
so the kernel's parent-death signal would come from the wrong parent; a file descriptor of the
process (pidfd) becomes readable the moment it ends, whoever the parent is.
"""

import contextlib
import os
import select
import threading
import time

WORKFLOW_PROCESS = "BIASINIT_WORKFLOW_PROCESS"
EXIT_STATUS = 143  # as after SIGTERM
POLL_SECONDS = 1.0  # where there is no pidfd


def announce_workflow() -> None:
    """Name this process as the workflow that jobs started from here belong to."""
    os.environ[WORKFLOW_PROCESS] = str(os.getpid())


def end_with_workflow() -> None:
    """End this process as soon as the workflow's process ends, if one is named."""
    name = os.environ.get(WORKFLOW_PROCESS)
    if name is not None:
        threading.Thread(target=_end_with, args=(int(name),), daemon=True).start()


def _end_with(process: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        _wait_for_end(process)
    os._exit(EXIT_STATUS)


def _wait_for_end(process: int) -> None:
    try:
        descriptor = os.pidfd_open(process)
    except AttributeError:  # not on Linux
        pass
    except ProcessLookupError:
        return
    except OSError:  # a kernel before 5.3, or a container that refuses the call
        pass
    else:
        select.select([descriptor], [], [])
        return
    while True:
        os.kill(process, 0)
        time.sleep(POLL_SECONDS)
