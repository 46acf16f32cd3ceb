"""Plain convolutional networks: convolutions and pools, dense layers, one output layer."""

from torch import Tensor, nn

from biasinit.networks.layers import Dense, LayeredNetwork
from biasinit.networks.tower import features_of, hidden_layers, output_layer
from biasinit.specs.networks.layout import Layout


class ConvolutionalNetwork(LayeredNetwork):
    """The network of a layout, with ReLU after every hidden layer."""

    output: Dense

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
        hidden, features = hidden_layers(
            layout, image_shape=image_shape, normalization=normalization, bias=hidden_bias
        )
        self.hidden = nn.ModuleDict(hidden)
        self.output_shape, self.output = output_layer(
            features, classes, index=len(hidden), bias=output_bias
        )

    def forward(self, images: Tensor, preactivations: dict[str, Tensor] | None = None) -> Tensor:
        """Return logits (batch, classes)."""
        return self.output(features_of(self, self.layout, images, preactivations))  # type: ignore[no-any-return]
