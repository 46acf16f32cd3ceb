"""What every scheme has: a distribution over a layer's bias vector.

A scheme says how the biases of the layers it touches start, whether they are trained, and
which layers it touches (``hidden`` by default: the output bias starts at zero in every arm,
because a common shift of all logits changes nothing). Schemes are plain frozen dataclasses,
so that a study file can name any of them by kind and parameters; sources of the usual
choices are in ``docs/schemes.md``.

Symbols: C = number of channels (units) of the layer, fan_in = weights into one unit,
fan_out = weights out of one input unit (kernel size × output channels).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from biasinit.errors import Problem
from biasinit.specs.keys import Keys, key

if TYPE_CHECKING:  # a machine that trains need not have SciPy
    from scipy.stats.distributions import rv_frozen

Layers = Literal["hidden", "all"]
Output = Literal["zeros", "class_shares"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerShape:
    """What a scheme may know of a layer: its name, place and fans.

    In a module of PyTorch the name is the layer's path there, such as layer1.0.conv2. ``index``
    counts the hidden layers from 0; the output layer has ``is_output`` set. The fans of a
    batch-norm shift are those of the weight before it. ``channels`` is how many biases a scheme is
    to return. ``bias_shape`` is the shape of the layer's biases, (channels,) where nothing is said.
    ``twin_of`` names the layer of the other half of a network that compares pairs, whose first
    weights are this one's too. ``kind`` says what the layer is: "convolution", "linear", or a
    normalisation such as "layer norm" that follows no layer.
    """

    name: str
    index: int
    channels: int
    fan_in: int
    fan_out: int
    is_output: bool = False
    is_convolution: bool = False
    bias_shape: tuple[int, ...] = ()
    twin_of: str = ""
    kind: str = ""

    @property
    def has_biases_of_halves(self) -> bool:
        """Whether each half of a network for pairs has biases of its own, (2, channels)."""
        return len(self.bias_shape) == 2


@dataclass(frozen=True, slots=True, kw_only=True)
class BiasScheme(Keys):
    """Keys that every kind of scheme has.

    ``hidden_bias`` and ``output_bias`` say which layers have a bias at all.
    """

    hidden_bias: ClassVar[bool] = True
    output_bias: ClassVar[bool] = True

    name: str = field(metadata=key("Name of the scheme in paths and tables."))
    trainable: bool = field(default=True, metadata=key("Whether the biases are trained."))
    layers: Layers = field(
        default="hidden",
        metadata=key(
            "Layers whose biases the scheme starts: the hidden ones, or all with the output layer."
        ),
    )
    output: Output = field(
        default="zeros",
        metadata=key(
            "How the output bias starts where the scheme touches hidden layers alone: at zero, or "
            "at the logarithm of the classes' shares of the training images, so that the first "
            "predictions are these shares (the prior of Lin et al. 2017, section 3.3, for several "
            "classes)."
        ),
    )

    @property
    def sees_images(self) -> bool:
        """Whether it starts biases by pre-activations, with ``start_from``."""
        return False

    def touches(self, layer: LayerShape) -> bool:
        """Return whether this scheme decides how the biases of ``layer`` start."""
        return self.layers == "all" or not layer.is_output

    def trains(self, layer: LayerShape) -> bool:
        """Return whether the biases of ``layer`` are trained."""
        return self.trainable or not self.touches(layer)

    def start(self, layer: LayerShape, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return the initial biases of ``layer``, shape (channels,)."""
        if not self.touches(layer):
            return np.zeros(layer.channels)
        return self.draw(layer, rng)

    def draw(self, layer: LayerShape, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return one draw of the scheme's distribution, shape (channels,)."""
        raise NotImplementedError

    def start_from(
        self,
        layer: LayerShape,
        preactivations: NDArray[np.float64],
        rng: np.random.Generator,
    ) -> NDArray[np.float64]:
        """Return initial biases, (biases,), of a scheme that sees images.

        Args:
            layer: whose biases they are; its ``channels`` are how many.
            preactivations: what each ReLU sees without the biases, (values, biases).
            rng: of the layer.

        """
        raise NotImplementedError

    def law(self, layer: LayerShape) -> "rv_frozen | float | None":
        """Return the distribution of a touched layer's biases, by which theory predicts.

        A number stands for a constant; None for a law that has no closed form, or that nobody
        has written down.
        """
        return None


def hidden_layers_alone(scheme: BiasScheme, *, of: str) -> Iterator[Problem]:
    """Yield what is wrong where a scheme that knows hidden layers alone names others."""
    if scheme.layers != "hidden":
        yield Problem(
            key="layers", what=f"must be 'hidden' for {of}, got {scheme.layers!r}.", mend=""
        )
