"""Plain convolutional networks of any depth."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from biasinit.specs.keys import key
from biasinit.specs.limits import Limits
from biasinit.specs.networks.base import Channels, Classifier
from biasinit.specs.networks.layout import ConvolutionOrPool, Layout


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainCnn(Classifier):
    """Convolutions 3×3, pooled after each third, then the mean over positions."""

    kind: Literal["plain_cnn"] = "plain_cnn"
    depth: Annotated[int, Limits(ge=1, le=64)] = field(
        default=8, metadata=key("Number of convolutions.")
    )
    channels: Channels = field(default=64, metadata=key("Channels of every convolution."))

    @property
    def layout(self) -> Layout:
        """The layers of the network."""
        return Layout(
            layers=plain_layers(self.depth, self.channels),
            global_average=True,
            biases=self.biases,
        )


def plain_layers(depth: int, channels: int) -> tuple[ConvolutionOrPool, ...]:
    """Return ``depth`` convolutions, with a pool after the first and the second third."""
    pools = {round(depth / 3), round(2 * depth / 3)} if depth >= 3 else set()
    found: list[ConvolutionOrPool] = []
    for number in range(1, depth + 1):
        found.append(channels)
        if number in pools:
            found.append("pool")
    return tuple(found)
