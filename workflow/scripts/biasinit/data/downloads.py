"""Official files from the internet: checked, continued after an interruption, shared by jobs.

pooch keeps the files and compares checksums. It starts every download afresh, so what moves the
bytes is ours: it keeps a part beside the file and asks the server for the rest by an HTTP range
request (RFC 9110, section 14).
"""

import http.client
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pooch
from filelock import FileLock
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from biasinit.errors import DataError

FOLDER = "BIASINIT_DATA"  # environment variable
DEFAULT_FOLDER = Path("data")
ATTEMPTS = 3  # at one address, each of which continues the one before
TIMEOUT_SECONDS = 30.0  # without a byte
CHUNK_BYTES = 1 << 18
PARTIAL_CONTENT = 206
RANGE_NOT_SATISFIABLE = 416

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFile:
    """A file on the internet.

    Attributes:
        name: its name on the disk.
        urls: addresses, tried in order.
        checksum: of the file, as 'algorithm:digest'.
        instead: what to do where there is no internet.

    """

    name: str
    urls: tuple[str, ...]
    checksum: str
    instead: str


class _DroppedError(Exception):
    """The connection ended before the file did; the part that came is kept."""


class _RefusedError(Exception):
    """The server cannot be reached, or does not give the file."""


def data_folder() -> Path:
    """Return the folder of downloads: what BIASINIT_DATA names, or ``data`` in this folder."""
    return Path(os.environ.get(FOLDER) or DEFAULT_FOLDER)


def fetch(file: RemoteFile, kind: str) -> Path:
    """Return where a file is on the disk, after downloading it if it is not there yet.

    Jobs that need the same file wait for the one that downloads it. A file that is there but
    damaged is downloaded again.

    Args:
        file: what to fetch.
        kind: kind of data set, which names the folder within the folder of downloads.

    Raises:
        DataError: no address gives the file, what comes is another file, or the folder cannot be
            written.

    """
    folder = data_folder() / kind
    path = folder / file.name
    if _is_there(path, file.checksum):  # asked before locking, as a shared folder may be read-only
        return path
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / f"{file.name}.lock"):
            return _from_first_mirror(file, folder)
    except OSError as error:
        raise DataError(
            f"{path} cannot be written ({error.strerror}). Name another folder for downloads in "
            f"the environment variable {FOLDER}."
        ) from None


def _is_there(path: Path, checksum: str) -> bool:
    algorithm, digest = checksum.split(":")
    return path.is_file() and pooch.file_hash(str(path), alg=algorithm) == digest


def _from_first_mirror(file: RemoteFile, folder: Path) -> Path:
    failures = []
    for url in file.urls:
        try:
            return _from_mirror(file, url, folder)
        except (_DroppedError, _RefusedError, ValueError) as error:
            log.info("%s: %s", url, error)
            failures.append(f"  - {url}: {error}")
    raise DataError(
        "\n".join(
            [
                f"{file.name} could not be downloaded:",
                *failures,
                f"With a connection, run the same command again. Without one: {file.instead}",
            ]
        )
    )


def _from_mirror(file: RemoteFile, url: str, folder: Path) -> Path:
    """Return the downloaded file.

    Raises:
        ValueError: its checksum is another one; from pooch, which names both.

    """
    pooch.get_logger().setLevel(logging.WARNING)  # the log of the job says the same
    for attempt in range(1, ATTEMPTS + 1):
        transfer = _Transfer(folder / f"{file.name}.part")
        try:
            path = pooch.retrieve(
                url, known_hash=file.checksum, fname=file.name, path=folder, downloader=transfer
            )
        except _DroppedError as error:
            if attempt == ATTEMPTS:
                raise
            log.info("%s: %s. Continuing.", url, error)
        except ValueError:
            # a part may be left from another file; a whole one from this address may not
            if attempt == ATTEMPTS or not transfer.continued:
                raise
            log.info("%s: the continued file is damaged. Starting again.", url)
        else:
            # pooch returns an absolute path, which would tie messages to this machine
            return folder / Path(path).name
    raise AssertionError("the last attempt returns or raises")


class _Transfer:
    """Moves the bytes of one file for pooch.

    Attributes:
        continued: whether an earlier part was continued.

    """

    def __init__(self, part: Path) -> None:
        self._part = part
        self.continued = False

    def __call__(
        self,
        url: str,
        output: Any,  # noqa: ANN401  # a path; pooch types it for all of its downloaders
        _: object,
        *,
        check_only: bool | None = None,
    ) -> None:
        """Write the file at an address to ``output``.

        Raises:
            _DroppedError: it came in part.
            _RefusedError: it did not come at all.

        """
        have = self._part.stat().st_size if self._part.exists() else 0
        response = _opened(url, have)
        if response is None:
            self._part.unlink()
            have, response = 0, _opened(url, 0)
        if response is None:
            raise _RefusedError("the server answers with a part of the file, asked for all of it")
        with response:
            self.continued = response.status == PARTIAL_CONTENT
            self._receive(response, url, have if self.continued else 0)
        self._part.replace(output)

    def _receive(self, response: http.client.HTTPResponse, url: str, have: int) -> None:
        length = response.headers.get("Content-Length", "")
        total = have + int(length) if length.isdecimal() else None
        verb = "Continuing" if have else "Downloading"
        size = "" if total is None else f" ({total / 1e6:.1f} MB)"
        log.info("%s %s%s.", verb, url, size)
        with (
            self._part.open("ab" if have else "wb") as file,
            _progress(self._part.stem, have, total) as progress,
        ):
            for chunk in _chunks(response):
                file.write(chunk)
                progress(len(chunk))
            received = file.tell()
        if total is not None and received < total:
            raise _DroppedError(f"the connection ended after {received:,} of {total:,} bytes")


def _opened(url: str, have: int) -> http.client.HTTPResponse | None:
    """Return the answer of a server: the rest of a file, or all of it.

    None stands for an answer that does not go with the part: the part is longer than the file, or
    the server sends another range.
    """
    headers = {"User-Agent": "biasinit"}
    if have:
        headers["Range"] = f"bytes={have}-"
    try:
        response: http.client.HTTPResponse = urlopen(
            Request(url, headers=headers), timeout=TIMEOUT_SECONDS
        )
    except HTTPError as error:
        if error.code == RANGE_NOT_SATISFIABLE and have:
            return None
        raise _RefusedError(f"the server answers {error.code} ({error.reason})") from None
    except (OSError, http.client.HTTPException) as error:
        raise _RefusedError(f"no connection ({getattr(error, 'reason', error)})") from None
    place = response.headers.get("Content-Range", "")
    if response.status == PARTIAL_CONTENT and not (have and place.startswith(f"bytes {have}-")):
        response.close()
        return None
    return response


def _chunks(response: IO[bytes] | http.client.HTTPResponse) -> Iterator[bytes]:
    try:
        while chunk := response.read(CHUNK_BYTES):
            yield chunk
    except http.client.IncompleteRead as error:
        yield error.partial
    except (OSError, http.client.HTTPException) as error:
        raise _DroppedError(f"the connection broke ({error})") from None


@contextmanager
def _progress(name: str, have: int, total: int | None) -> Iterator[Any]:
    """Show a bar where a person looks on; a job's log has its line already."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    console = Console(stderr=True)
    with Progress(
        *columns, TimeRemainingColumn(), console=console, disable=not sys.stderr.isatty()
    ) as bar:
        task = bar.add_task(name, total=total, completed=have)
        yield lambda amount: bar.advance(task, amount)
