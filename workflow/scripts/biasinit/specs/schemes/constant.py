"""Biases that start at one constant."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from biasinit.specs.keys import key
from biasinit.specs.schemes.base import BiasScheme, LayerShape


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant(BiasScheme):
    """b = value: 0.01 (CS231n), 0.1 (TensorFlow's MNIST tutorial), 1.0 (AlexNet, some layers)."""

    value: float = field(metadata=key("The constant."))
    kind: Literal["constant"] = "constant"

    def draw(self, layer: LayerShape, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return the constant."""
        return np.full(layer.channels, self.value)

    def law(self, layer: LayerShape) -> float:
        """Return the constant."""
        return self.value
