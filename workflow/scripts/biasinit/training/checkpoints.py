"""Checkpoints of a shard: atomic, with a checksum, and only for the shard that wrote them.

A file is one line of header (format, digest of what is trained, SHA-256 of the rest) and the
state as ``torch.save`` writes it; it is read with ``weights_only``, which runs no code.
"""

import hashlib
import io
import logging
from pathlib import Path
from typing import Any

import torch

from biasinit.errors import CheckpointError, FolderError
from biasinit.files import lasting_file, refusals_named

log = logging.getLogger(__name__)

FORMAT = "biasinit-checkpoint-1"
PARTS = ("finished", "number", "state", "records")  # of a state, as the loop keeps it


def save_checkpoint(path: Path, state: dict[str, Any], *, digest: str) -> None:
    """Write ``state`` to ``path`` so that a reader sees the old file or the new, never a part.

    Where it cannot be written, the old one is kept and the log says so: training goes on.
    """
    buffer = io.BytesIO()
    torch.save(state, buffer)
    content = buffer.getvalue()
    header = f"{FORMAT} {digest} {hashlib.sha256(content).hexdigest()}\n".encode()
    try:
        with refusals_named(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        with lasting_file(path) as unfinished:
            unfinished.write_bytes(header + content)
    except FolderError as error:
        log.warning("The checkpoint %s Training goes on; make room on the disk.", error.what)


def load_checkpoint(path: Path, *, digest: str) -> dict[str, Any]:
    """Return the state in ``path``.

    Raises:
        CheckpointError: the file is damaged, or belongs to another shard, code or version.

    """
    try:
        header, _, content = path.read_bytes().partition(b"\n")
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read ({error.strerror}).") from None
    fields = header.decode(errors="replace").split(" ")
    if len(fields) != 3 or fields[0] != FORMAT:
        raise CheckpointError(f"{path} is not a checkpoint of this version.")
    if fields[1] != digest:
        raise CheckpointError(f"{path} belongs to another shard, code or version.")
    if fields[2] != hashlib.sha256(content).hexdigest():
        raise CheckpointError(f"{path} is damaged: its checksum does not fit.")
    # a checksum that fits says that the content is whole, not that we wrote it
    try:
        state = torch.load(io.BytesIO(content), weights_only=True, map_location="cpu")
    # the restricted unpickler raises what its instructions make of a strange file: IndexError,
    # struct.error and others besides UnpicklingError
    except Exception:
        raise CheckpointError(f"{path} holds something else than the state of a shard.") from None
    if not isinstance(state, dict) or set(state) != set(PARTS):
        raise CheckpointError(f"{path} holds something else than the state of a shard.")
    return state
