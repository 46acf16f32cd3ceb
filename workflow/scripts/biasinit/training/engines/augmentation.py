"""Random crops and flips, drawn from a stream of their own.

A crop shifts the image by up to ``margin`` pixels in each direction, over a border of black;
a flip mirrors it left to right with probability 1/2 (as for CIFAR in He et al. 2016, section
4.2). All draws of an epoch are a pure function of seed and epoch, so that all schemes of a
seed see the same images.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from biasinit.streams import Purpose, stream

CROPS = ("crop", "crop_flip")
FLIPS = ("flip", "crop_flip")


@dataclass(frozen=True, slots=True, kw_only=True)
class Augmentation:
    """How images are changed before a step; ``kind`` none, crop, flip or crop_flip."""

    kind: str
    margin: int

    @property
    def border(self) -> int:
        """Pixels of black around every image: the margin where images are cropped."""
        return self.margin if self.kind in CROPS else 0

    def bordered(self, images: Tensor) -> Tensor:
        """Return images with a black border, (images, height + 2·border, width + 2·border, …)."""
        border = self.border
        return functional.pad(images, (0, 0, border, border, border, border))

    def draws(
        self, *, study_seed: int, seeds: Sequence[int], epoch: int, shape: tuple[int, int]
    ) -> NDArray[np.int64]:
        """Return rows down, columns across and whether to flip, (members, steps, batch, 3).

        Args:
            study_seed: keys the study.
            seeds: one for each member.
            epoch: from 0.
            shape: steps of an epoch and images of a batch.

        """
        steps, batch = shape
        result = np.zeros((len(seeds), steps, batch, 3), dtype=np.int64)
        for member, seed in enumerate(seeds):
            rng = stream(study_seed, seed, Purpose.AUGMENT, name=f"epoch {epoch}")
            result[member, ..., :2] = rng.integers(0, 2 * self.margin + 1, (steps, batch, 2))
            result[member, ..., 2] = rng.integers(0, 2, (steps, batch))
        if self.kind not in CROPS:
            result[..., :2] = 0
        if self.kind not in FLIPS:
            result[..., 2] = 0
        return result


def gathered(images: Tensor, numbers: Tensor, draws: Tensor | None, *, border: int) -> Tensor:
    """Return the images of a batch, cropped and flipped, those of one example side by side.

    Args:
        images: (images, height + 2·border, width + 2·border, channels).
        numbers: of the images of every example, (members, batch, 1 or 2).
        draws: (members, batch, 3) as ``Augmentation.draws`` gives them, the same for both images
            of an example; None takes images as they are.
        border: pixels around every image.

    Returns:
        (members, batch, height, width, channels or twice as many).

    """
    height, width = images.shape[1] - 2 * border, images.shape[2] - 2 * border
    if draws is None:
        inner = images[:, border : border + height, border : border + width]
        return _side_by_side(inner[numbers])
    rows = draws[..., 0, None] + torch.arange(height, device=images.device)
    across = torch.arange(width, device=images.device)
    columns = draws[..., 1, None] + torch.where(draws[..., 2, None] > 0, width - 1 - across, across)
    place = numbers[..., None, None]  # (members, batch, images, height, width)
    return _side_by_side(images[place, rows[:, :, None, :, None], columns[:, :, None, None, :]])


def _side_by_side(images: Tensor) -> Tensor:
    """Return (members, batch, images, …, channels) with the images of an example as channels."""
    if images.shape[2] == 1:
        return images.squeeze(2)
    return torch.cat(images.unbind(2), dim=-1)
