"""Hidden layers as operators of PyTorch, computed by the native kernels.

An operator takes the stacked members of a step at once, or one member; each member is computed by
itself, so that its bits depend neither on its slot nor on the number of members. What it has no
use for is None where it is given, and empty where it is returned.
"""

import math

import torch
from torch import Tensor

from biasinit.networks.native_library import call
from biasinit.specs.networks.layout import strided

Tensors5 = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]
Tensors6 = tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]

OPERATORS = torch.library.Library("biasinit", "FRAGMENT")
OPERATORS.define(
    "hidden_layer(Tensor images, Tensor weight, Tensor? bias, Tensor? scale, Tensor? shift, "
    "Tensor? mean, Tensor? variance, Tensor? beside, float epsilon, int kernel, int stride, "
    "bool rectified, bool pooled) -> (Tensor, Tensor, Tensor, Tensor, Tensor)"
)
OPERATORS.define(
    "hidden_layer_gradient(Tensor gradient, Tensor images, Tensor weight, Tensor result, "
    "Tensor? scale, Tensor normalised, Tensor mean, Tensor variance, Tensor which, float epsilon, "
    "int kernel, int stride, bool rectified, bool of_images, bool of_beside) "
    "-> (Tensor, Tensor, Tensor, Tensor, Tensor, Tensor)"
)
OPERATORS.define("rectified_pool(Tensor preactivation) -> (Tensor, Tensor)")
OPERATORS.define(
    "rectified_pool_gradient(Tensor gradient, Tensor which, int height, int width) -> Tensor"
)


# Each returns room for its results; what is in it is computed, unless PyTorch traces and wants to
# know shapes alone.
def hidden_layer(
    images: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    scale: Tensor | None,
    shift: Tensor | None,
    mean: Tensor | None,
    variance: Tensor | None,
    beside: Tensor | None,
    epsilon: float,
    kernel: int,
    stride: int,
    rectified: bool,
    pooled: bool,
    *,
    computed: bool = True,
) -> Tensors5:
    """Return what a hidden layer makes of images.

    Returns:
        result; where the batch's statistics are taken, what is normalised, its mean and its
        variance; where maxima are taken, their places.

    """
    sums = _sums(images, weight, stride)
    learns = scale is not None and mean is None
    statistics = _of_channels(weight) if learns else weight.new_empty(0)
    result, which = _of_maxima(sums)
    found = (
        result if pooled else sums,
        torch.empty_like(sums) if learns else sums.new_empty(0),
        statistics,
        torch.empty_like(statistics),
        which if pooled else which.new_empty(0),
    )
    if computed:
        call(
            "hidden_layer", images.dtype, *_members(images),
            *_dense(weight, bias, scale, shift, mean, variance, beside, *found),
            *_sizes(images, weight, kernel, stride), int(rectified), int(pooled), epsilon,
        )  # fmt: skip
    return found


def hidden_layer_gradient(
    gradient: Tensor,
    images: Tensor,
    weight: Tensor,
    result: Tensor,
    scale: Tensor | None,
    normalised: Tensor,
    mean: Tensor,
    variance: Tensor,
    which: Tensor,
    epsilon: float,
    kernel: int,
    stride: int,
    rectified: bool,
    of_images: bool,
    of_beside: bool,
    *,
    computed: bool = True,
) -> Tensors6:
    """Return gradients of images, weight, bias, scale, shift and what is added."""
    of_bias = _of_channels(weight)
    of_norm = weight.new_empty(0) if scale is None else of_bias
    sums = _sums(images, weight, stride)
    found = (
        images.new_empty(images.shape if of_images else 0),
        weight.new_empty(weight.shape),
        of_bias,
        torch.empty_like(of_norm),
        torch.empty_like(of_norm),
        sums if of_beside else sums.new_empty(0),
    )
    if computed:
        call(
            "hidden_layer_gradient", images.dtype, *_members(images),
            *_dense(weight, gradient, result, normalised, scale, mean, variance, which, *found),
            *_sizes(images, weight, kernel, stride), int(rectified), epsilon,
        )  # fmt: skip
    return found


def rectified_pool(preactivation: Tensor, *, computed: bool = True) -> tuple[Tensor, Tensor]:
    """Return the ReLU of 2×2 maxima, and their places."""
    found = _of_maxima(preactivation)
    if computed:
        *leading, height, width, channels = preactivation.shape
        call(
            "rectified_pool", preactivation.dtype, preactivation.contiguous(), *found,
            math.prod(leading), height, width, channels,
        )  # fmt: skip
    return found


def rectified_pool_gradient(
    gradient: Tensor, which: Tensor, height: int, width: int, *, computed: bool = True
) -> Tensor:
    """Return the gradient of what was pooled."""
    *leading, _, _, channels = gradient.shape
    found = gradient.new_empty(*leading, height, width, channels)
    if computed:
        call(
            "rectified_pool_gradient", gradient.dtype, gradient.contiguous(), which.contiguous(),
            found, math.prod(leading), height, width, channels,
        )  # fmt: skip
    return found


def _sums(images: Tensor, weight: Tensor, stride: int) -> Tensor:
    """Return room for what a convolution returns."""
    *leading, height, width, _ = images.shape
    size = strided(height, stride), strided(width, stride)
    return images.new_empty(*leading, *size, weight.shape[-1])


def _of_channels(weight: Tensor) -> Tensor:
    """Return room for a number for each channel."""
    return weight.new_empty(*weight.shape[:-2], weight.shape[-1])


def _of_maxima(preactivation: Tensor) -> tuple[Tensor, Tensor]:
    """Return room for 2×2 maxima and their places."""
    *leading, height, width, channels = preactivation.shape
    result = preactivation.new_empty(*leading, height // 2, width // 2, channels)
    return result, torch.empty_like(result, dtype=torch.uint8)


def _members(images: Tensor) -> tuple[Tensor, int]:
    """Return dense images and the distance between members, 0 where all share them."""
    if images.ndim == 4:
        images = images[None]
    if images.stride(0) == 0:
        return images[0].contiguous(), 0
    dense = images.contiguous()
    return dense, dense.stride(0)


def _sizes(images: Tensor, weight: Tensor, kernel: int, stride: int) -> tuple[int, ...]:
    members = 1 if images.ndim == 4 else images.shape[0]
    return (members, *images.shape[-4:], weight.shape[-1], kernel, stride)


def _dense(*tensors: Tensor | None) -> list[Tensor | None]:
    """Return tensors as the kernels read them, None for those that are empty or not there."""
    return [
        None if tensor is None or tensor.numel() == 0 else tensor.contiguous() for tensor in tensors
    ]


IMPLEMENTATIONS = (hidden_layer, hidden_layer_gradient, rectified_pool, rectified_pool_gradient)
for implementation in IMPLEMENTATIONS:
    OPERATORS.impl(implementation.__name__, implementation, "CPU")
