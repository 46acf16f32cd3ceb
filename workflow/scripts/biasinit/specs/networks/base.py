"""What every network of a study has: a name, keys, and the layers they make."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from biasinit.specs.keys import Keys, key
from biasinit.specs.limits import Limits, Name
from biasinit.specs.networks.layout import Biases, Layout

CONVOLUTIONAL = "biasinit.networks.convolutional:ConvolutionalNetwork"
SIAMESE = "biasinit.networks.siamese:SiameseNetwork"
MODULE = "biasinit.networks.own_module:OwnModuleNetwork"

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
    def layout(self) -> Layout | None:
        """The layers of the network; None of a module of PyTorch, which is not made of a layout."""
        return None

    @property
    def compares_pairs(self) -> bool:
        """Whether the network sees two images and says whether they show the same."""
        return self.layout is not None and self.layout.compares_pairs


@dataclass(frozen=True, slots=True, kw_only=True)
class Classifier(Architecture):
    """A network that names classes."""

    biases: Biases = field(default="shared", metadata=key(BIASES))


@dataclass(frozen=True, slots=True, kw_only=True)
class Module(Architecture):
    """A network that a factory makes, of PyTorch's own layers."""

    made_by: ClassVar[str] = MODULE

    @property
    def factory(self) -> str:
        """What makes the module, as "module:attribute" or "file.py:attribute"."""
        raise NotImplementedError

    def factory_arguments(self, *, channels: int, classes: int) -> Mapping[str, Any]:
        """Return what the factory is given by keyword.

        Args:
            channels: of the images.
            classes: of the logits.

        """
        raise NotImplementedError
