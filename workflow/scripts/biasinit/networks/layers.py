"""Layers in channels-last layout, written for one member.

Shapes are (batch, height, width, channels) before flattening and (batch, units) after.
"""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from biasinit.networks.network import Network
from biasinit.networks.operations import STRIDED, Normalisation, Operations
from biasinit.specs.networks.layout import strided
from biasinit.specs.schemes.base import LayerShape

BATCHNORM_EPSILON = 1e-5  # added to the variance; PyTorch's default
BATCHNORM_MOMENTUM = 0.1  # weight of the newest batch in the running statistics; PyTorch's default


def with_bias(values: Tensor, bias: Tensor | None) -> Tensor:
    """Return values (batch, …, channels) plus biases, in the precision of the values.

    Args:
        values: what biases are added to.
        bias: (channels,), (height, width, channels), (2, channels) for the two halves of the
            batch, or None.

    """
    if bias is None:
        return values
    bias = bias.to(values.dtype)
    if bias.dim() != 2:
        return values + bias
    by_half = values.reshape(len(bias), -1, *values.shape[1:])
    alike = bias.reshape(len(bias), *(1,) * (values.dim() - 1), bias.shape[1])
    return (by_half + alike).reshape(values.shape)


class Convolution(nn.Module):
    """Convolution of odd kernel size with zero padding ("same" at stride 1).

    ``weight`` has shape (kernel·kernel·inputs, channels), rows ordered by row, column and
    input channel of the kernel; ``bias`` has shape (channels,), (height, width, channels) where
    every position has its own, or (2, channels) where each half of the batch has.
    """

    def __init__(
        self,
        inputs: int,
        channels: int,
        *,
        kernel: int,
        bias_shape: tuple[int, ...] | None,
        stride: int = 1,
    ) -> None:
        super().__init__()
        self.kernel = kernel
        self.stride = stride
        self.weight = nn.Parameter(torch.empty(kernel * kernel * inputs, channels))
        self.bias = None if bias_shape is None else nn.Parameter(torch.empty(bias_shape))
        self.operations = STRIDED

    @property
    def has_one_bias_per_channel(self) -> bool:
        """Whether there are biases, or none, but not different ones for positions or halves."""
        return self.bias is None or self.bias.dim() == 1

    def forward(self, images: Tensor) -> Tensor:
        """Return (batch, height / stride, width / stride, channels)."""
        own = self.bias if self.has_one_bias_per_channel else None
        result = self.operations.convolution(images, self.weight, own, self.kernel, self.stride)
        return with_bias(result, None if own is self.bias else self.bias)

    def weight_size(self) -> tuple[int, int]:
        """Return weights into a unit, and units."""
        return self.weight.shape[0], self.weight.shape[1]

    def arranged(self, weight: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return a drawn weight as it is kept."""
        return weight


class Dense(nn.Module):
    """Fully connected layer; ``weight`` has shape (inputs, units).

    ``bias`` has shape (units,), or (2, units) where each half of the batch has its own.
    """

    def __init__(
        self, inputs: int, units: int, *, bias: bool, bias_shape: tuple[int, ...] | None = None
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(inputs, units))
        self.bias = nn.Parameter(torch.empty(bias_shape or (units,))) if bias else None
        self.operations = STRIDED

    def forward(self, features: Tensor) -> Tensor:
        """Return (batch, units)."""
        return with_bias(self.operations.product(features, self.weight), self.bias)

    def weight_size(self) -> tuple[int, int]:
        """Return weights into a unit, and units."""
        return self.weight.shape[0], self.weight.shape[1]

    def arranged(self, weight: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return a drawn weight as it is kept."""
        return weight


class BatchNorm(nn.Module):
    """Batch normalisation over all axes but the last (Ioffe and Szegedy 2015, algorithm 1).

    The scale γ is ``weight``, the shift β is ``bias``. The running statistics are updated in
    place, by operations that have a batching rule, so that ``vmap`` keeps them per member.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, channels: int, *, bias_shape: tuple[int, ...] | None) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(channels))
        self.bias = None if bias_shape is None else nn.Parameter(torch.empty(bias_shape))
        self.register_buffer("running_mean", torch.empty(channels))
        self.register_buffer("running_var", torch.empty(channels))

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the normalised inputs, same shape."""
        # (batch·height·width, channels), in the precision of the statistics
        values = inputs.flatten(0, -2).to(self.weight.dtype)
        count = len(values)
        if self.training:
            mean = values.mean(0)
            centred = values - mean
            variance = centred.square().mean(0)
            self.learn(mean, variance, count=count)
        else:
            centred, variance = values - self.running_mean, self.running_var
        result = centred * (torch.rsqrt(variance + BATCHNORM_EPSILON) * self.weight)
        normalized = result.reshape(inputs.shape)
        return with_bias(normalized, self.bias).to(inputs.dtype)

    def learn(self, mean: Tensor, variance: Tensor, *, count: int) -> None:
        """Update the running statistics with those of a batch of ``count`` values a channel."""
        unbiased = variance * (count / (count - 1))
        for running, current in ((self.running_mean, mean), (self.running_var, unbiased)):
            running.mul_(1 - BATCHNORM_MOMENTUM).add_(BATCHNORM_MOMENTUM * current.detach())

    def as_operation(self) -> Normalisation:
        """Return what a hidden layer in one needs to do the same."""
        given = {} if self.training else {"mean": self.running_mean, "variance": self.running_var}
        return Normalisation(scale=self.weight, shift=self.bias, epsilon=BATCHNORM_EPSILON, **given)


class HiddenLayer(nn.Module):
    """A weighted layer with its normalisation; the caller applies ReLU to what comes out.

    ``normalization`` decides where the scheme's bias sits: in the weighted layer (``none``
    and ``batchnorm``), or in the shift β of batch normalisation (``batchnorm_shift``, where
    the weighted layer has no bias). Under ``batchnorm`` the normalisation subtracts the bias
    again: an identity check, not a treatment.
    """

    def __init__(
        self,
        shape: LayerShape,
        *,
        inputs: int,
        kernel: int | None,
        normalization: str,
        bias: bool,
        stride: int = 1,
    ) -> None:
        super().__init__()
        self.shape = shape
        inner_bias = bias and normalization != "batchnorm_shift"
        bias_shape = shape.bias_shape or (shape.channels,)
        self.layer: Convolution | Dense
        if kernel is None:
            self.layer = Dense(inputs, shape.channels, bias=inner_bias, bias_shape=bias_shape)
        else:
            self.layer = Convolution(
                inputs,
                shape.channels,
                kernel=kernel,
                bias_shape=bias_shape if inner_bias else None,
                stride=stride,
            )
        self.norm = (
            None
            if normalization == "none"
            else BatchNorm(shape.channels, bias_shape=bias_shape if bias else None)
        )
        self.scheme_in_norm = normalization == "batchnorm_shift"

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the pre-activation, which the ReLU sees."""
        result: Tensor = self.layer(inputs)
        return result if self.norm is None else self.norm(result)

    def rectified(
        self,
        inputs: Tensor,
        operations: Operations,
        preactivations: dict[str, Tensor] | None,
        *,
        beside: Tensor | None = None,
        pooled: bool = False,
    ) -> Tensor:
        """Return the ReLU of the pre-activation, or of its 2×2 maxima.

        Args:
            inputs: (batch, …, channels).
            operations: form of convolutions and pools.
            preactivations: gets the pre-activation under the layer's name, when given.
            beside: is added before the ReLU, so part of the pre-activation.
            pooled: whether maxima are taken.

        """
        if preactivations is None and operations.hidden_layer is not None and self._is_plain:
            assert isinstance(self.layer, Convolution)
            result, mean, variance = operations.hidden_layer(
                inputs,
                self.layer.weight,
                self.layer.bias,
                Normalisation() if self.norm is None else self.norm.as_operation(),
                beside,
                kernel=self.layer.kernel,
                stride=self.layer.stride,
                pooled=pooled,
            )
            if self.norm is not None and self.norm.training:
                images, *size = inputs.shape[:-1]
                rows, columns = (strided(length, self.layer.stride) for length in size)
                self.norm.learn(mean, variance, count=images * rows * columns)
            return result
        preactivation = self.seen(inputs, preactivations, beside=beside)
        return (
            operations.rectified_pool(preactivation) if pooled else functional.relu(preactivation)
        )

    @property
    def _is_plain(self) -> bool:
        """Whether it is a convolution of ours with one place for a bias for each channel.

        Whether there is a bias in it is no matter: no bias and one of zero have the same bits.
        """
        return isinstance(self.layer, Convolution) and len(self.shape.bias_shape) <= 1

    def seen(
        self,
        inputs: Tensor,
        preactivations: dict[str, Tensor] | None,
        *,
        beside: Tensor | None = None,
    ) -> Tensor:
        """Return the pre-activation, which ``preactivations`` gets when given."""
        preactivation: Tensor = self(inputs)
        if beside is not None:
            preactivation = preactivation + beside
        if preactivations is not None:
            preactivations[self.shape.name] = preactivation
        return preactivation

    def scheme_bias(self) -> str | None:
        """Return the name of the parameter that the scheme starts, or None."""
        holder = "norm" if self.scheme_in_norm else "layer"
        module = self.norm if self.scheme_in_norm else self.layer
        return f"{holder}.bias" if module is not None and module.bias is not None else None


class LayeredNetwork(Network):
    """Base of the networks of our own layers: named hidden layers, then a dense output, if any."""

    hidden: nn.ModuleDict
    output: Dense | None
    output_shape: LayerShape

    def use(self, operations: Operations) -> None:
        """Compute convolutions, products and pools in one of their forms from now on."""
        self.operations = operations
        for module in self.modules():
            if isinstance(module, Convolution | Dense):
                module.operations = operations

    def layer_shapes(self) -> dict[str, LayerShape]:
        """Return the shape of every weighted layer, hidden ones in order, then the output."""
        hidden = {name: self.hidden_layer(name).shape for name in self.hidden}
        return hidden if self.output is None else {**hidden, "output": self.output_shape}

    def hidden_layer(self, name: str) -> HiddenLayer:
        """Return one hidden layer."""
        layer = self.hidden[name]
        assert isinstance(layer, HiddenLayer)
        return layer

    def scheme_biases(self) -> dict[str, str]:
        """Return, by layer, the name of the parameter that the scheme starts."""
        found = {}
        for name in self.hidden:
            bias = self.hidden_layer(name).scheme_bias()
            if bias is not None:
                found[name] = f"hidden.{name}.{bias}"
        if self.output is not None and self.output.bias is not None:
            found["output"] = "output.bias"
        return found

    def drawn_weights(self) -> dict[str, str]:
        """Return, by layer, the name of the weight."""
        return {
            layer: "output.weight" if shape.is_output else f"hidden.{layer}.layer.weight"
            for layer, shape in self.layer_shapes().items()
        }

    def _weighted(self, layer: str) -> Convolution | Dense:
        found = self.output if layer == "output" else self.hidden_layer(layer).layer
        assert found is not None
        return found

    def weight_size(self, layer: str) -> tuple[int, int]:
        """Return how many weights go into a unit of a layer, and how many units it has."""
        return self._weighted(layer).weight_size()

    def arranged(self, layer: str, weight: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return a drawn weight in the shape that the layer keeps it in."""
        return self._weighted(layer).arranged(weight)

    def start(
        self, generator: np.random.Generator, dtype: torch.dtype
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Return batch norm's scale and running variance at 1, and zeros in all other places.

        They are on the CPU, wherever the network is: what a member starts from is made there.
        """
        parameters = {
            name: torch.ones_like(value, dtype=dtype, device="cpu")
            if name.endswith("norm.weight")
            else torch.zeros_like(value, dtype=dtype, device="cpu")
            for name, value in self.named_parameters()
        }
        buffers = {
            name: torch.ones_like(value, dtype=dtype, device="cpu")
            if name.endswith("running_var")
            else torch.zeros_like(
                value, dtype=dtype if value.is_floating_point() else None, device="cpu"
            )
            for name, value in self.named_buffers()
        }
        return parameters, buffers

    def with_running_means(
        self, buffers: Mapping[str, Tensor], parameters: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """Return buffers whose running means are at the biases of the layers before."""
        found = {}
        for name, value in buffers.items():
            before = name.replace("norm.running_mean", "layer.bias")
            found[name] = parameters.get(before, value).clone() if before != name else value.clone()
        return found
