"""The bits of predictions come back as they were, whatever a table holds them in."""

import numpy as np
import pytest

from biasinit.statistics.trust.packed_bits import packed, unpacked


@pytest.mark.parametrize("kept", [bytes, bytearray, memoryview, np.array, list])
@pytest.mark.parametrize("images", [8, 11])
def test_bits_come_back_without_those_that_pad_the_last_byte(rng, kept, images):
    right = rng.uniform(size=images) < 0.5
    stored = np.packbits(right)
    value = kept(stored.tobytes() if kept in (bytes, bytearray, memoryview) else stored)
    assert unpacked(packed(value), images).tolist() == right.tolist()


def test_without_the_number_of_images_the_padding_counts():
    assert unpacked(packed(np.packbits([True] * 11).tobytes()), None).tolist() == (
        [True] * 11 + [False] * 5
    )
