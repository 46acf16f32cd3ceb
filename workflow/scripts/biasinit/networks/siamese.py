"""Siamese networks: twins embed two images, and a head says whether they show the same.

Logits have two columns, of "different" and "same": the first is 0, so that softmax
cross-entropy of the two is binary cross-entropy of the second.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from biasinit.networks.halves import HALVES, RIGHT, halves
from biasinit.networks.layers import LayeredNetwork
from biasinit.networks.loss import ClassLoss
from biasinit.networks.tower import features_of, hidden_layers, output_layer
from biasinit.specs.networks.layout import Layout

CONTRASTIVE_MARGIN = 1.0  # of Caffe's siamese example; distances beyond it are not pushed further
SMALLEST_SQUARED_DISTANCE = 1e-12  # the root has no slope at 0


class SiameseNetwork(LayeredNetwork):
    """Twins with an L1 head (Koch et al. 2015) or a contrastive one (Hadsell et al. 2006).

    Where the twins share their weights, one tower runs on both images together, and batch
    normalisation uses the statistics of both. Untied twins have a tower each, the right one's
    layers are named conv1_right, …; they start from the same weights.
    """

    compares_pairs = True

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
        if classes != HALVES:
            raise ValueError(f"Pairs are of two classes, different and same, got {classes}.")
        self.layout = layout
        height, width, channels = image_shape
        towers = ("", RIGHT) if layout.twins == "untied" else ("",)
        self.hidden = nn.ModuleDict()
        for twin in towers:
            hidden, features = hidden_layers(
                layout,
                image_shape=(height, width, channels // HALVES),
                normalization=normalization,
                bias=hidden_bias,
                twin=twin,
            )
            self.hidden.update(hidden)
        self.output = None
        if layout.head == "l1":
            self.output_shape, self.output = output_layer(
                features, 1, index=len(hidden), bias=output_bias
            )

    def forward(self, images: Tensor, preactivations: dict[str, Tensor] | None = None) -> Tensor:
        """Return logits (batch, 2) of pairs (batch, height, width, 2·channels)."""
        left, right = self._embeddings(images, preactivations)
        if self.output is None:
            score = CONTRASTIVE_MARGIN / 2 - _distance(left, right)
        else:
            score = self.output((left - right).abs()).squeeze(-1)
        return torch.stack([torch.zeros_like(score), score], -1)

    def _embeddings(
        self, pairs: Tensor, preactivations: dict[str, Tensor] | None
    ) -> tuple[Tensor, Tensor]:
        if self.layout.twins == "untied":
            left, right = pairs.chunk(HALVES, -1)
            return (
                features_of(self, self.layout, left, preactivations),
                features_of(self, self.layout, right, preactivations, twin=RIGHT),
            )
        both = features_of(self, self.layout, halves(pairs), preactivations)
        left, right = both.chunk(HALVES)
        return left, right

    def biases_of_twins(
        self, parameters: Mapping[str, Tensor], layer: str
    ) -> tuple[Tensor, Tensor] | None:
        """Return the biases of both twins in one hidden layer, None where they share them."""
        names = self.scheme_biases()
        is_right = bool(self.hidden_layer(layer).shape.twin_of)
        if self.layout.twins == "shared" or layer not in names or is_right:
            return None
        if self.layout.twins == "biases_untied":
            left, right = parameters[names[layer]].unbind(-2)
            return left, right
        return parameters[names[layer]], parameters[names[f"{layer}{RIGHT}"]]

    def prior_bias(self, shares: Tensor) -> Tensor:
        """Return the bias that predicts the shares of different and same pairs, (1,)."""
        return (shares[1:] / shares[:1]).log()

    def loss(self, logits: Tensor, labels: Tensor, wanted: ClassLoss) -> Tensor:
        """Return the mean loss of pairs.

        With an L1 head it is the wanted one: binary cross-entropy, as a rule. With a contrastive
        head it is, at distance d and margin m, d² for pairs of the same and max(0, m − d)² for
        others (Hadsell et al. 2006, eq. 4, without its factor of a half, as in Caffe).
        """
        if self.output is not None:
            return super().loss(logits, labels, wanted)
        distance = CONTRASTIVE_MARGIN / 2 - logits[..., 1]
        apart = functional.relu(CONTRASTIVE_MARGIN - distance).square()
        return torch.where(labels == 1, distance.square(), apart).mean()


def _distance(left: Tensor, right: Tensor) -> Tensor:
    """Return Euclidean distances (batch,) of embeddings (batch, units)."""
    squared = (left - right).square().sum(-1)
    return (squared + SMALLEST_SQUARED_DISTANCE).sqrt()
