"""Hidden layers as native kernels, registered as operators of PyTorch.

The operators take the stacked members of a step at once, or one member; each member is computed by
itself, so that its bits depend neither on its slot nor on the number of members. What PyTorch needs
to trace and differentiate them is in ``native_tracing``, which is imported when something is
traced: that imports PyTorch's compiler, which takes a second.
"""

import math

import torch
from torch import Tensor

from biasinit.networks.native_library import call
from biasinit.networks.operations import Normalisation, Operations
from biasinit.specs.networks.layout import strided

Tensors5 = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]
Tensors6 = tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]

# Tensors of the operators have a leading axis of members, or none (one member). What an operator
# has no use for is None where it is given, and empty where it is returned.
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


def pool_shapes(preactivation: Tensor) -> tuple[Tensor, Tensor]:
    """Return room for 2×2 maxima and their places."""
    *leading, height, width, channels = preactivation.shape
    result = preactivation.new_empty(*leading, height // 2, width // 2, channels)
    return result, torch.empty_like(result, dtype=torch.uint8)


def layer_shapes(
    images: Tensor, weight: Tensor, *, learns: bool, stride: int, pooled: bool
) -> Tensors5:
    """Return room for what a layer returns.

    Returns:
        result; where the layer learns statistics, what is normalised, its mean and its variance;
        places of maxima.

    """
    *leading, height, width, _ = images.shape
    channels = weight.shape[-1]
    rows, columns = strided(height, stride), strided(width, stride)
    sums = images.new_empty(*leading, rows, columns, channels)
    statistics = weight.new_empty(*weight.shape[:-2], channels) if learns else weight.new_empty(0)
    result, which = pool_shapes(sums)
    return (
        result if pooled else sums,
        torch.empty_like(sums) if learns else sums.new_empty(0),
        statistics,
        torch.empty_like(statistics),
        which if pooled else which.new_empty(0),
    )


def gradient_shapes(
    images: Tensor,
    weight: Tensor,
    *,
    normalised: bool,
    stride: int,
    of_images: bool,
    of_beside: bool,
) -> Tensors6:
    """Return room for gradients of images, weight, bias, scale, shift and what is added."""
    sums = layer_shapes(images, weight, learns=False, stride=stride, pooled=False)[0]
    of_channels = weight.new_empty(*weight.shape[:-2], weight.shape[-1])
    of_norm = of_channels if normalised else weight.new_empty(0)
    return (
        images.new_empty(images.shape if of_images else 0),
        weight.new_empty(weight.shape),
        of_channels,
        torch.empty_like(of_norm),
        torch.empty_like(of_norm),
        sums if of_beside else sums.new_empty(0),
    )


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


def _dense(tensor: Tensor | None) -> Tensor | None:
    return None if tensor is None or tensor.numel() == 0 else tensor.contiguous()


def _hidden_layer(
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
) -> Tensors5:
    learns = scale is not None and mean is None
    found = layer_shapes(images, weight, learns=learns, stride=stride, pooled=pooled)
    dense, member_stride = _members(images)
    given = [_dense(tensor) for tensor in (weight, bias, scale, shift, mean, variance, beside)]
    result, *rest = (_dense(tensor) for tensor in found)
    call(
        "hidden_layer", images.dtype, dense, member_stride, *given, result, *rest,
        *_sizes(images, weight, kernel, stride), int(rectified), int(pooled), epsilon,
    )  # fmt: skip
    return found


def _hidden_layer_gradient(
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
) -> Tensors6:
    found = gradient_shapes(
        images,
        weight,
        normalised=scale is not None,
        stride=stride,
        of_images=of_images,
        of_beside=of_beside,
    )
    dense, member_stride = _members(images)
    given = [
        _dense(tensor)
        for tensor in (weight, gradient, result, normalised, scale, mean, variance, which)
    ]
    call(
        "hidden_layer_gradient", images.dtype, dense, member_stride, *given,
        *(_dense(tensor) for tensor in found), *_sizes(images, weight, kernel, stride),
        int(rectified), epsilon,
    )  # fmt: skip
    return found


def _rectified_pool(preactivation: Tensor) -> tuple[Tensor, Tensor]:
    *leading, height, width, channels = preactivation.shape
    preactivation = preactivation.contiguous()
    result, which = pool_shapes(preactivation)
    call(
        "rectified_pool", result.dtype, preactivation, result, which,
        math.prod(leading), height, width, channels,
    )  # fmt: skip
    return result, which


def _rectified_pool_gradient(gradient: Tensor, which: Tensor, height: int, width: int) -> Tensor:
    *leading, _, _, channels = gradient.shape
    gradient, which = gradient.contiguous(), which.contiguous()
    result = gradient.new_empty(*leading, height, width, channels)
    call(
        "rectified_pool_gradient", result.dtype, gradient, which, result,
        math.prod(leading), height, width, channels,
    )  # fmt: skip
    return result


OPERATORS.impl("hidden_layer", _hidden_layer, "CPU")
OPERATORS.impl("hidden_layer_gradient", _hidden_layer_gradient, "CPU")
OPERATORS.impl("rectified_pool", _rectified_pool, "CPU")
OPERATORS.impl("rectified_pool_gradient", _rectified_pool_gradient, "CPU")


def _convolution(
    images: Tensor, weight: Tensor, bias: Tensor | None, kernel: int, stride: int = 1
) -> Tensor:
    from biasinit.networks.native_tracing import hidden_layer

    return hidden_layer(
        images, weight, bias, None, None, kernel=kernel, stride=stride,
        rectified=False, pooled=False,
    )[0]  # fmt: skip


def _product(values: Tensor, weight: Tensor) -> Tensor:
    """Return a matrix product: a convolution of one pixel, of one image that is a line of rows."""
    return _convolution(values[None, None], weight, None, 1)[0, 0]


def _pool(preactivation: Tensor) -> Tensor:
    from biasinit.networks.native_tracing import rectified_pool

    return rectified_pool(preactivation)


def _whole_layer(
    images: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    normalisation: Normalisation | None,
    beside: Tensor | None,
    *,
    kernel: int,
    stride: int,
    pooled: bool,
) -> tuple[Tensor, Tensor, Tensor]:
    from biasinit.networks.native_tracing import hidden_layer

    return hidden_layer(
        images, weight, bias, normalisation, beside, kernel=kernel, stride=stride,
        rectified=True, pooled=pooled,
    )  # fmt: skip


NATIVE = Operations(
    name="native",
    convolution=_convolution,
    product=_product,
    rectified_pool=_pool,
    hidden_layer=_whole_layer,
)
