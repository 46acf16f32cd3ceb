"""IDX files, the format of MNIST and its kin.

Format (LeCun, Cortes and Burges, "The MNIST database"): two zero bytes, a byte for the type of
the numbers (8: unsigned bytes), a byte for the number of dimensions, the size of each dimension
as a big-endian 32-bit number, then the numbers in C order. Files are often compressed by gzip.
"""

import gzip
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from biasinit.data.checksums import check_content
from biasinit.errors import DataError

GZIP_START = b"\x1f\x8b"
UNSIGNED_BYTES = 8
SIZE_BYTES = 4  # of one dimension's size
KINDS = {1: "labels", 3: "images"}  # by number of dimensions


def read_idx(
    path: Path, *, shape: Sequence[int], checksum: str | None, what: str, mend: str
) -> NDArray[np.uint8]:
    """Return the numbers in an IDX file, compressed or not.

    Args:
        path: the file.
        shape: the size of every dimension that the file must have.
        checksum: of the uncompressed content, as 'algorithm:digest'; None checks none.
        what: what the file should hold, for messages.
        mend: what to do about a file that does not, for messages.

    Returns:
        Unsigned bytes of the shape asked for.

    Raises:
        DataError: the file is missing, truncated, too long, damaged, of another type or shape, or
            its content is not the one of the checksum.

    """
    start = 4 + SIZE_BYTES * len(shape)
    length = start + int(np.prod(shape))
    # one byte more shows that a file is too long without reading all of it into memory
    content = _content(path, length + 1, mend)
    _check_start(content, shape, path=path, mend=mend)
    if len(content) != length:
        amount = "is longer" if len(content) > length else f"ends after {len(content):,} bytes"
        raise DataError(
            f"{path} {amount}; with its {' × '.join(map(str, shape))} numbers it must have "
            f"{length:,} bytes uncompressed. {mend}"
        )
    if checksum is not None:
        check_content(content, checksum, path=path, what=what, mend=mend)
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(shape)


def _content(path: Path, most: int, mend: str) -> bytes:
    try:
        with path.open("rb") as file:
            if file.read(2) != GZIP_START:
                file.seek(0)
                return file.read(most)
            file.seek(0)
            with gzip.open(file) as uncompressed:
                return uncompressed.read(most)
    except EOFError:
        raise DataError(f"{path} is truncated: its compressed data have no end. {mend}") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path} is damaged: it cannot be uncompressed ({error}). {mend}") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}). {mend}") from None


def _check_start(content: bytes, shape: Sequence[int], *, path: Path, mend: str) -> None:
    if len(content) < 4 or content[:2] != b"\0\0":
        raise DataError(
            f"{path} is no IDX file: it must start with two zero bytes, got "
            f"{content[:2].hex(' ') or 'nothing'}. {mend}"
        )
    kind, dimensions = content[2], content[3]
    if kind != UNSIGNED_BYTES:
        raise DataError(
            f"{path} must hold unsigned bytes (type {UNSIGNED_BYTES}), got type {kind}. {mend}"
        )
    if dimensions != len(shape):
        expected = KINDS.get(len(shape), "numbers")
        found = KINDS.get(dimensions, "something else")
        raise DataError(
            f"{path} must hold {expected} ({len(shape)} dimensions), got {found} ({dimensions}). "
            f"Were two files swapped? {mend}"
        )
    whole = (len(content) - 4) // SIZE_BYTES  # of the sizes, in a file that ends among them
    sizes = np.frombuffer(content, dtype=">u4", count=min(whole, dimensions), offset=4).tolist()
    if sizes != list(shape):
        raise DataError(
            f"{path} must hold {' × '.join(map(str, shape))} numbers, got "
            f"{' × '.join(map(str, sizes)) or 'none'}. Were two files swapped? {mend}"
        )
