"""Biases drawn from a normal distribution that is cut at both ends."""

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
class TruncatedNormal(BiasScheme):
    """b ~ N(mean, std²) cut at mean ± bound·std, as tf.truncated_normal (realised SD .880 std)."""

    std: Positive = field(metadata=key("Standard deviation, before the cut."))
    mean: float = field(default=0.0, metadata=key("Mean."))
    bound: Positive = field(default=2.0, metadata=key("Standard deviations at which it is cut."))
    kind: Literal["truncated_normal"] = "truncated_normal"

    def draw(self, layer: LayerShape, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return truncated normal draws: values beyond the bound are drawn again."""
        standard = rng.standard_normal(layer.channels)
        while (beyond := np.abs(standard) > self.bound).any():
            standard[beyond] = rng.standard_normal(int(beyond.sum()))
        return self.mean + self.std * standard

    def law(self, layer: LayerShape) -> "rv_frozen":
        """Return the truncated distribution."""
        from scipy import stats

        return stats.truncnorm(-self.bound, self.bound, self.mean, self.std)
