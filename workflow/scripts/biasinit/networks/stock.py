"""PyTorch's own layers: in place of ours, and how their weights are kept.

Every network of ours trains with them too, one member after another: it is what a user would
write, and what the fused engines are held against.
"""

import copy

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from biasinit.networks.layers import (
    BATCHNORM_EPSILON,
    BATCHNORM_MOMENTUM,
    BatchNorm,
    Convolution,
    Dense,
    LayeredNetwork,
    with_bias,
)

WEIGHTED = (
    *(nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d),
    *(nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d),
)
TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)


def units_of(layer: nn.Module) -> int:
    """Return the number of units, or channels, of a weighted layer of PyTorch."""
    number = layer.out_features if isinstance(layer, nn.Linear) else layer.out_channels
    return int(number)  # type: ignore[arg-type]


def stock_weight_size(layer: nn.Module) -> tuple[int, int]:
    """Return how many weights go into a unit of a layer of PyTorch, and its units."""
    assert isinstance(layer.weight, Tensor)
    units = units_of(layer)
    return layer.weight.numel() // units, units


def stock_arranged(layer: nn.Module, weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return weights (into a unit, units) in the shape in which a layer of PyTorch keeps them.

    Rows are ordered by place in the kernel, and within a place by input channel, as in our own
    layers: so both start from the same numbers.
    """
    assert isinstance(layer.weight, Tensor)
    shape = tuple(layer.weight.shape)
    if isinstance(layer, nn.Linear):
        return np.ascontiguousarray(weight.T)
    kernel = shape[2:]
    inputs = weight.shape[0] // int(np.prod(kernel))
    by_place = weight.reshape(*kernel, inputs, -1)  # (…kernel, inputs of a group, units)
    places = tuple(range(len(kernel)))
    if not isinstance(layer, TRANSPOSED):
        return np.ascontiguousarray(by_place.transpose(-1, -2, *places))
    groups = int(layer.groups)
    split = by_place.reshape(*kernel, inputs, groups, -1)  # units in the order of their groups
    moved = split.transpose(-2, -3, -1, *places)  # (groups, inputs, units of a group, …kernel)
    return np.ascontiguousarray(moved).reshape(shape)


class _Weighted(nn.Module):
    """What our own weighted layers say of their weights, of PyTorch's."""

    def weight_size(self) -> tuple[int, int]:
        """Return weights into a unit, and units."""
        return stock_weight_size(self)

    def arranged(self, weight: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return a drawn weight as it is kept."""
        return stock_arranged(self, weight)


class StockConvolution(_Weighted, nn.Conv2d):
    """A convolution of PyTorch that takes and returns images with channels last."""

    def __init__(self, layer: Convolution) -> None:
        kernel = layer.kernel
        inputs, channels = layer.weight.shape[0] // kernel**2, layer.weight.shape[1]
        super().__init__(
            inputs, channels, kernel, stride=layer.stride, padding=kernel // 2,
            bias=layer.bias is not None and layer.bias.dim() == 1,
        )  # fmt: skip
        self.register_parameter("bias", _place(self._parameters["bias"], layer.bias))

    def forward(self, images: Tensor) -> Tensor:
        """Return (batch, height / stride, width / stride, channels)."""
        bias = self.bias if self.bias is not None and self.bias.dim() == 1 else None
        found = self._conv_forward(images.permute(0, 3, 1, 2), self.weight, bias)
        result = found.permute(0, 2, 3, 1)
        return result if bias is not None else with_bias(result, self.bias)


class StockDense(_Weighted, nn.Linear):
    """A linear layer of PyTorch."""

    def __init__(self, layer: Dense) -> None:
        inputs, units = layer.weight.shape
        super().__init__(inputs, units, bias=layer.bias is not None and layer.bias.dim() == 1)
        self.register_parameter("bias", _place(self._parameters["bias"], layer.bias))

    def forward(self, features: Tensor) -> Tensor:
        """Return (batch, units)."""
        if self.bias is None or self.bias.dim() == 1:
            return super().forward(features)
        return with_bias(nn.functional.linear(features, self.weight), self.bias)


class StockBatchNorm(nn.BatchNorm2d):
    """Batch normalisation of PyTorch over all axes but the last."""

    def __init__(self, layer: BatchNorm) -> None:
        super().__init__(len(layer.weight), eps=BATCHNORM_EPSILON, momentum=BATCHNORM_MOMENTUM)
        of_channels = layer.bias is not None and layer.bias.dim() == 1
        own = self._parameters["bias"] if of_channels else None
        self.register_parameter("bias", _place(own, layer.bias))

    def _check_input_dim(self, input: Tensor) -> None:
        """Take (batch, channels) too."""

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the normalised inputs, same shape."""
        bias = self._parameters["bias"]
        if bias is None or bias.dim() == 1:
            return _channels_first(super().forward, inputs)
        self._parameters["bias"] = None  # of positions or halves, for which PyTorch has no layer
        try:
            return with_bias(_channels_first(super().forward, inputs), bias)
        finally:
            self._parameters["bias"] = bias


def _channels_first(function: object, inputs: Tensor) -> Tensor:
    """Apply a function of images with channels first to images with channels last, or to rows."""
    assert callable(function)
    if inputs.dim() == 2:
        result: Tensor = function(inputs)
        return result
    moved: Tensor = function(inputs.permute(0, 3, 1, 2))
    return moved.permute(0, 2, 3, 1)


def _place(bias: nn.Parameter | None, ours: Tensor | None) -> nn.Parameter | None:
    """Return a place for biases like ours, of which there may be one for each position."""
    if bias is not None or ours is None:
        return bias
    return nn.Parameter(torch.empty_like(ours))


STOCK = {Convolution: StockConvolution, Dense: StockDense, BatchNorm: StockBatchNorm}


def stock_network(network: LayeredNetwork) -> LayeredNetwork:
    """Return a network of PyTorch's own layers; parameters and buffers keep their names.

    Args:
        network: any network of our layers; it is left as it is.

    """
    result = copy.deepcopy(network)
    result.is_stock = True
    for name, layer in list(result.named_modules()):
        if type(layer) not in STOCK:
            continue
        parent, _, child = name.rpartition(".")
        holder = result.get_submodule(parent)
        setattr(holder, child, STOCK[type(layer)](layer))
    return result
