"""One job of the workflow is done by one process at a time, wherever the scheduler puts it.

On a cluster two processes can end up with the same job. When the daemon of a node dies, the
scheduler gives the job to another node, and the first process goes on. When Snakemake is
killed, its jobs stay in the queue, and the next Snakemake submits them anew.

The newest lease holds, because that is the one the living Snakemake waits for. Who starts a job
writes its lease over the one before; who finds another lease than its own ends, without
touching anything, and the newcomer goes on from its last checkpoint. Leases are files that are
renamed into place and read again and again: that works on every shared file system, while
locks do not everywhere, and a lock would make the newcomer wait for a process that may hang.
Between two looks at the lease both may write; files are written whole (``biasinit.files``), and
both write the same bytes.
"""

import logging
import os
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from biasinit.errors import SupersededError
from biasinit.files import refusals_named, whole_file

EXIT_STATUS = 75  # EX_TEMPFAIL of sysexits.h: somebody else has taken over, nothing is wrong here
POLL_SECONDS = 2.0
WORKFLOW_LEASE = "BIASINIT_WORKFLOW_LEASE"  # handed down to jobs, on other machines too
WORKFLOW_FILE = Path("results") / ".workflow.lease"

log = logging.getLogger(__name__)


class Lease:
    """A file that says who may work on something; holds as long as nobody writes it anew."""

    def __init__(self, path: Path, token: str) -> None:
        self._path = path
        self._token = token

    @classmethod
    def taken(cls, path: Path) -> "Lease":
        """Write a new lease, and so end every other one of the same path.

        Raises:
            FolderError: the lease cannot be written.

        """
        token = f"{socket.gethostname()} {os.getpid()} {uuid.uuid4().hex}"
        with refusals_named(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as unfinished:
            unfinished.write_text(token, encoding="utf-8")
        return cls(path, token)

    @property
    def token(self) -> str:
        """What the file holds while the lease does: host, process, and a number used once."""
        return self._token

    def holds(self) -> bool:
        """Return whether the lease is the newest; a finished successor has removed the file."""
        try:
            return self._path.read_text(encoding="utf-8") == self._token
        except FileNotFoundError:
            return False
        except OSError:
            return True  # a file system that stutters says nothing about leases

    def give_back(self) -> None:
        """Remove the file, if the lease still holds."""
        if self.holds():
            self._path.unlink(missing_ok=True)


def take_folder(folder: Path) -> None:
    """Take the lease of a folder: jobs of earlier workflows end, also those not yet started.

    Raises:
        FolderError: the lease cannot be written.

    """
    os.environ[WORKFLOW_LEASE] = Lease.taken(folder / WORKFLOW_FILE).token


def refuse_if_superseded(folder: Path) -> None:
    """Raise when this process belongs to a workflow that another one has succeeded.

    Called where a job reads the workflow, which is before Snakemake removes old output: a job
    that waited in the queue while its workflow was killed would delete its successor's.

    Raises:
        SupersededError: another workflow has taken the folder.

    """
    lease = _workflow_lease(folder)
    if lease is not None and not lease.holds():
        raise SupersededError(
            "This job belongs to a workflow that was killed, and another one has been started in "
            "this folder since. The job ends without touching anything."
        )


Confirm = Callable[[], None]


@contextmanager
def leased_job(path: Path) -> Iterator[Confirm]:
    """Hold the lease of a job during the block; end this process when the lease is lost.

    Args:
        path: a file that only this job uses.

    Yields:
        What to call before results are written: it raises SupersededError when the lease was
        lost since the last look.

    """
    own = Lease.taken(path)
    workflow = _workflow_lease(Path.cwd())
    leases = [own] if workflow is None else [own, workflow]
    ended = threading.Event()
    threading.Thread(target=_watch, args=(leases, ended), daemon=True).start()

    def confirm() -> None:
        if not all(lease.holds() for lease in leases):
            raise SupersededError("Another process has taken over this job; this one ends.")

    try:
        yield confirm
    finally:
        ended.set()
        own.give_back()


def _workflow_lease(folder: Path) -> Lease | None:
    token = os.environ.get(WORKFLOW_LEASE)
    return None if token is None else Lease(folder / WORKFLOW_FILE, token)


def _watch(leases: list[Lease], ended: threading.Event) -> None:
    while not ended.wait(POLL_SECONDS):
        if not all(lease.holds() for lease in leases) and not ended.is_set():
            log.warning("Another process has taken over this job; this one ends.")
            os._exit(EXIT_STATUS)
