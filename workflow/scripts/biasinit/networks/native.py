"""The operations as native kernels, registered as operators of PyTorch.

A batching rule hands them the stacked members of one step at once, under ``vmap``; each member
is computed by itself, so that its bits depend neither on its slot nor on the number of members.
"""

import math
from typing import Any

import torch
from torch import Tensor

from biasinit.networks.native_library import call
from biasinit.networks.operations import Operations

PRECISIONS = (torch.float32, torch.float64)

_Tensors3 = tuple[Tensor, Tensor, Tensor]


def _members(images: Tensor) -> tuple[Tensor, int]:
    """Return dense images and the distance between members, 0 where all share them."""
    if images.stride(0) == 0:
        return images[0].contiguous(), 0
    dense = images.contiguous()
    return dense, dense.stride(0)


# Tensors of the operators have a leading axis of members, or none (one member).
_OPERATORS = torch.library.Library("biasinit", "FRAGMENT")
_OPERATORS.define("convolution(Tensor images, Tensor weight, Tensor? bias, int kernel) -> Tensor")
_OPERATORS.define(
    "convolution_gradient(Tensor images, Tensor weight, Tensor gradient, int kernel, "
    "bool of_images) -> (Tensor, Tensor, Tensor)"
)
_OPERATORS.define(
    "pooled_convolution(Tensor images, Tensor weight, Tensor? bias, int kernel) -> (Tensor, Tensor)"
)
_OPERATORS.define(
    "pooled_convolution_gradient(Tensor images, Tensor weight, Tensor gradient, Tensor which, "
    "int kernel, bool of_images) -> (Tensor, Tensor, Tensor)"
)
_OPERATORS.define("rectified_pool(Tensor preactivation) -> (Tensor, Tensor)")
_OPERATORS.define(
    "rectified_pool_gradient(Tensor gradient, Tensor which, int height, int width) -> Tensor"
)


def _convolution_shape(images: Tensor, weight: Tensor) -> Tensor:
    return images.new_empty(*images.shape[:-1], weight.shape[-1])


def _pool_shapes(preactivation: Tensor) -> tuple[Tensor, Tensor]:
    *leading, height, width, channels = preactivation.shape
    result = preactivation.new_empty(*leading, height // 2, width // 2, channels)
    return result, torch.empty_like(result, dtype=torch.uint8)


def _gradient_shapes(images: Tensor, weight: Tensor, of_images: bool) -> _Tensors3:
    of_bias = weight.new_empty(*weight.shape[:-2], weight.shape[-1])
    return (
        images.new_empty(images.shape if of_images else 0),
        weight.new_empty(weight.shape),
        of_bias,
    )


def _convolution(images: Tensor, weight: Tensor, bias: Tensor | None, kernel: int) -> Tensor:
    result = _convolution_shape(images, weight)
    _convolve_into(result, None, images, weight, bias, kernel)
    return result


def _pooled_convolution(
    images: Tensor, weight: Tensor, bias: Tensor | None, kernel: int
) -> tuple[Tensor, Tensor]:
    *leading, height, width, _ = images.shape
    result = images.new_empty(*leading, height // 2, width // 2, weight.shape[-1])
    which = torch.empty_like(result, dtype=torch.uint8)
    _convolve_into(result, which, images, weight, bias, kernel)
    return result, which


def _convolve_into(
    result: Tensor,
    which: Tensor | None,
    images: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    kernel: int,
) -> None:
    if images.ndim == 4:
        images, weight = images[None], weight[None]
        bias = None if bias is None else bias[None]
    members, batch, height, width, inputs = images.shape
    dense, stride = _members(images)
    call(
        "convolution", images.dtype, dense, stride, weight.contiguous(),
        None if bias is None else bias.contiguous(), result, which,
        members, batch, height, width, inputs, weight.shape[-1], kernel,
    )  # fmt: skip


def _convolution_gradient(
    images: Tensor, weight: Tensor, gradient: Tensor, kernel: int, of_images: bool
) -> _Tensors3:
    return _gradients(images, weight, gradient, None, kernel, of_images)


def _gradients(
    images: Tensor,
    weight: Tensor,
    gradient: Tensor,
    which: Tensor | None,
    kernel: int,
    of_images: bool,
) -> _Tensors3:
    results = _gradient_shapes(images, weight, of_images)
    if images.ndim == 4:
        images, weight = images[None], weight[None]
    members, batch, height, width, inputs = images.shape
    dense, stride = _members(images)
    call(
        "convolution_gradient", images.dtype, dense, stride, weight.contiguous(),
        gradient.contiguous(), None if which is None else which.contiguous(),
        results[0] if of_images else None, *results[1:],
        members, batch, height, width, inputs, weight.shape[-1], kernel,
    )  # fmt: skip
    return results


def _rectified_pool(preactivation: Tensor) -> tuple[Tensor, Tensor]:
    *leading, height, width, channels = preactivation.shape
    preactivation = preactivation.contiguous()
    result, which = _pool_shapes(preactivation)
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


_OPERATORS.impl("convolution", _convolution, "CPU")
_OPERATORS.impl("convolution_gradient", _convolution_gradient, "CPU")
_OPERATORS.impl("pooled_convolution", _pooled_convolution, "CPU")
_OPERATORS.impl("pooled_convolution_gradient", _gradients, "CPU")
_OPERATORS.impl("rectified_pool", _rectified_pool, "CPU")
_OPERATORS.impl("rectified_pool_gradient", _rectified_pool_gradient, "CPU")

_convolve = torch.ops.biasinit.convolution.default
_convolve_back = torch.ops.biasinit.convolution_gradient.default
_convolve_and_pool = torch.ops.biasinit.pooled_convolution.default
_convolve_and_pool_back = torch.ops.biasinit.pooled_convolution_gradient.default
_pool = torch.ops.biasinit.rectified_pool.default
_pool_back = torch.ops.biasinit.rectified_pool_gradient.default


# Shapes of results, for tracing without numbers.
@torch.library.register_fake("biasinit::convolution", lib=_OPERATORS)
def _(images: Tensor, weight: Tensor, bias: Tensor | None, kernel: int) -> Tensor:
    return _convolution_shape(images, weight)


@torch.library.register_fake("biasinit::convolution_gradient", lib=_OPERATORS)
def _(images: Tensor, weight: Tensor, gradient: Tensor, kernel: int, of_images: bool) -> _Tensors3:
    return _gradient_shapes(images, weight, of_images)


@torch.library.register_fake("biasinit::pooled_convolution", lib=_OPERATORS)
def _(images: Tensor, weight: Tensor, bias: Tensor | None, kernel: int) -> tuple[Tensor, Tensor]:
    return _pool_shapes(_convolution_shape(images, weight))


@torch.library.register_fake("biasinit::pooled_convolution_gradient", lib=_OPERATORS)
def _(
    images: Tensor,
    weight: Tensor,
    gradient: Tensor,
    which: Tensor,
    kernel: int,
    of_images: bool,
) -> _Tensors3:
    return _gradient_shapes(images, weight, of_images)


@torch.library.register_fake("biasinit::rectified_pool", lib=_OPERATORS)
def _(preactivation: Tensor) -> tuple[Tensor, Tensor]:
    return _pool_shapes(preactivation)


@torch.library.register_fake("biasinit::rectified_pool_gradient", lib=_OPERATORS)
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


@torch.library.register_vmap("biasinit::convolution", lib=_OPERATORS)
def _(info: Any, axes: tuple[int | None, ...], *given: Any) -> tuple[Tensor, int]:  # noqa: ANN401
    return _convolve(*_stacked(info, given, axes)), 0


@torch.library.register_vmap("biasinit::pooled_convolution", lib=_OPERATORS)
def _(info: Any, axes: tuple[int | None, ...], *given: Any) -> tuple[Any, tuple[int, int]]:  # noqa: ANN401
    return _convolve_and_pool(*_stacked(info, given, axes)), (0, 0)


@torch.library.register_vmap("biasinit::convolution_gradient", lib=_OPERATORS)
def _(info: Any, axes: tuple[int | None, ...], *given: Any) -> tuple[Any, tuple[int | None, ...]]:  # noqa: ANN401
    return _convolve_back(*_stacked(info, given, axes)), (0 if given[-1] else None, 0, 0)


@torch.library.register_vmap("biasinit::pooled_convolution_gradient", lib=_OPERATORS)
def _(info: Any, axes: tuple[int | None, ...], *given: Any) -> tuple[Any, tuple[int | None, ...]]:  # noqa: ANN401
    return _convolve_and_pool_back(*_stacked(info, given, axes)), (0 if given[-1] else None, 0, 0)


@torch.library.register_vmap("biasinit::rectified_pool", lib=_OPERATORS)
def _(info: Any, axes: tuple[int | None, ...], *given: Any) -> tuple[Any, tuple[int, int]]:  # noqa: ANN401
    return _pool(*_stacked(info, given, axes)), (0, 0)


@torch.library.register_vmap("biasinit::rectified_pool_gradient", lib=_OPERATORS)
def _(info: Any, axes: tuple[int | None, ...], *given: Any) -> tuple[Tensor, int]:  # noqa: ANN401
    return _pool_back(*_stacked(info, given, axes)), 0


class _Convolution(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(images: Tensor, weight: Tensor, bias: Tensor | None, kernel: int) -> Tensor:
        result: Tensor = _convolve(images, weight, bias, kernel)
        return result

    @staticmethod
    def setup_context(
        ctx: Any,  # noqa: ANN401
        inputs: tuple[Tensor, Tensor, Tensor | None, int],
        output: Tensor,
    ) -> None:
        images, weight, bias, ctx.kernel = inputs
        ctx.has_bias = bias is not None
        ctx.save_for_backward(images, weight)

    @staticmethod
    def backward(
        ctx: Any,  # noqa: ANN401
        gradient: Tensor,
    ) -> tuple[Tensor | None, Tensor, Tensor | None, None]:
        images, weight = ctx.saved_tensors
        wanted = bool(ctx.needs_input_grad[0])
        of_images, of_weight, of_bias = _convolve_back(images, weight, gradient, ctx.kernel, wanted)
        return of_images if wanted else None, of_weight, of_bias if ctx.has_bias else None, None


class _PooledConvolution(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(
        images: Tensor, weight: Tensor, bias: Tensor | None, kernel: int
    ) -> tuple[Tensor, Tensor]:
        result: tuple[Tensor, Tensor] = _convolve_and_pool(images, weight, bias, kernel)
        return result

    @staticmethod
    def setup_context(
        ctx: Any,  # noqa: ANN401
        inputs: tuple[Tensor, Tensor, Tensor | None, int],
        output: tuple[Tensor, Tensor],
    ) -> None:
        images, weight, bias, ctx.kernel = inputs
        ctx.has_bias = bias is not None
        ctx.mark_non_differentiable(output[1])
        ctx.save_for_backward(images, weight, output[1])

    @staticmethod
    def backward(
        ctx: Any,  # noqa: ANN401
        gradient: Tensor,
        _: Tensor,
    ) -> tuple[Tensor | None, Tensor, Tensor | None, None]:
        images, weight, which = ctx.saved_tensors
        wanted = bool(ctx.needs_input_grad[0])
        of_images, of_weight, of_bias = _convolve_and_pool_back(
            images, weight, gradient, which, ctx.kernel, wanted
        )
        return of_images if wanted else None, of_weight, of_bias if ctx.has_bias else None, None


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


def _native_convolution(images: Tensor, weight: Tensor, bias: Tensor | None, kernel: int) -> Tensor:
    result: Tensor = _Convolution.apply(images, weight, bias, kernel)
    return result


def _native_rectified_pool(preactivation: Tensor) -> Tensor:
    result: Tensor = _RectifiedPool.apply(preactivation)[0]
    return result


def _native_pooled_convolution(
    images: Tensor, weight: Tensor, bias: Tensor | None, kernel: int
) -> Tensor:
    result: Tensor = _PooledConvolution.apply(images, weight, bias, kernel)[0]
    return result


NATIVE = Operations(
    name="native",
    convolution=_native_convolution,
    rectified_pool=_native_rectified_pool,
    pooled_convolution=_native_pooled_convolution,
)
