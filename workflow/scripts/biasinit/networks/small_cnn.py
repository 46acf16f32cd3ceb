"""The small convolutional network: two convolutions, one hidden dense layer, one output."""

from torch import Tensor, nn

from biasinit.networks.layers import Dense, HiddenLayer, Network
from biasinit.schemes import LayerShape

KERNEL = 3


class SmallCNN(Network):
    """conv 3×3×16 – pool – conv 3×3×32 – pool – dense 64 – dense classes, ReLU between.

    The shape of the "Deep MNIST" tutorial network, sized for 8×8 images.
    """

    channels = (16, 32)
    units = 64

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
        for index, channels in enumerate(self.channels):
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
            index=len(self.channels),
            channels=self.units,
            fan_in=features,
            fan_out=self.units,
        )
        self.hidden["dense1"] = HiddenLayer(
            dense, inputs=features, kernel=None, normalization=normalization, bias=hidden_bias
        )
        self.output_shape = LayerShape(
            name="output",
            index=len(self.hidden),
            channels=classes,
            fan_in=self.units,
            fan_out=classes,
            is_output=True,
        )
        self.output = Dense(self.units, classes, bias=output_bias)

    def forward(self, images: Tensor, preactivations: dict[str, Tensor] | None = None) -> Tensor:
        """Return logits (batch, classes)."""
        features = images
        for name in self.hidden:
            layer = self.hidden_layer(name)
            if layer.shape.name == "dense1":
                features = layer.rectified(features.flatten(1), preactivations)
            else:
                features = layer.pooled(features, self.operations, preactivations)
        return self.output(features)  # type: ignore[no-any-return]
