"""What every network of a study has: a name, keys, and the layers they make."""

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from biasinit.specs.keys import Keys, key
from biasinit.specs.limits import Limits, Name
from biasinit.specs.networks.layout import Biases, Layout

CONVOLUTIONAL = "biasinit.networks.convolutional:ConvolutionalNetwork"
SIAMESE = "biasinit.networks.siamese:SiameseNetwork"

Channels = Annotated[int, Limits(ge=1, le=4096)]
Units = Annotated[int, Limits(ge=1, le=65_536)]
Side = Annotated[int, Limits(ge=1, le=15)]
Width = Annotated[float, Limits(gt=0, le=4)]
LayerKeys = tuple[Channels | Literal["pool"], ...]

BIASES = "'shared' has one bias for each channel, 'per_position' one at each position too."
LAYERS = "Channels of each convolution, and 'pool' for a 2×2 maximum, in order."
KERNEL_SIDE = "Side of all convolutions, odd."
WIDTH = "Multiplies the published numbers of channels and units."


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture(Keys):
    """A network: a kind with its keys. A plain name, such as small_cnn, is short for its kind.

    ``made_by`` names the class that is built of the layout, as "module:attribute".
    """

    made_by: ClassVar[str] = CONVOLUTIONAL

    name: Name = field(metadata=key("Name of the network in paths and tables."))

    @property
    def looked_up(self) -> tuple[str, ...]:
        """The class of the network."""
        return (self.made_by,)

    @property
    def layout(self) -> Layout:
        """The layers of the network."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Classifier(Architecture):
    """A network that names classes."""

    biases: Biases = field(default="shared", metadata=key(BIASES))
