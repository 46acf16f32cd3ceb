"""Bias-initialisation schemes: a distribution over a layer's bias vector.

A scheme says how the biases of the layers it touches start, whether they are trained, and
which layers it touches (``hidden`` by default: the output bias starts at zero in every arm,
because a common shift of all logits changes nothing). Schemes are plain frozen dataclasses,
so that a study file can name any of them by kind and parameters; sources of the usual
choices are in ``docs/schemes.md``.

Symbols: C = number of channels (units) of the layer, fan_in = weights into one unit,
fan_out = weights out of one input unit (kernel size × output channels).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

ALEXNET_ZEROS = (0, 2)  # places of the hidden layers that start at 0 in AlexNet

Layers = Literal["hidden", "all"]
Fans = Literal["layer", "vector"]
Output = Literal["zeros", "class_shares"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerShape:
    """What a scheme may know of a layer: its name, place and fans.

    ``index`` counts the hidden layers from 0; the output layer has ``is_output`` set. The
    fans of a batch-norm shift are those of the weight before it. ``bias_shape`` is the shape of
    its biases, (channels,) where nothing is said. ``twin_of`` names the layer of the other half
    of a network that compares pairs, whose first weights are this one's too.
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

    @property
    def has_biases_of_halves(self) -> bool:
        """Whether each half of a network for pairs has biases of its own, (2, channels)."""
        return len(self.bias_shape) == 2


_REFUSE_UNKNOWN_KEYS = {"extra": "forbid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class BiasScheme:
    """Keys that every kind of scheme has.

    ``hidden_bias`` and ``output_bias`` say which layers have a bias at all. ``output`` says how
    the output bias starts where the scheme touches hidden layers alone: at zero, or at the
    logarithm of the classes' shares of the training images, so that the first predictions are
    these shares (the prior of Lin et al. 2017, section 3.3, for several classes).
    """

    __pydantic_config__: ClassVar[dict[str, str]] = _REFUSE_UNKNOWN_KEYS
    hidden_bias: ClassVar[bool] = True
    output_bias: ClassVar[bool] = True

    name: str
    trainable: bool = True
    layers: Layers = "hidden"
    output: Output = "zeros"

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


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)


def _require_finite(key: str, value: float) -> None:
    _require(math.isfinite(value), f"'{key}' must be a finite number, got {value!r}.")


def _require_positive(key: str, value: float) -> None:
    _require(math.isfinite(value) and value > 0, f"'{key}' must be greater than 0, got {value!r}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Zeros(BiasScheme):
    """b = 0, the default of Keras, Flax, Lasagne and Caffe, and of the VGG paper."""

    kind: Literal["zeros"] = "zeros"

    def draw(self, layer: LayerShape, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return zeros."""
        return np.zeros(layer.channels)


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant(BiasScheme):
    """b = value: 0.01 (CS231n), 0.1 (TensorFlow's MNIST tutorial), 1.0 (AlexNet, some layers)."""

    value: float
    kind: Literal["constant"] = "constant"

    def __post_init__(self) -> None:
        _require_finite("value", self.value)

    def draw(self, layer: LayerShape, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return the constant."""
        return np.full(layer.channels, self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Normal(BiasScheme):
    """b ~ N(mean, std²): std 1 in tf.random_normal, 0.05 in Keras, (0.5, 0.01) in Koch 2015."""

    std: float
    mean: float = 0.0
    kind: Literal["normal"] = "normal"

    def __post_init__(self) -> None:
        _require_finite("mean", self.mean)
        _require_positive("std", self.std)

    def draw(self, layer: LayerShape, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return normal draws."""
        return rng.normal(self.mean, self.std, layer.channels)


@dataclass(frozen=True, slots=True, kw_only=True)
class TruncatedNormal(BiasScheme):
    """b ~ N(mean, std²) cut at mean ± bound·std, as tf.truncated_normal (realised SD .880 std)."""

    std: float
    mean: float = 0.0
    bound: float = 2.0
    kind: Literal["truncated_normal"] = "truncated_normal"

    def __post_init__(self) -> None:
        _require_finite("mean", self.mean)
        _require_positive("std", self.std)
        _require_positive("bound", self.bound)

    def draw(self, layer: LayerShape, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return truncated normal draws: values beyond the bound are drawn again."""
        standard = rng.standard_normal(layer.channels)
        while (beyond := np.abs(standard) > self.bound).any():
            standard[beyond] = rng.standard_normal(int(beyond.sum()))
        return self.mean + self.std * standard


@dataclass(frozen=True, slots=True, kw_only=True)
class Uniform(BiasScheme):
    """b ~ U(−bound, bound)."""

    bound: float
    kind: Literal["uniform"] = "uniform"

    def __post_init__(self) -> None:
        _require_positive("bound", self.bound)

    def draw(self, layer: LayerShape, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return uniform draws."""
        return rng.uniform(-self.bound, self.bound, layer.channels)


@dataclass(frozen=True, slots=True, kw_only=True)
class FanInUniform(BiasScheme):
    """b ~ U(±1/√fan_in), the default of torch.nn.Conv2d and torch.nn.Linear."""

    kind: Literal["fan_in_uniform"] = "fan_in_uniform"

    def draw(self, layer: LayerShape, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return uniform draws."""
        bound = 1 / math.sqrt(layer.fan_in)
        return rng.uniform(-bound, bound, layer.channels)


def glorot_variance(fans: Fans, layer: LayerShape) -> float:
    """Return 2 / (fan_in + fan_out) (Glorot and Bengio 2010, eq. 12).

    A bias vector has no fans of its own. ``layer`` uses those of the layer's weight;
    ``vector`` follows Keras, which takes fan_in = fan_out = C for a vector of length C.
    """
    fan_sum = layer.fan_in + layer.fan_out if fans == "layer" else 2 * layer.channels
    return 2 / fan_sum


@dataclass(frozen=True, slots=True, kw_only=True)
class XavierUniform(BiasScheme):
    """b ~ U(±√(6 / (fan_in + fan_out))), Xavier (Glorot) initialisation used for biases."""

    fans: Fans = "layer"
    kind: Literal["xavier_uniform"] = "xavier_uniform"

    def draw(self, layer: LayerShape, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return uniform draws of Glorot's variance."""
        bound = math.sqrt(3 * glorot_variance(self.fans, layer))
        return rng.uniform(-bound, bound, layer.channels)


@dataclass(frozen=True, slots=True, kw_only=True)
class XavierNormal(BiasScheme):
    """b ~ N(0, 2 / (fan_in + fan_out)), Xavier (Glorot) initialisation used for biases."""

    fans: Fans = "layer"
    kind: Literal["xavier_normal"] = "xavier_normal"

    def draw(self, layer: LayerShape, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return normal draws of Glorot's variance."""
        return rng.normal(0.0, math.sqrt(glorot_variance(self.fans, layer)), layer.channels)


@dataclass(frozen=True, slots=True, kw_only=True)
class PerLayer(BiasScheme):
    """b = values[i] in hidden layer i, for recipes such as AlexNet's that differ by layer."""

    values: tuple[float, ...]
    kind: Literal["per_layer"] = "per_layer"

    def __post_init__(self) -> None:
        _require(len(self.values) > 0, "'values' must name at least one layer, got an empty list.")
        for value in self.values:
            _require_finite("values", value)
        _require(
            self.layers == "hidden",
            f"'layers' must be 'hidden' for a per-layer scheme, got {self.layers!r}.",
        )

    def draw(self, layer: LayerShape, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return the constant of this layer."""
        _require(
            layer.index < len(self.values),
            f"'values' must name every hidden layer, got {len(self.values)} values and a layer "
            f"number {layer.index + 1} ({layer.name}).",
        )
        return np.full(layer.channels, self.values[layer.index])


@dataclass(frozen=True, slots=True, kw_only=True)
class AlexNet(BiasScheme):
    """b = 0 in hidden layers 1 and 3, value in the others (Krizhevsky et al. 2012, section 5).

    There the value is 1, in the second, fourth and fifth convolution and in the dense hidden
    layers, "providing the ReLUs with positive inputs"; TensorFlow's CIFAR-10 tutorial has 0.1.
    """

    value: float = 1.0
    kind: Literal["alexnet"] = "alexnet"

    def __post_init__(self) -> None:
        _require_finite("value", self.value)
        _require(
            self.layers == "hidden",
            f"'layers' must be 'hidden' for AlexNet's scheme, got {self.layers!r}.",
        )

    def draw(self, layer: LayerShape, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return the constant of this layer."""
        return np.full(layer.channels, 0.0 if layer.index in ALEXNET_ZEROS else self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class ByLayerType(BiasScheme):
    """b = one constant in convolutions, another in dense layers.

    Frossard's widely copied VGG-16 for TensorFlow has 0 in convolutions and 1 in all dense
    layers, the output included (``layers: all``).
    """

    convolution: float
    dense: float
    kind: Literal["by_layer_type"] = "by_layer_type"

    def __post_init__(self) -> None:
        _require_finite("convolution", self.convolution)
        _require_finite("dense", self.dense)

    def draw(self, layer: LayerShape, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return the constant of this layer."""
        return np.full(layer.channels, self.convolution if layer.is_convolution else self.dense)


@dataclass(frozen=True, slots=True, kw_only=True)
class NegativeMixture(BiasScheme):
    """b = −(a random convex combination of pre-activations of data), "he+5" for 5 of them.

    It puts the kink of every ReLU among the data (Steinwart 2019, "A sober look at neural
    network initializations"; ``he+5`` in the code of Holzmüller and Steinwart 2020). Each unit
    mixes ``points`` pre-activations of its own without a bias, at random images (and
    positions), with weights that are uniform over all that sum to one. Layers start in order,
    each seeing the ones before it as they start.
    """

    points: int = 5
    kind: Literal["negative_mixture"] = "negative_mixture"

    def __post_init__(self) -> None:
        _require(self.points >= 1, f"'points' must be at least 1, got {self.points!r}.")
        _require(
            self.layers == "hidden",
            f"'layers' must be 'hidden' for a scheme of pre-activations, got {self.layers!r}.",
        )

    def start_from(
        self, preactivations: NDArray[np.float64], rng: np.random.Generator
    ) -> NDArray[np.float64]:
        """Return initial biases, (biases,).

        Args:
            preactivations: what each ReLU sees without the biases, (values, biases).
            rng: of the layer.

        """
        values, biases = preactivations.shape
        chosen = rng.integers(0, values, (self.points, biases))
        shares = rng.dirichlet(np.ones(self.points), biases).T
        mixed: NDArray[np.float64] = (
            np.take_along_axis(preactivations, chosen, axis=0) * shares
        ).sum(0)
        return -mixed

    def draw(self, layer: LayerShape, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return zeros, where the layer is before it sees images."""
        return np.zeros(layer.channels)


@dataclass(frozen=True, slots=True, kw_only=True)
class WithoutBiases(BiasScheme):
    """No bias anywhere: hidden layers, batch-norm shifts and the output layer have none."""

    kind: Literal["none"] = "none"
    hidden_bias: ClassVar[bool] = False
    output_bias: ClassVar[bool] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WithoutHiddenBiases(BiasScheme):
    """No bias in hidden layers; the output layer keeps its trainable bias."""

    kind: Literal["none_hidden"] = "none_hidden"
    hidden_bias: ClassVar[bool] = False


KINDS: dict[str, type[BiasScheme]] = {
    str(kind.__dataclass_fields__["kind"].default): kind
    for kind in (
        Zeros,
        Constant,
        Normal,
        TruncatedNormal,
        Uniform,
        FanInUniform,
        XavierUniform,
        XavierNormal,
        PerLayer,
        AlexNet,
        ByLayerType,
        NegativeMixture,
        WithoutBiases,
        WithoutHiddenBiases,
    )
}


def scheme_mapping(scheme: BiasScheme) -> dict[str, object]:
    """Return name, kind and the parameters that are not at their defaults."""
    return {
        field.name: getattr(scheme, field.name)
        for field in fields(scheme)
        if field.name in {"name", "kind"} or getattr(scheme, field.name) != field.default
    }


def scheme_from_mapping(mapping: Mapping[str, object]) -> BiasScheme:
    """Return the scheme that a mapping with ``kind`` and its parameters describes.

    Raises:
        ValueError: the kind is unknown or a parameter is impossible.

    """
    kind = mapping.get("kind")
    if kind not in KINDS:
        raise ValueError(f"'kind' must be one of {', '.join(KINDS)}, got {kind!r}.")
    parameters = {key: value for key, value in mapping.items() if key != "kind"}
    if isinstance(parameters.get("values"), list):
        parameters["values"] = tuple(parameters["values"])  # type: ignore[arg-type]
    return KINDS[str(kind)](**parameters)  # type: ignore[arg-type]
