"""Layers in channels-last layout, written for one member.

Shapes are (batch, height, width, channels) before flattening and (batch, units) after.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from biasinit.networks.operations import STRIDED, Operations, product
from biasinit.specs.schemes.base import LayerShape

BATCHNORM_EPSILON = 1e-5  # added to the variance; PyTorch's default
BATCHNORM_MOMENTUM = 0.1  # weight of the newest batch in the running statistics; PyTorch's default


def with_bias(values: Tensor, bias: Tensor | None) -> Tensor:
    """Return values (batch, …, channels) plus biases.

    Args:
        values: what biases are added to.
        bias: (channels,), (height, width, channels), (2, channels) for the two halves of the
            batch, or None.

    """
    if bias is None:
        return values
    if bias.dim() != 2:
        return values + bias
    by_half = values.reshape(len(bias), -1, *values.shape[1:])
    alike = bias.reshape(len(bias), *(1,) * (values.dim() - 1), bias.shape[1])
    return (by_half + alike).reshape(values.shape)


class Convolution(nn.Module):
    """Convolution of odd kernel size with zero padding, stride 1 ("same").

    ``weight`` has shape (kernel·kernel·inputs, channels), rows ordered by row, column and
    input channel of the kernel; ``bias`` has shape (channels,), (height, width, channels) where
    every position has its own, or (2, channels) where each half of the batch has.
    """

    def __init__(
        self, inputs: int, channels: int, *, kernel: int, bias_shape: tuple[int, ...] | None
    ) -> None:
        super().__init__()
        self.kernel = kernel
        self.weight = nn.Parameter(torch.empty(kernel * kernel * inputs, channels))
        self.bias = None if bias_shape is None else nn.Parameter(torch.empty(bias_shape))
        self.operations = STRIDED

    @property
    def has_one_bias_per_channel(self) -> bool:
        """Whether there are biases, or none, but not different ones for positions or halves."""
        return self.bias is None or self.bias.dim() == 1

    def forward(self, images: Tensor) -> Tensor:
        """Return (batch, height, width, channels)."""
        if self.has_one_bias_per_channel:
            return self.operations.convolution(images, self.weight, self.bias, self.kernel)
        result = self.operations.convolution(images, self.weight, None, self.kernel)
        return with_bias(result, self.bias)


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

    def forward(self, features: Tensor) -> Tensor:
        """Return (batch, units)."""
        return with_bias(product(features, self.weight), self.bias)


class BatchNorm(nn.Module):
    """Batch normalisation over all axes but the last (Ioffe and Szegedy 2015, algorithm 1).

    The scale γ is ``weight``, the shift β is ``bias``. The running statistics are updated in
    place, by operations that have a batching rule, so that ``vmap`` keeps them per member.
    """

    running_mean: Tensor
    running_variance: Tensor

    def __init__(self, channels: int, *, bias_shape: tuple[int, ...] | None) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(channels))
        self.bias = None if bias_shape is None else nn.Parameter(torch.empty(bias_shape))
        self.register_buffer("running_mean", torch.empty(channels))
        self.register_buffer("running_variance", torch.empty(channels))

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the normalised inputs, same shape."""
        # (batch·height·width, channels), in the precision of the statistics
        values = inputs.flatten(0, -2).to(self.weight.dtype)
        count = len(values)
        if self.training:
            mean = values.mean(0)
            centred = values - mean
            variance = centred.square().mean(0)
            self._update(self.running_mean, mean)
            self._update(self.running_variance, variance * (count / (count - 1)))
        else:
            centred, variance = values - self.running_mean, self.running_variance
        result = centred * (torch.rsqrt(variance + BATCHNORM_EPSILON) * self.weight)
        normalized = result.reshape(inputs.shape)
        return with_bias(normalized, self.bias).to(inputs.dtype)

    def _update(self, running: Tensor, current: Tensor) -> None:
        running.mul_(1 - BATCHNORM_MOMENTUM).add_(BATCHNORM_MOMENTUM * current.detach())


class HiddenLayer(nn.Module):
    """A weighted layer with its normalisation; the caller applies ReLU to what comes out.

    ``normalization`` decides where the scheme's bias sits: in the weighted layer (``none``
    and ``batchnorm``), or in the shift β of batch normalisation (``batchnorm_shift``, where
    the weighted layer has no bias). Under ``batchnorm`` the normalisation subtracts the bias
    again: an identity check, not a treatment.
    """

    def __init__(
        self, shape: LayerShape, *, inputs: int, kernel: int | None, normalization: str, bias: bool
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

    def pooled(
        self, images: Tensor, operations: Operations, preactivations: dict[str, Tensor] | None
    ) -> Tensor:
        """Return the rectified 2×2 maxima of the pre-activation of a convolution.

        ``preactivations``, when given, is filled under the layer's name.
        """
        layer = self.layer
        if (
            preactivations is None
            and self.norm is None
            and isinstance(layer, Convolution)
            and layer.has_one_bias_per_channel
        ):
            return operations.pooled_convolution(images, layer.weight, layer.bias, layer.kernel)
        return operations.rectified_pool(self.seen(images, preactivations))

    def rectified(self, features: Tensor, preactivations: dict[str, Tensor] | None) -> Tensor:
        """Return the ReLU of the pre-activation, which ``preactivations`` gets when given."""
        return functional.relu(self.seen(features, preactivations))

    def seen(self, inputs: Tensor, preactivations: dict[str, Tensor] | None) -> Tensor:
        """Return the pre-activation, which ``preactivations`` gets when given."""
        preactivation: Tensor = self(inputs)
        if preactivations is not None:
            preactivations[self.shape.name] = preactivation
        return preactivation

    def scheme_bias(self) -> str | None:
        """Return the name of the parameter that the scheme starts, or None."""
        holder = "norm" if self.scheme_in_norm else "layer"
        module = self.norm if self.scheme_in_norm else self.layer
        return f"{holder}.bias" if module is not None and module.bias is not None else None


class Network(nn.Module):
    """Base of all networks: named hidden layers, then a dense output layer, if there is one.

    ``forward`` fills ``preactivations``, when given, with what each ReLU sees, by layer name.
    ``compares_pairs`` says whether it sees two images and says if they show the same.
    """

    compares_pairs: bool = False

    hidden: nn.ModuleDict
    output: Dense | None
    output_shape: LayerShape
    operations: Operations = STRIDED

    def use(self, operations: Operations) -> None:
        """Compute convolutions and pools in one of their forms from now on."""
        self.operations = operations
        for module in self.modules():
            if isinstance(module, Convolution):
                module.operations = operations

    def forward(self, images: Tensor, preactivations: dict[str, Tensor] | None = None) -> Tensor:
        """Return logits (batch, classes) for images (batch, height, width, channels)."""
        raise NotImplementedError

    def loss(self, logits: Tensor, labels: Tensor, *, label_smoothing: float = 0.0) -> Tensor:
        """Return the mean loss of logits (batch, classes): cross-entropy, unless overridden."""
        return functional.cross_entropy(logits, labels, label_smoothing=label_smoothing)

    def prior_bias(self, shares: Tensor) -> Tensor:
        """Return the output bias that predicts the classes' shares, (classes,), from nothing."""
        return shares.log()

    def biases_of_twins(
        self, parameters: Mapping[str, Tensor], layer: str
    ) -> tuple[Tensor, Tensor] | None:
        """Return the biases of both twins in one hidden layer, (…, channels) each.

        None where they share them or have none, as in every network that names classes, and for
        the layers of a right twin: those of the left one stand for both.

        Args:
            parameters: by name; of several members, stacked, or of one.
            layer: name of a hidden layer.

        """
        return None

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
