"""Checksums of what a file holds.

Published checksums of a compressed file hold for one way of compressing it: Debian's
Fashion-MNIST has the official images in files of its own. So downloads are checked by the
checksum of the file, and what is read by that of the content. Some are known as MD5 only: good
against damage and mix-ups, which is what is looked for here, not against an adversary; nothing
that is read is ever run.
"""

import hashlib
from pathlib import Path

from biasinit.errors import DataError


def check_content(content: bytes, expected: str, *, path: Path, what: str, mend: str) -> None:
    """Compare content with its known checksum.

    Args:
        content: all bytes.
        expected: 'algorithm:digest' in hexadecimal digits.
        path: where the content is from.
        what: what it should be, for the message.
        mend: what to do when it is not.

    Raises:
        DataError: the two differ.

    """
    algorithm, digest = expected.split(":")
    found = hashlib.new(algorithm, content, usedforsecurity=False).hexdigest()
    if found != digest:
        raise DataError(
            f"{path} does not hold {what}: the {algorithm.upper()} of its content must be "
            f"{digest}, got {found}. It is damaged, or another file. {mend}"
        )
