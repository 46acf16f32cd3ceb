"""Hidden layers as native kernels: how PyTorch traces, batches and differentiates their operators.

A batching rule hands an operator the stacked members of one step at once, under ``vmap``.
"""

from functools import partial
from typing import Any

import torch
from torch import Tensor

from biasinit.networks.native_operators import IMPLEMENTATIONS, OPERATORS, Tensors5
from biasinit.networks.operations import Normalisation, Operations

_layer = torch.ops.biasinit.hidden_layer.default
_layer_back = torch.ops.biasinit.hidden_layer_gradient.default
_pool = torch.ops.biasinit.rectified_pool.default
_pool_back = torch.ops.biasinit.rectified_pool_gradient.default

for implementation in IMPLEMENTATIONS:
    torch.library.register_fake(
        f"biasinit::{implementation.__name__}", partial(implementation, computed=False),
        lib=OPERATORS,
    )  # fmt: skip


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


def _layer_of(
    images: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    norm: Normalisation,
    beside: Tensor | None,
    *settings: int,
) -> Tensors5:
    """Return what the operator does, differentiable."""
    found: Tensors5 = _HiddenLayer.apply(
        images, weight, bias, norm.scale, norm.shift, norm.mean, norm.variance, beside,
        norm.epsilon, *settings,
    )  # fmt: skip
    return found


def _convolution(
    images: Tensor, weight: Tensor, bias: Tensor | None, kernel: int, stride: int = 1
) -> Tensor:
    return _layer_of(images, weight, bias, Normalisation(), None, kernel, stride, False, False)[0]


def _product(values: Tensor, weight: Tensor) -> Tensor:
    """Return a matrix product: a convolution of one pixel, of one image that is a line of rows."""
    return _convolution(values[None, None], weight, None, 1)[0, 0]


def _rectified_pool(preactivation: Tensor) -> Tensor:
    result: Tensor = _RectifiedPool.apply(preactivation)[0]
    return result


def _hidden_layer(
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
    result, _, mean, variance, _ = _layer_of(
        images, weight, bias, normalisation, beside, kernel, stride, True, pooled
    )
    return result, mean, variance


NATIVE = Operations(
    name="native",
    convolution=_convolution,
    product=_product,
    rectified_pool=_rectified_pool,
    hidden_layer=_hidden_layer,
)
