"""What the library asks of every network, whatever it is made of."""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from biasinit.networks.loss import ClassLoss
from biasinit.networks.operations import STRIDED, Operations
from biasinit.specs.schemes.base import LayerShape


class Network(nn.Module):
    """A network whose layers have names, shapes, and biases that a scheme starts.

    Attributes:
        operations: the form of our own convolutions and pools.
        compares_pairs: whether it sees two images and says if they show the same.
        is_stock: whether it computes with PyTorch's own layers, which no engine compiles.
        draws: whether it may draw random numbers in training, as dropout does.

    """

    operations: Operations = STRIDED
    compares_pairs: bool = False
    is_stock: bool = False
    draws: bool = False

    def use(self, operations: Operations) -> None:
        """Compute our own convolutions and pools in one of their forms from now on."""
        self.operations = operations

    def forward(self, images: Tensor, preactivations: dict[str, Tensor] | None = None) -> Tensor:
        """Return logits (batch, classes) for images (batch, height, width, channels).

        ``preactivations``, when given, is filled with what each ReLU sees, by layer, the units in
        the last axis.
        """
        raise NotImplementedError

    def loss(self, logits: Tensor, labels: Tensor, wanted: ClassLoss) -> Tensor:
        """Return the mean loss of logits (batch, classes): the wanted one, unless overridden."""
        return wanted.mean(logits, labels)

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
        """Return the shape of every layer with a place for biases, in the order in which they run.

        The output layer is the last, where there is one.
        """
        raise NotImplementedError

    @property
    def hidden_names(self) -> list[str]:
        """Names of the hidden layers, in order."""
        return [name for name, shape in self.layer_shapes().items() if not shape.is_output]

    def scheme_biases(self) -> dict[str, str]:
        """Return, by layer, the name of the parameter that the scheme starts."""
        raise NotImplementedError

    def drawn_weights(self) -> dict[str, str]:
        """Return, by layer, the name of the weight that an initialisation of weights draws."""
        raise NotImplementedError

    def weight_size(self, layer: str) -> tuple[int, int]:
        """Return how many weights go into a unit of a layer, and how many units it has."""
        raise NotImplementedError

    def arranged(self, layer: str, weight: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return a drawn weight, of ``weight_size``, in the shape that the layer keeps it in."""
        raise NotImplementedError

    def start(
        self, generator: np.random.Generator, dtype: torch.dtype
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Return parameters and buffers before weights are drawn and the scheme starts biases.

        Args:
            generator: of the seed, for a network that starts itself.
            dtype: precision of both.

        """
        raise NotImplementedError

    def with_running_means(
        self, buffers: Mapping[str, Tensor], parameters: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """Return buffers whose running means are at the biases that batch norm subtracts.

        Otherwise the evaluations of the first steps would see a bias that training cancels.
        """
        raise NotImplementedError
