"""The small convolutional network: two convolutions, one hidden dense layer, one output."""

from torch import Tensor, nn
from torch.nn import functional

from biasinit.networks.layers import Dense, HiddenLayer, Network
from biasinit.schemes import LayerShape

KERNEL = 3
CONVOLUTION_CHANNELS = (16, 32)
DENSE_UNITS = 64


class SmallCNN(Network):
    """conv 3×3×16 – pool – conv 3×3×32 – pool – dense 64 – dense classes, ReLU between.

    The shape of the "Deep MNIST" tutorial network, sized for 8×8 images.
    """

    def __init__(
        self,
        *,
        image_shape: tuple[int, int, int],
        classes: int,
        normalization: str,
        hidden_bias: bool,
        output_bias: bool,
    ) -> None:
        super().__init__()
        height, width, inputs = image_shape
        self.hidden = nn.ModuleDict()
        for index, channels in enumerate(CONVOLUTION_CHANNELS):
            shape = LayerShape(
                name=f"conv{index + 1}",
                index=index,
                channels=channels,
                fan_in=KERNEL * KERNEL * inputs,
                fan_out=KERNEL * KERNEL * channels,
            )
            self.hidden[shape.name] = HiddenLayer(
                shape, inputs=inputs, kernel=KERNEL, normalization=normalization, bias=hidden_bias
            )
            height, width, inputs = height // 2, width // 2, channels
        features = height * width * inputs
        dense = LayerShape(
            name="dense1",
            index=len(CONVOLUTION_CHANNELS),
            channels=DENSE_UNITS,
            fan_in=features,
            fan_out=DENSE_UNITS,
        )
        self.hidden["dense1"] = HiddenLayer(
            dense, inputs=features, kernel=None, normalization=normalization, bias=hidden_bias
        )
        self.output_shape = LayerShape(
            name="output",
            index=len(self.hidden),
            channels=classes,
            fan_in=DENSE_UNITS,
            fan_out=classes,
            is_output=True,
        )
        self.output = Dense(DENSE_UNITS, classes, bias=output_bias)

    def forward(self, images: Tensor, preactivations: dict[str, Tensor] | None = None) -> Tensor:
        """Return logits (batch, classes)."""
        features = images
        for name in self.hidden:
            layer = self.hidden_layer(name)
            if layer.shape.name == "dense1":
                features = features.flatten(1)
            preactivation = layer(features)
            if preactivations is not None:
                preactivations[name] = preactivation
            if preactivation.ndim == 2:
                features = functional.relu(preactivation)
            else:
                features = self.operations.rectified_pool(preactivation)
        return self.output(features)  # type: ignore[no-any-return]
