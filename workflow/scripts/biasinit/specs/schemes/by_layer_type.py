"""Biases that start at one constant in convolutions and another in dense layers."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from biasinit.specs.keys import key
from biasinit.specs.schemes.base import BiasScheme, LayerShape


@dataclass(frozen=True, slots=True, kw_only=True)
class ByLayerType(BiasScheme):
    """b = one constant in convolutions, another in dense layers.

    Frossard's widely copied VGG-16 for TensorFlow has 0 in convolutions and 1 in all dense
    layers, the output included (``layers: all``).
    """

    convolution: float = field(metadata=key("The constant of convolutions."))
    dense: float = field(metadata=key("The constant of dense layers."))
    kind: Literal["by_layer_type"] = "by_layer_type"

    def draw(self, layer: LayerShape, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return the constant of this layer."""
        return np.full(layer.channels, self.law(layer))

    def law(self, layer: LayerShape) -> float:
        """Return the constant of this layer."""
        return self.convolution if layer.is_convolution else self.dense
