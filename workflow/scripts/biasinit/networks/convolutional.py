"""Plain convolutional networks: convolutions and pools, dense layers, one output layer."""

from torch import Tensor, nn
from torch.nn import functional

from biasinit.layouts import Layout
from biasinit.networks.layers import Dense, HiddenLayer, Network
from biasinit.schemes import LayerShape


class ConvolutionalNetwork(Network):
    """The network of a layout, with ReLU after every hidden layer.

    Convolutions are named conv1, conv2, …, dense layers dense1, ….
    """

    def __init__(
        self,
        layout: Layout,
        *,
        image_shape: tuple[int, int, int],
        classes: int,
        normalization: str,
        hidden_bias: bool,
        output_bias: bool,
    ) -> None:
        super().__init__()
        self.layout = layout
        height, width, inputs = image_shape
        height, width = max(height, layout.side), max(width, layout.side)
        self.hidden = nn.ModuleDict()
        for channels in layout.layers:
            if channels == "pool":
                height, width = height // 2, width // 2
                continue
            per_position = layout.biases == "per_position"
            shape = LayerShape(
                name=f"conv{len(self.hidden) + 1}",
                index=len(self.hidden),
                channels=channels,
                fan_in=layout.kernel**2 * inputs,
                fan_out=layout.kernel**2 * channels,
                is_convolution=True,
                bias_shape=(height, width, channels) if per_position else (channels,),
            )
            self.hidden[shape.name] = HiddenLayer(
                shape,
                inputs=inputs,
                kernel=layout.kernel,
                normalization=normalization,
                bias=hidden_bias,
            )
            inputs = channels
        features = inputs if layout.global_average else height * width * inputs
        for number, units in enumerate(layout.dense, start=1):
            shape = LayerShape(
                name=f"dense{number}",
                index=len(self.hidden),
                channels=units,
                fan_in=features,
                fan_out=units,
            )
            self.hidden[shape.name] = HiddenLayer(
                shape, inputs=features, kernel=None, normalization=normalization, bias=hidden_bias
            )
            features = units
        self.output_shape = LayerShape(
            name="output",
            index=len(self.hidden),
            channels=classes,
            fan_in=features,
            fan_out=classes,
            is_output=True,
        )
        self.output = Dense(features, classes, bias=output_bias)

    def forward(self, images: Tensor, preactivations: dict[str, Tensor] | None = None) -> Tensor:
        """Return logits (batch, classes)."""
        features = enlarged(images, self.layout.side)
        layers = self.layout.layers
        convolutions = 0
        for place, layer in enumerate(layers):
            pooled = layers[place + 1 : place + 2] == ("pool",)
            if layer != "pool":
                convolutions += 1
                hidden = self.hidden_layer(f"conv{convolutions}")
                features = (
                    hidden.pooled(features, self.operations, preactivations)
                    if pooled
                    else hidden.rectified(features, preactivations)
                )
            elif place == 0 or layers[place - 1] == "pool":
                # ReLU changes nothing that a ReLU has passed; images are pooled without it
                features = _maxima(features)
        features = features.mean((1, 2)) if self.layout.global_average else features.flatten(1)
        for number in range(1, len(self.layout.dense) + 1):
            features = self.hidden_layer(f"dense{number}").rectified(features, preactivations)
        return self.output(features)  # type: ignore[no-any-return]


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
