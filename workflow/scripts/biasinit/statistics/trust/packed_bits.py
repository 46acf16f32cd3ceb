"""Which test images a run got right: the bits that the table `correct` holds of each run."""

import numpy as np

from biasinit.statistics.inference.arrays import Booleans, Bytes


def packed(value: object) -> Bytes:
    """Return the bits of one run, eight in each byte, however the table was read."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return np.frombuffer(bytes(value), dtype=np.uint8)
    return np.asarray(value, dtype=np.uint8)


def unpacked(bits: Bytes, images: int | None) -> Booleans:
    """Return one bit for each image; without their number, those that pad the last byte too."""
    return np.unpackbits(bits, count=images).astype(bool)
