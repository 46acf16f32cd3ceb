"""How PyTorch traces the native operators, maps them over members and differentiates them.

Importing this imports PyTorch's compiler.
"""

from typing import Any

import torch
from torch import Tensor

from biasinit.networks.native import (
    OPERATORS,
    Tensors5,
    Tensors6,
    gradient_shapes,
    layer_shapes,
    pool_shapes,
)
from biasinit.networks.operations import Normalisation

_layer = torch.ops.biasinit.hidden_layer.default
_layer_back = torch.ops.biasinit.hidden_layer_gradient.default
_pool = torch.ops.biasinit.rectified_pool.default
_pool_back = torch.ops.biasinit.rectified_pool_gradient.default


# Shapes of results, for tracing without numbers.
@torch.library.register_fake("biasinit::hidden_layer", lib=OPERATORS)
def _(
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
    return layer_shapes(images, weight, learns=learns, stride=stride, pooled=pooled)


@torch.library.register_fake("biasinit::hidden_layer_gradient", lib=OPERATORS)
def _(
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
    return gradient_shapes(
        images,
        weight,
        normalised=scale is not None,
        stride=stride,
        of_images=of_images,
        of_beside=of_beside,
    )


@torch.library.register_fake("biasinit::rectified_pool", lib=OPERATORS)
def _(preactivation: Tensor) -> tuple[Tensor, Tensor]:
    return pool_shapes(preactivation)


@torch.library.register_fake("biasinit::rectified_pool_gradient", lib=OPERATORS)
def _(gradient: Tensor, which: Tensor, height: int, width: int) -> Tensor:
    return gradient.new_empty(*gradient.shape[:-3], height, width, gradient.shape[-1])


# Batching rules: all members in one call.
def _stacked(info: Any, tensors: tuple[Any, ...], axes: tuple[int | None, ...]) -> list[Any]:  # noqa: ANN401
    """Return arguments with the axis of members in front; numbers stay as they are."""
    result = []
    for tensor, axis in zip(tensors, axes, strict=True):
        if not isinstance(tensor, Tensor):
            result.append(tensor)
        elif axis is None:
            result.append(tensor.expand(info.batch_size, *tensor.shape))
        else:
            result.append(tensor.movedim(axis, 0))
    return result


def _first(tensors: tuple[Tensor, ...]) -> tuple[int | None, ...]:
    """Return where the axis of members is: in front, and nowhere in what is empty."""
    return tuple(0 if tensor.ndim > 1 else None for tensor in tensors)


@torch.library.register_vmap("biasinit::hidden_layer", lib=OPERATORS)
def _(info: Any, axes: tuple[int | None, ...], *given: Any) -> tuple[Any, tuple[int | None, ...]]:  # noqa: ANN401
    found = _layer(*_stacked(info, given, axes))
    return found, _first(found)


@torch.library.register_vmap("biasinit::hidden_layer_gradient", lib=OPERATORS)
def _(info: Any, axes: tuple[int | None, ...], *given: Any) -> tuple[Any, tuple[int | None, ...]]:  # noqa: ANN401
    found = _layer_back(*_stacked(info, given, axes))
    return found, _first(found)


@torch.library.register_vmap("biasinit::rectified_pool", lib=OPERATORS)
def _(info: Any, axes: tuple[int | None, ...], *given: Any) -> tuple[Any, tuple[int, int]]:  # noqa: ANN401
    return _pool(*_stacked(info, given, axes)), (0, 0)


@torch.library.register_vmap("biasinit::rectified_pool_gradient", lib=OPERATORS)
def _(info: Any, axes: tuple[int | None, ...], *given: Any) -> tuple[Tensor, int]:  # noqa: ANN401
    return _pool_back(*_stacked(info, given, axes)), 0


class _HiddenLayer(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(
        images: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        scale: Tensor | None,
        shift: Tensor | None,
        mean: Tensor | None,
        variance: Tensor | None,
        beside: Tensor | None,
        *settings: float,
    ) -> Tensors5:
        found: Tensors5 = _layer(
            images, weight, bias, scale, shift, mean, variance, beside, *settings
        )
        return found

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensors5) -> None:  # noqa: ANN401
        images, weight, bias, scale, shift, mean, _, beside, *settings = inputs
        result, normalised, own_mean, own_variance, which = output
        ctx.settings = settings[:-1]
        ctx.has = bias is not None, scale is not None, shift is not None, beside is not None
        ctx.evaluates = mean is not None
        ctx.mark_non_differentiable(normalised, own_mean, own_variance, which)
        ctx.save_for_backward(
            images, weight, result, scale, normalised, own_mean, own_variance, which
        )

    @staticmethod
    def backward(ctx: Any, gradient: Tensor, *_: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401
        if ctx.evaluates:
            raise NotImplementedError("Given statistics are for evaluation: they have no gradient.")
        images, weight, result, scale, normalised, mean, variance, which = ctx.saved_tensors
        has_bias, has_scale, has_shift, has_beside = ctx.has
        of_images = bool(ctx.needs_input_grad[0])
        found = _layer_back(
            gradient, images, weight, result, scale, normalised, mean, variance, which,
            *ctx.settings, of_images, has_beside,
        )  # fmt: skip
        wanted = (of_images, True, has_bias, has_scale, has_shift)
        first = [one if asked else None for one, asked in zip(found, wanted, strict=False)]
        return *first, None, None, found[5] if has_beside else None, *[None] * 5


class _RectifiedPool(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(preactivation: Tensor) -> tuple[Tensor, Tensor]:
        result: tuple[Tensor, Tensor] = _pool(preactivation)
        return result

    @staticmethod
    def setup_context(
        ctx: Any,  # noqa: ANN401
        inputs: tuple[Tensor],
        output: tuple[Tensor, Tensor],
    ) -> None:
        ctx.mark_non_differentiable(output[1])
        ctx.save_for_backward(output[1])
        ctx.size = inputs[0].shape[-3:-1]

    @staticmethod
    def backward(ctx: Any, gradient: Tensor, _: Tensor) -> Tensor:  # noqa: ANN401
        (which,) = ctx.saved_tensors
        result: Tensor = _pool_back(gradient, which, *ctx.size)
        return result


def hidden_layer(
    images: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    normalisation: Normalisation | None,
    beside: Tensor | None,
    *,
    kernel: int,
    stride: int,
    rectified: bool,
    pooled: bool,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return what a layer makes of images, and the batch's mean and variance (empty without)."""
    norm = normalisation or Normalisation()
    found: Tensors5 = _HiddenLayer.apply(
        images, weight, bias, norm.scale, norm.shift, norm.mean, norm.variance, beside,
        norm.epsilon, kernel, stride, rectified, pooled,
    )  # fmt: skip
    return found[0], found[2], found[3]


def rectified_pool(preactivation: Tensor) -> Tensor:
    """Return the ReLU of 2×2 maxima."""
    result: Tensor = _RectifiedPool.apply(preactivation)[0]
    return result
