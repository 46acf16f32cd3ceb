"""Biases as in AlexNet."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from biasinit.errors import Problem
from biasinit.specs.keys import key
from biasinit.specs.schemes.base import BiasScheme, LayerShape, hidden_layers_alone

ZEROS = (0, 2)  # places of the hidden layers that start at 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AlexNet(BiasScheme):
    """b = 0 in hidden layers 1 and 3, value in the others (Krizhevsky et al. 2012, section 5).

    There the value is 1, in the second, fourth and fifth convolution and in the dense hidden
    layers, "providing the ReLUs with positive inputs"; TensorFlow's CIFAR-10 tutorial has 0.1.
    """

    value: float = field(default=1.0, metadata=key("The constant of the other layers."))
    kind: Literal["alexnet"] = "alexnet"

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong between the keys."""
        yield from hidden_layers_alone(self, of="AlexNet's scheme")

    def draw(self, layer: LayerShape, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return the constant of this layer."""
        return np.full(layer.channels, self.law(layer))

    def law(self, layer: LayerShape) -> float:
        """Return the constant of this layer."""
        return 0.0 if layer.index in ZEROS else self.value
