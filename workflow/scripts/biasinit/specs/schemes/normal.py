"""Biases drawn from a normal distribution."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from biasinit.specs.keys import key
from biasinit.specs.limits import Positive
from biasinit.specs.schemes.base import BiasScheme, LayerShape

if TYPE_CHECKING:
    from scipy.stats.distributions import rv_frozen


@dataclass(frozen=True, slots=True, kw_only=True)
class Normal(BiasScheme):
    """b ~ N(mean, std²): std 1 in tf.random_normal, 0.05 in Keras, (0.5, 0.01) in Koch 2015."""

    std: Positive = field(metadata=key("Standard deviation."))
    mean: float = field(default=0.0, metadata=key("Mean."))
    kind: Literal["normal"] = "normal"

    def draw(self, layer: LayerShape, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return normal draws."""
        return rng.normal(self.mean, self.std, layer.channels)

    def law(self, layer: LayerShape) -> "rv_frozen":
        """Return the normal distribution."""
        from scipy import stats

        return stats.norm(self.mean, self.std)
