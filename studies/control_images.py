"""Images of one pixel, for controls whose answer is known beforehand."""

import numpy as np

COPIES = 100  # of each grey level, so that every subset of a split has all of them
COPIES_OF_STAR = 1500  # so that an epoch has steps enough


def ray() -> dict[str, np.ndarray]:
    """Return grey levels above 0 in two classes, darker and lighter ones.

    All inputs are positive multiples of one, so that without biases a network is dead for all of
    them or for none.
    """
    levels = np.repeat(np.arange(1, 21) * 12, COPIES // 10)
    return {
        "images": levels.reshape(-1, 1, 1).astype(np.uint8),
        "labels": (levels > 126).astype(np.int64),
    }


def star() -> dict[str, np.ndarray]:
    """Return grey levels on both sides of the middle; on either, the middle third is another class.

    On either side the best straight line through the labels is flat, so that units whose kinks are
    all in the middle, as they are where biases start at zero, have nothing to learn from: the
    gradient of every bias is zero in the mean (after Holzmüller and Steinwart 2022, section 3).
    """
    side = np.array([40, 60, 80])
    levels = np.repeat(np.concatenate([127 - side, 127 + side]), COPIES_OF_STAR)
    labels = np.abs(levels - 127) == side[1]
    return {"images": levels.reshape(-1, 1, 1).astype(np.uint8), "labels": labels.astype(np.int64)}
