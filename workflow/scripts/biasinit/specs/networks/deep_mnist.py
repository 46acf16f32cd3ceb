"""A network for 28×28 images, after a tutorial."""

from dataclasses import dataclass
from typing import Literal

from biasinit.specs.networks.base import Classifier
from biasinit.specs.networks.layout import Layout


@dataclass(frozen=True, slots=True, kw_only=True)
class DeepMnist(Classifier):
    """For 28×28 images: conv 5×5×32 – pool – conv 5×5×64 – pool – dense 128.

    The convolutions are those of TensorFlow's "Deep MNIST for experts".
    """

    kind: Literal["deep_mnist"] = "deep_mnist"

    @property
    def layout(self) -> Layout:
        """The layers of the network."""
        return Layout(layers=(32, "pool", 64, "pool"), kernel=5, dense=(128,), biases=self.biases)
