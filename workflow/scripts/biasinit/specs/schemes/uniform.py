"""Biases drawn uniformly around zero."""

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
class Uniform(BiasScheme):
    """b ~ U(−bound, bound)."""

    bound: Positive = field(metadata=key("Largest absolute value."))
    kind: Literal["uniform"] = "uniform"

    def draw(self, layer: LayerShape, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return uniform draws."""
        return rng.uniform(-self.bound, self.bound, layer.channels)

    def law(self, layer: LayerShape) -> "rv_frozen":
        """Return the uniform distribution."""
        from scipy import stats

        return stats.uniform(-self.bound, 2 * self.bound)
