"""The hidden layers of a layout, from an image to its features, and how they are run.

A network that names classes has one tower, a siamese network one or two.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from biasinit.networks.halves import HALVES
from biasinit.networks.layers import Dense, HiddenLayer, LayeredNetwork
from biasinit.specs.networks.layout import Block, Layout, convolutions_of, strided
from biasinit.specs.schemes.base import LayerShape


def hidden_layers(
    layout: Layout,
    *,
    image_shape: tuple[int, int, int],
    normalization: str,
    bias: bool,
    twin: str = "",
) -> tuple[dict[str, HiddenLayer], int]:
    """Return the hidden layers of a layout by name, and how many features come out.

    Convolutions are named conv1, conv2, …, dense layers dense1, …, and where pairs are compared
    the last of these is the embedding.

    Args:
        layout: the layers.
        image_shape: height, width and channels of one image.
        normalization: as of ``HiddenLayer``.
        bias: whether the layers have biases.
        twin: is added to the names of a second tower.

    """
    height, width, inputs = image_shape
    height, width = max(height, layout.side), max(width, layout.side)
    found: dict[str, HiddenLayer] = {}

    def add(
        name: str,
        channels: int,
        *,
        fans: tuple[int, int],
        inputs: int,
        kernel: int | None,
        stride: int = 1,
    ) -> None:
        shape = LayerShape(
            name=f"{name}{twin}",
            index=len(found),
            channels=channels,
            fan_in=fans[0],
            fan_out=fans[1],
            is_convolution=kernel is not None,
            kind="linear" if kernel is None else "convolution",
            bias_shape=_bias_shape(layout, channels, None if kernel is None else (height, width)),
            twin_of=name if twin else "",
        )
        found[shape.name] = HiddenLayer(
            shape,
            inputs=inputs,
            kernel=kernel,
            normalization=normalization,
            bias=bias,
            stride=stride,
        )

    for layer in layout.layers:
        if layer == "pool":
            height, width = height // 2, width // 2
            continue
        for channels, stride in convolutions_of(layer):
            height, width = strided(height, stride), strided(width, stride)
            kernel = layout.kernel_of(len(found))
            fans = kernel**2 * inputs, kernel**2 * channels
            add(
                f"conv{len(found) + 1}",
                channels,
                fans=fans,
                inputs=inputs,
                kernel=kernel,
                stride=stride,
            )
            inputs = channels
    features = inputs if layout.global_average else height * width * inputs
    for name, units in zip(dense_names(layout), layout.dense, strict=True):
        add(name, units, fans=(features, units), inputs=features, kernel=None)
        features = units
    return found, features


def output_layer(features: int, units: int, *, index: int, bias: bool) -> tuple[LayerShape, Dense]:
    """Return the shape of the output layer and the layer, which follows ``index`` hidden ones."""
    shape = LayerShape(
        name="output",
        index=index,
        channels=units,
        fan_in=features,
        fan_out=units,
        is_output=True,
        kind="linear",
    )
    return shape, Dense(features, units, bias=bias)


def dense_names(layout: Layout) -> list[str]:
    """Return the names of the dense hidden layers, in order."""
    names = [f"dense{number}" for number in range(1, len(layout.dense) + 1)]
    return [*names[:-1], "embedding"] if layout.compares_pairs else names


def _bias_shape(
    layout: Layout, channels: int, positions: tuple[int, int] | None
) -> tuple[int, ...]:
    if layout.biases == "per_position" and positions is not None:
        return (*positions, channels)
    return (HALVES, channels) if layout.twins == "biases_untied" else (channels,)


def features_of(
    network: LayeredNetwork,
    layout: Layout,
    images: Tensor,
    preactivations: dict[str, Tensor] | None,
    *,
    twin: str = "",
) -> Tensor:
    """Return what the hidden layers make of images, (batch, features).

    Args:
        network: holds the layers.
        layout: their order.
        images: (batch, height, width, channels).
        preactivations: gets what each ReLU sees, by layer, where given.
        twin: what the names of the tower's layers end in.

    """
    features = enlarged(images, layout.side)
    layers = layout.layers
    convolutions = 0

    def convolved(images: Tensor, **how: Any) -> Tensor:  # noqa: ANN401
        nonlocal convolutions
        convolutions += 1
        hidden = network.hidden_layer(f"conv{convolutions}{twin}")
        return hidden.rectified(images, network.operations, preactivations, **how)

    for place, layer in enumerate(layers):
        if isinstance(layer, Block):
            beside = _subsampled(features, layer)
            features = convolved(convolved(features), beside=beside)
        elif layer != "pool":
            features = convolved(features, pooled=layers[place + 1 : place + 2] == ("pool",))
        elif place == 0 or not isinstance(layers[place - 1], int):
            # ReLU changes nothing that a ReLU has passed; images are pooled without it
            features = _maxima(features)
    features = features.mean((1, 2)) if layout.global_average else features.flatten(1)
    for name in dense_names(layout):
        hidden = network.hidden_layer(f"{name}{twin}")
        if name != "embedding" or layout.embedding == "relu":
            features = hidden.rectified(features, network.operations, preactivations)
            continue
        features = hidden.seen(features, preactivations)
        if layout.embedding == "sigmoid":
            features = torch.sigmoid(features)
    return features


def _subsampled(images: Tensor, block: Block) -> Tensor:
    """Return what a block adds to its convolutions: its images, in the shape of what they make.

    Channels that the images lack are zeros, half of them before the others (He et al. 2015,
    section 4.2, option A): so skips have no parameters.

    Args:
        images: (batch, height, width, channels).
        block: the block.

    """
    lacking = block.channels - images.shape[-1]
    every = images[:, :: block.stride, :: block.stride]
    return functional.pad(every, (lacking // 2, lacking - lacking // 2)) if lacking else every


def _maxima(images: Tensor) -> Tensor:
    """Return 2×2 maxima of (batch, height, width, channels)."""
    return functional.max_pool2d(images.permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1)


def enlarged(images: Tensor, side: int) -> Tensor:
    """Return images of ``side`` at least, each pixel repeated, with a border of zeros.

    Pixels are repeated by the largest whole factor that fits; what is left is shared by both
    sides. Zero is the mean of standardised images.

    Args:
        images: (batch, height, width, channels).
        side: height and width wanted; images at least as large are returned as they are.

    """
    batch, height, width, channels = images.shape
    if height >= side and width >= side:
        return images
    factor = max(1, side // max(height, width))
    repeated = images[:, :, None, :, None].expand(batch, height, factor, width, factor, channels)
    whole = repeated.reshape(batch, height * factor, width * factor, channels)
    down, across = max(0, side - height * factor), max(0, side - width * factor)
    borders = (across // 2, across - across // 2, down // 2, down - down // 2)
    return functional.pad(whole, (0, 0, *borders)) if any(borders) else whole
