"""A network for 8×8 images."""

from dataclasses import dataclass
from typing import Literal

from biasinit.specs.networks.base import Classifier
from biasinit.specs.networks.layout import Layout


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallCnn(Classifier):
    """For 8×8 images: conv 3×3×16 – pool – conv 3×3×32 – pool – dense 64."""

    kind: Literal["small_cnn"] = "small_cnn"

    @property
    def layout(self) -> Layout:
        """The layers of the network."""
        return Layout(layers=(16, "pool", 32, "pool"), dense=(64,), biases=self.biases)
