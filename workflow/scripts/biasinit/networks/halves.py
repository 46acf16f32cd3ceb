"""The two images of a pair, and the two halves of a network that compares them.

A pair is one image of twice the channels: those of the left image, then those of the right.
"""

import torch
from torch import Tensor

HALVES = 2
RIGHT = "_right"  # ends the names of the layers of a second tower


def halves(pairs: Tensor) -> Tensor:
    """Return the left images of pairs and then the right ones, (2·batch, height, width, channels).

    Args:
        pairs: (batch, height, width, 2·channels).

    """
    return torch.cat(pairs.chunk(HALVES, -1))


def swapped(pairs: Tensor) -> Tensor:
    """Return pairs whose left image is the right one and whose right image is the left one.

    Args:
        pairs: (…, 2·channels).

    """
    left, right = pairs.chunk(HALVES, -1)
    return torch.cat([right, left], -1)
