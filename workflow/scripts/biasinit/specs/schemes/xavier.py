"""Xavier (Glorot) initialisation used for biases."""

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from biasinit.specs.keys import key
from biasinit.specs.schemes.base import BiasScheme, LayerShape

if TYPE_CHECKING:
    from scipy.stats.distributions import rv_frozen

Fans = Literal["layer", "vector"]
FANS_MEANING = (
    "'layer' takes the fans of the layer's weight, 'vector' the number of channels for both, as "
    "Keras does."
)


def glorot_variance(fans: Fans, layer: LayerShape) -> float:
    """Return 2 / (fan_in + fan_out) (Glorot and Bengio 2010, eq. 12).

    A bias vector has no fans of its own. ``layer`` uses those of the layer's weight;
    ``vector`` follows Keras, which takes fan_in = fan_out = C for a vector of length C.
    """
    fan_sum = layer.fan_in + layer.fan_out if fans == "layer" else 2 * layer.channels
    return 2 / fan_sum


@dataclass(frozen=True, slots=True, kw_only=True)
class XavierUniform(BiasScheme):
    """b ~ U(±√(6 / (fan_in + fan_out))), Xavier (Glorot) initialisation used for biases."""

    fans: Fans = field(default="layer", metadata=key(FANS_MEANING))
    kind: Literal["xavier_uniform"] = "xavier_uniform"

    def draw(self, layer: LayerShape, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return uniform draws of Glorot's variance."""
        bound = math.sqrt(3 * glorot_variance(self.fans, layer))
        return rng.uniform(-bound, bound, layer.channels)

    def law(self, layer: LayerShape) -> "rv_frozen":
        """Return the uniform distribution."""
        from scipy import stats

        bound = math.sqrt(3 * glorot_variance(self.fans, layer))
        return stats.uniform(-bound, 2 * bound)


@dataclass(frozen=True, slots=True, kw_only=True)
class XavierNormal(BiasScheme):
    """b ~ N(0, 2 / (fan_in + fan_out)), Xavier (Glorot) initialisation used for biases."""

    fans: Fans = field(default="layer", metadata=key(FANS_MEANING))
    kind: Literal["xavier_normal"] = "xavier_normal"

    def draw(self, layer: LayerShape, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return normal draws of Glorot's variance."""
        return rng.normal(0.0, math.sqrt(glorot_variance(self.fans, layer)), layer.channels)

    def law(self, layer: LayerShape) -> "rv_frozen":
        """Return the normal distribution."""
        from scipy import stats

        return stats.norm(0, math.sqrt(glorot_variance(self.fans, layer)))
