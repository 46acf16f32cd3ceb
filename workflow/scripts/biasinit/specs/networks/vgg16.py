"""VGG-16 as it is used for images of 32×32 pixels."""

from dataclasses import dataclass, field
from typing import Literal

from biasinit.specs.keys import key
from biasinit.specs.networks.base import WIDTH, Classifier, Width
from biasinit.specs.networks.layout import ConvolutionOrPool, Layout, widened

LAYERS: tuple[ConvolutionOrPool, ...] = (
    *(64, 64, "pool"),
    *(128, 128, "pool"),
    *(256, 256, 256, "pool"),
    *(512, 512, 512, "pool"),
    *(512, 512, 512, "pool"),
)
SIDE = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Vgg16(Classifier):
    """The 13 convolutions of VGG-16 and no dense layer, as is usual for images of 32×32.

    Configuration D of Simonyan and Zisserman (2014), table 1.
    """

    kind: Literal["vgg16"] = "vgg16"
    width: Width = field(default=1.0, metadata=key(WIDTH))

    @property
    def layout(self) -> Layout:
        """The layers of the network."""
        return Layout(layers=widened(LAYERS, self.width), biases=self.biases, side=SIDE)
