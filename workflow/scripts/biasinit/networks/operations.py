"""The two operations that decide the speed of a convolutional network, in three forms.

Every form computes the same mathematics for one member, in channels-last layout:

* *convolution* of odd kernel size k, stride 1, zero padding ("same"):
  y[b, h, w, o] = bias[o] + Σ_{i, j, c} x[b, h + i − k//2, w + j − k//2, c] · W[(i, j, c), o];
* *rectified pooling*: max(0, maximum over 2×2), the ReLU of a max-pool. Max and ReLU commute;
  pooling first leaves ReLU a quarter of the work.

``STRIDED`` is one matrix product over patches, differentiated by PyTorch: the fastest of those
without a compiler on a CPU. Stock ``Conv2d`` becomes a grouped convolution under ``vmap``,
whose results depend on how many members run side by side; the matrix product gives the same
bits for every width (measured on AMD and Intel processors), and is 2-3 times as fast at these
sizes. ``GATHERED`` differentiates by gathering too, so that no gradient is scattered: on a GPU
scattering adds in an order that changes from run to run. The third form, of compiled kernels,
is in ``native.py``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """One form of the operations.

    Attributes:
        name: what the form is called.
        convolution: (images (batch, height, width, inputs), weight (k·k·inputs, channels),
            bias (channels,) or None, k) to (batch, height, width, channels).
        rectified_pool: (batch, height, width, channels) to half the height and width.
        pooled_convolution: the second of the first, where nothing needs what is between.

    """

    name: str
    convolution: Callable[[Tensor, Tensor, Tensor | None, int], Tensor]
    rectified_pool: Callable[[Tensor], Tensor]
    pooled_convolution: Callable[[Tensor, Tensor, Tensor | None, int], Tensor]


def patches(images: Tensor, kernel: int) -> Tensor:
    """Return the patch around every pixel, (batch·height·width, kernel·kernel·inputs).

    Rows of a patch are ordered by row, column and input channel of the kernel; one copy.
    """
    batch, height, width, inputs = images.shape
    margin = kernel // 2
    padded = functional.pad(images, (0, 0, margin, margin, margin, margin))
    across_batch, down, right, across = padded.stride()
    windows = padded.as_strided(
        (batch, height, width, kernel, kernel, inputs),
        (across_batch, down, right, down, right, across),
    )
    return windows.reshape(batch * height * width, kernel * kernel * inputs)


def product(values: Tensor, weight: Tensor) -> Tensor:
    """Return the matrix product of values (rows, inputs) and a weight (inputs, units).

    A single unit or input gets a second one of zeros: PyTorch multiplies by one column or row with
    routines whose rounding depends on how many members run side by side (measured), by several
    with one whose rounding does not.
    """
    inputs, units = weight.shape
    if inputs == 1:
        values, weight = functional.pad(values, (0, 1)), functional.pad(weight, (0, 0, 0, 1))
    if units == 1:
        return values.matmul(functional.pad(weight, (0, 1)))[..., :1]
    return values.matmul(weight)


def _strided_convolution(
    images: Tensor, weight: Tensor, bias: Tensor | None, kernel: int
) -> Tensor:
    batch, height, width, _ = images.shape
    result = product(patches(images, kernel), weight).reshape(batch, height, width, -1)
    return result if bias is None else result + bias


def reversed_weight(weight: Tensor, kernel: int) -> Tensor:
    """Return the weight of the convolution that takes output gradients to input gradients.

    Args:
        weight: (kernel·kernel·inputs, channels).
        kernel: odd kernel size.

    Returns:
        (kernel·kernel·channels, inputs): the kernel turned by half a turn, its sides swapped.

    """
    by_place = weight.reshape(kernel * kernel, -1, weight.shape[-1])
    return by_place.flip(0).transpose(1, 2).reshape(-1, by_place.shape[1])


class _GatheredConvolution(torch.autograd.Function):
    """A convolution whose gradients are matrix products over patches too."""

    generate_vmap_rule = True

    @staticmethod
    def forward(images: Tensor, weight: Tensor, kernel: int) -> Tensor:
        batch, height, width, _ = images.shape
        return patches(images, kernel).matmul(weight).reshape(batch, height, width, -1)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor, int], output: Tensor) -> None:  # noqa: ANN401
        images, weight, ctx.kernel = inputs
        ctx.save_for_backward(images, weight)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor, None]:  # noqa: ANN401
        images, weight = ctx.saved_tensors
        columns = patches(images, ctx.kernel)
        of_weight = columns.mT.matmul(gradient.reshape(len(columns), -1))
        if not ctx.needs_input_grad[0]:
            return None, of_weight, None
        turned = reversed_weight(weight, ctx.kernel)
        of_images = patches(gradient, ctx.kernel).matmul(turned).reshape(images.shape)
        return of_images, of_weight, None


def _gathered_convolution(
    images: Tensor, weight: Tensor, bias: Tensor | None, kernel: int
) -> Tensor:
    result: Tensor = _GatheredConvolution.apply(images, weight, kernel)
    return result if bias is None else result + bias


def _rectified_pool(preactivation: Tensor) -> Tensor:
    """Return the ReLU of 2×2 maxima; a gradient goes to the first of equal maxima.

    The permutation makes PyTorch's channels-last kernel run, the fastest of five variants
    tried.
    """
    channels_first = preactivation.permute(0, 3, 1, 2)
    return functional.relu(functional.max_pool2d(channels_first, 2).permute(0, 2, 3, 1))


def _one_after_the_other(
    convolution: Callable[[Tensor, Tensor, Tensor | None, int], Tensor],
) -> Callable[[Tensor, Tensor, Tensor | None, int], Tensor]:
    def both(images: Tensor, weight: Tensor, bias: Tensor | None, kernel: int) -> Tensor:
        return _rectified_pool(convolution(images, weight, bias, kernel))

    return both


STRIDED = Operations(
    name="strided",
    convolution=_strided_convolution,
    rectified_pool=_rectified_pool,
    pooled_convolution=_one_after_the_other(_strided_convolution),
)
GATHERED = Operations(
    name="gathered",
    convolution=_gathered_convolution,
    rectified_pool=_rectified_pool,
    pooled_convolution=_one_after_the_other(_gathered_convolution),
)
