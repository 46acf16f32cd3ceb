"""The two operations that decide the speed of a convolutional network, in three forms.

Every form computes the same mathematics for one member, in channels-last layout:

* *convolution* of odd kernel size k, stride s, zero padding ("same" at stride 1):
  y[b, h, w, o] = bias[o] + Σ_{i, j, c} x[b, s·h + i − k//2, s·w + j − k//2, c] · W[(i, j, c), o];
* *rectified pooling*: max(0, maximum over 2×2), the ReLU of a max-pool. Max and ReLU commute;
  pooling first leaves ReLU a quarter of the work.

``STRIDED`` is one matrix product over patches, differentiated by PyTorch: the fastest of those
without a compiler on a CPU. Stock ``Conv2d`` becomes a grouped convolution under ``vmap``,
whose results depend on how many members run side by side; the matrix product gives the same
bits for every width (measured on AMD and Intel processors), and is 2-3 times as fast at these
sizes. ``GATHERED`` differentiates by gathering too, so that no gradient is scattered: on a GPU
scattering adds in an order that changes from run to run. The third form, of compiled kernels,
is in ``native.py``; it also has whole hidden layers in one.

Weights and biases come in the precision of the parameters, and are rounded to that of the images.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn import functional

from biasinit.specs.networks.layout import strided


class Convolve(Protocol):
    """A convolution."""

    def __call__(
        self, images: Tensor, weight: Tensor, bias: Tensor | None, kernel: int, stride: int = 1
    ) -> Tensor:
        """Return (batch, ⌈height / stride⌉, ⌈width / stride⌉, channels).

        Args:
            images: (batch, height, width, inputs).
            weight: (kernel·kernel·inputs, channels).
            bias: (channels,), or None.
            kernel: odd kernel size.
            stride: pixels from one patch to the next.

        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Normalisation:
    """Batch normalisation of channels, (channels,) each: by the batch, unless statistics are given.

    Without a scale it is none.
    """

    scale: Tensor | None = None
    shift: Tensor | None = None
    mean: Tensor | None = None
    variance: Tensor | None = None
    epsilon: float = 0.0


class HiddenLayerInOne(Protocol):
    """A convolution, its normalisation, what is added, ReLU and maximum."""

    def __call__(
        self,
        images: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        normalisation: Normalisation,
        beside: Tensor | None,
        *,
        kernel: int,
        stride: int,
        pooled: bool,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the rectified sum, pooled if asked, and the batch's mean and variance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """One form of the operations.

    Attributes:
        name: what the form is called.
        convolution: as of ``Convolve``.
        product: of values (rows, inputs) and a weight (inputs, units), (rows, units).
        rectified_pool: (batch, height, width, channels) to half the height and width.
        hidden_layer: a whole layer in one, where the form has it.

    """

    name: str
    convolution: Convolve
    product: Callable[[Tensor, Tensor], Tensor]
    rectified_pool: Callable[[Tensor], Tensor]
    hidden_layer: HiddenLayerInOne | None = None


def patches(images: Tensor, kernel: int, stride: int = 1) -> Tensor:
    """Return the patch around every pixel, (batch·rows·columns, kernel·kernel·inputs); one copy.

    Rows of a patch are ordered by row, column and input channel of the kernel. Of a stride, every
    so many-th pixel down and across has one.
    """
    batch, height, width, inputs = images.shape
    margin = kernel // 2
    padded = functional.pad(images, (0, 0, margin, margin, margin, margin))
    across_batch, down, right, across = padded.stride()
    rows, columns = strided(height, stride), strided(width, stride)
    windows = padded.as_strided(
        (batch, rows, columns, kernel, kernel, inputs),
        (across_batch, stride * down, stride * right, down, right, across),
    )
    return windows.reshape(batch * rows * columns, kernel * kernel * inputs)


def product(values: Tensor, weight: Tensor) -> Tensor:
    """Return the matrix product of values (rows, inputs) and a weight (inputs, units), rounded.

    A single unit or input gets a second one of zeros: PyTorch multiplies by one column or row with
    routines whose rounding depends on how many members run side by side (measured), by several
    with one whose rounding does not.
    """
    inputs, units = weight.shape
    weight = weight.to(values.dtype)
    if inputs == 1:
        values, weight = functional.pad(values, (0, 1)), functional.pad(weight, (0, 0, 0, 1))
    if units == 1:
        return values.matmul(functional.pad(weight, (0, 1)))[..., :1]
    return values.matmul(weight)


def _strided_convolution(
    images: Tensor, weight: Tensor, bias: Tensor | None, kernel: int, stride: int = 1
) -> Tensor:
    batch, height, width, _ = images.shape
    found = product(patches(images, kernel, stride), weight)
    result = found.reshape(batch, strided(height, stride), strided(width, stride), -1)
    return result if bias is None else result + bias.to(images.dtype)


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
    def forward(images: Tensor, weight: Tensor, kernel: int, stride: int) -> Tensor:
        batch, height, width, _ = images.shape
        found = patches(images, kernel, stride).matmul(weight)
        return found.reshape(batch, strided(height, stride), strided(width, stride), -1)

    @staticmethod
    def setup_context(
        ctx: Any,  # noqa: ANN401
        inputs: tuple[Tensor, Tensor, int, int],
        output: Tensor,
    ) -> None:
        images, weight, ctx.kernel, ctx.stride = inputs
        ctx.save_for_backward(images, weight)

    @staticmethod
    def backward(
        ctx: Any,  # noqa: ANN401
        gradient: Tensor,
    ) -> tuple[Tensor | None, Tensor, None, None]:
        images, weight = ctx.saved_tensors
        columns = patches(images, ctx.kernel, ctx.stride)
        of_weight = columns.mT.matmul(gradient.reshape(len(columns), -1))
        if not ctx.needs_input_grad[0]:
            return None, of_weight, None, None
        turned = reversed_weight(weight, ctx.kernel)
        apart = _apart(gradient, images, ctx.stride)
        of_images = patches(apart, ctx.kernel).matmul(turned).reshape(images.shape)
        return of_images, of_weight, None, None


def _apart(gradient: Tensor, images: Tensor, stride: int) -> Tensor:
    """Return a gradient in the size of the images, with zeros where the stride left pixels out."""
    if stride == 1:
        return gradient
    batch, rows, columns, channels = gradient.shape
    spread = gradient[:, :, None, :, None]
    filled = functional.pad(spread, (0, 0, 0, stride - 1, 0, 0, 0, stride - 1))
    whole = filled.reshape(batch, rows * stride, columns * stride, channels)
    beyond = rows * stride - images.shape[1], columns * stride - images.shape[2]
    return functional.pad(whole, (0, 0, 0, -beyond[1], 0, -beyond[0]))


def _gathered_convolution(
    images: Tensor, weight: Tensor, bias: Tensor | None, kernel: int, stride: int = 1
) -> Tensor:
    result: Tensor = _GatheredConvolution.apply(images, weight.to(images.dtype), kernel, stride)
    return result if bias is None else result + bias.to(images.dtype)


def _rectified_pool(preactivation: Tensor) -> Tensor:
    """Return the ReLU of 2×2 maxima; a gradient goes to the first of equal maxima.

    The permutation makes PyTorch's channels-last kernel run, the fastest of five variants
    tried.
    """
    channels_first = preactivation.permute(0, 3, 1, 2)
    return functional.relu(functional.max_pool2d(channels_first, 2).permute(0, 2, 3, 1))


STRIDED = Operations(
    name="strided",
    convolution=_strided_convolution,
    product=product,
    rectified_pool=_rectified_pool,
)
GATHERED = Operations(
    name="gathered",
    convolution=_gathered_convolution,
    product=product,
    rectified_pool=_rectified_pool,
)
