"""Biases as PyTorch's layers draw them."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from biasinit.specs.schemes.base import BiasScheme, LayerShape

if TYPE_CHECKING:
    from scipy.stats.distributions import rv_frozen


@dataclass(frozen=True, slots=True, kw_only=True)
class FanInUniform(BiasScheme):
    """b ~ U(±1/√fan_in), the default of torch.nn.Conv2d and torch.nn.Linear."""

    kind: Literal["fan_in_uniform"] = "fan_in_uniform"

    def draw(self, layer: LayerShape, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return uniform draws."""
        bound = 1 / math.sqrt(layer.fan_in)
        return rng.uniform(-bound, bound, layer.channels)

    def law(self, layer: LayerShape) -> "rv_frozen":
        """Return the uniform distribution."""
        from scipy import stats

        bound = 1 / math.sqrt(layer.fan_in)
        return stats.uniform(-bound, 2 * bound)
