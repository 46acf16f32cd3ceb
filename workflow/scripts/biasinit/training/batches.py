"""The order in which each member sees the training images."""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from biasinit.streams import Purpose, stream


def batch_order(
    *,
    study_seed: int,
    seeds: Sequence[int],
    order_stream: str,
    epochs: int,
    images: int,
    batch_size: int,
) -> NDArray[np.int32]:
    """Return numbers of training examples, shape (members, epochs, steps, batch).

    Every epoch is a permutation from a stream keyed by seed and epoch; a last incomplete
    batch is left out, so that all steps have one shape.
    """
    steps = images // batch_size
    order = np.empty((len(seeds), epochs, steps, batch_size), dtype=np.int32)
    for member, seed in enumerate(seeds):
        for epoch in range(epochs):
            name = f"{order_stream}/epoch {epoch}"
            permutation = stream(study_seed, seed, Purpose.ORDER, name=name).permutation(images)
            used = permutation[: steps * batch_size]
            order[member, epoch] = used.reshape(steps, batch_size)
    return order


def sha256_of(numbers: NDArray[np.int32]) -> str:
    """Return the SHA-256 of some numbers."""
    return hashlib.sha256(np.ascontiguousarray(numbers).tobytes()).hexdigest()
