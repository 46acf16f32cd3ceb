"""The residual networks of He et al. (2015) for small images."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Literal

from biasinit.errors import Problem
from biasinit.specs.keys import key
from biasinit.specs.limits import Limits
from biasinit.specs.networks.base import Channels, Classifier
from biasinit.specs.networks.layout import Block, LayerOfLayout, Layout

STAGES = 3  # with images of full, half and a quarter of the side
LAYERS_OF_A_BLOCK = 6  # two convolutions in each of three stages
OTHER_LAYERS = 2  # the first convolution and the output


@dataclass(frozen=True, slots=True, kw_only=True)
class ResNet(Classifier):
    """Residual: three stages of blocks with identity skips (He et al. 2015, section 4.2)."""

    kind: Literal["resnet"] = "resnet"
    depth: Annotated[int, Limits(ge=8, le=1202)] = field(
        default=8, metadata=key("Weighted layers, 6n + 2: 8, 14, 20, 32, 44, 56, 110.")
    )
    channels: Channels = field(
        default=16,
        metadata=key("Channels of the first stage; the others have two and four times as many."),
    )

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong with the depth."""
        beyond = (self.depth - OTHER_LAYERS) % LAYERS_OF_A_BLOCK
        if beyond:
            below = self.depth - beyond
            yield Problem(
                key="depth",
                what=f"must be 6n + 2, got {self.depth}.",
                mend=f"The next such numbers are {below} and {below + LAYERS_OF_A_BLOCK}.",
            )

    @property
    def layout(self) -> Layout:
        """The layers of the network."""
        blocks = (self.depth - OTHER_LAYERS) // LAYERS_OF_A_BLOCK
        stages: list[LayerOfLayout] = []
        for stage in range(STAGES):
            channels = self.channels * 2**stage
            first = Block(channels=channels, stride=1 if stage == 0 else 2)
            stages += [first, *[Block(channels=channels)] * (blocks - 1)]
        return Layout(layers=(self.channels, *stages), global_average=True, biases=self.biases)
