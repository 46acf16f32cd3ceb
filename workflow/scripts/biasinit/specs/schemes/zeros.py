"""Biases that start at zero, as nearly everybody's do."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from biasinit.specs.schemes.base import BiasScheme, LayerShape


@dataclass(frozen=True, slots=True, kw_only=True)
class Zeros(BiasScheme):
    """b = 0, the default of Keras, Flax, Lasagne and Caffe, and of the VGG paper."""

    kind: Literal["zeros"] = "zeros"

    def draw(self, layer: LayerShape, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return zeros."""
        return np.zeros(layer.channels)

    def law(self, layer: LayerShape) -> float:
        """Return 0."""
        return 0.0
