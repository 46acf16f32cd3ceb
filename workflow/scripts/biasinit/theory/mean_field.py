"""What theory predicts of a network at its start: mean-field recursions for ReLU.

In the limit of infinite width the pre-activations of a layer are Gaussian over the random
weights (Poole et al. 2016, "Exponential expressivity in deep neural networks through
transient chaos"; Schoenholz et al. 2017, "Deep information propagation"). Their variance and
their covariance between two inputs follow a recursion from layer to layer, here for
rectified units and for any law of the biases. Width, pooling and the positions of a
convolution are ignored, so the order of schemes is to be trusted more than the levels.

Symbols: q = variance of a pre-activation over the weights, c = its covariance between two
different inputs, gain = fan_in · Var(W) (2 for He weights), b = bias.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from biasinit.specs.schemes.base import BiasScheme, LayerShape

QUANTILES = 400  # a law of biases is represented by so many of its quantiles
GRID = 401  # points of the integral over what two inputs share
GRID_END = 9.0  # standard deviations; beyond it lies less than 1e-18
INPUTS = 10_000  # inputs times positions among which a unit counts as dead or always on

# Var(W) of each weight initialisation that is random
WEIGHT_VARIANCES: dict[str, Callable[[LayerShape], float]] = {
    "he": lambda shape: 2 / shape.fan_in,
    "glorot": lambda shape: 2 / (shape.fan_in + shape.fan_out),
    "pytorch": lambda shape: 1 / (3 * shape.fan_in),
    "small_normal": lambda shape: 1e-4,
    "koch": lambda shape: 1e-4 if shape.is_convolution else 0.04,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BiasLaw:
    """A distribution of biases as values (nodes,) with probabilities (nodes,)."""

    values: NDArray[np.float64]
    probabilities: NDArray[np.float64]

    @classmethod
    def constant(cls, value: float) -> "BiasLaw":
        """Return the law of a constant."""
        return cls(values=np.array([float(value)]), probabilities=np.ones(1))

    @classmethod
    def of_quantiles(cls, law: "stats.distributions.rv_frozen") -> "BiasLaw":
        """Return a continuous law, represented by its mid-quantiles."""
        levels = (np.arange(QUANTILES) + 0.5) / QUANTILES
        values = np.asarray(law.ppf(levels), dtype=np.float64)
        return cls(values=values, probabilities=np.full(QUANTILES, 1 / QUANTILES))

    @property
    def second_moment(self) -> float:
        """E[b²]."""
        return float(self.probabilities @ self.values**2)


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerPrediction:
    """What theory says of one layer at the start.

    Attributes:
        second_moment: E[z²] over units, of the pre-activation z.
        correlation: of the pre-activations of two different inputs, over units.
        active_fraction: share of units that are positive for an input.
        dead_fraction: share of units that are positive for no input.
        always_on_fraction: share of units that are positive for every input.
        gradient_factor: what layers up to this one multiply the squared norm of a gradient
            with on its way back (∏χ).
        preactivation_mean: E[z] over units and inputs.
        preactivation_std: SD of z over units and inputs.

    """

    second_moment: float
    correlation: float
    active_fraction: float
    dead_fraction: float
    always_on_fraction: float
    gradient_factor: float
    preactivation_mean: float
    preactivation_std: float


def bias_law(scheme: BiasScheme, layer: LayerShape) -> BiasLaw | None:
    """Return the law that a scheme draws a layer's biases from, or None where it has none.

    Layers without biases, or that the scheme does not touch, have the constant 0.
    """
    found = scheme.law(layer) if scheme.touches(layer) else 0.0
    if found is None:
        return None
    return (
        BiasLaw.constant(found) if isinstance(found, float | int) else BiasLaw.of_quantiles(found)
    )


def weight_gain(weight_init: str, layer: LayerShape) -> float:
    """Return fan_in · Var(W) of a layer under a weight initialisation.

    Raises:
        KeyError: the weights of ``weight_init`` are not random.

    """
    return float(layer.fan_in * WEIGHT_VARIANCES[weight_init](layer))


def mean_field(
    laws: Sequence[BiasLaw],
    gains: Sequence[float],
    *,
    second_moment: float = 1.0,
    correlation: float = 0.0,
    inputs: int = INPUTS,
) -> tuple[LayerPrediction, ...]:
    """Return predictions for each of a stack of rectified layers, in order.

    With z = w + b, w ~ N(0, q) over the weights: q' = gain · E[ReLU(z)²] and
    c' = gain · E[ReLU(z₁) ReLU(z₂)] (Poole et al. 2016, eq. 3 and 5, for ReLU), where the
    expectations are over w, which two inputs share in part, and b, which they share whole.
    A unit is dead when its largest of ``inputs`` values is not positive: the values of one
    unit scatter around what inputs share with variance q − c, and the largest of n Gaussian
    values lies near their (1 − 1/n) quantile.

    Args:
        laws: of the biases of each layer.
        gains: fan_in · Var(W) of each layer.
        second_moment: E[x²] of the network's inputs.
        correlation: E[x x'] / E[x²] of two different inputs.
        inputs: number of inputs (times positions).

    Raises:
        ValueError: the two lists differ in length, or a moment is impossible.

    """
    if len(laws) != len(gains):
        raise ValueError(f"'laws' and 'gains' must be equally long, got {len(laws)}, {len(gains)}.")
    if not second_moment > 0 or not 0 <= correlation <= 1:
        raise ValueError(
            "'second_moment' must be positive and 'correlation' in [0, 1], "
            f"got {second_moment}, {correlation}."
        )
    shared = np.linspace(-GRID_END, GRID_END, GRID)
    weights = stats.norm.pdf(shared)
    weights /= weights.sum()
    extreme = float(stats.norm.isf(1 / inputs))
    moment, product, factor = second_moment, second_moment * correlation, 1.0
    found = []
    for law, gain in zip(laws, gains, strict=True):
        variance, covariance = gain * moment, gain * product
        b, probability = law.values, law.probabilities
        deviation = math.sqrt(variance)
        within = math.sqrt(max(variance - covariance, np.finfo(float).tiny))
        reach = extreme * within
        # (nodes, grid): what all inputs of a unit have in common
        common = b[:, None] + math.sqrt(covariance) * shared
        joint = probability[:, None] * weights
        active = float(probability @ stats.norm.cdf(b / deviation))
        factor *= gain * active
        total = variance + law.second_moment
        mean = float(probability @ b)
        found.append(
            LayerPrediction(
                second_moment=total,
                correlation=(covariance + law.second_moment) / total,
                active_fraction=active,
                dead_fraction=float(probability @ _below_zero(b + reach, covariance)),
                always_on_fraction=float(probability @ _below_zero(reach - b, covariance)),
                gradient_factor=factor,
                preactivation_mean=mean,
                preactivation_std=math.sqrt(total - mean**2),
            )
        )
        moment = float(probability @ rectified_second_moment(b, deviation))
        product = float((joint * rectified_mean(common, within) ** 2).sum())
    return tuple(found)


def normalized_layer(law: BiasLaw) -> LayerPrediction:
    """Return what is known of a layer whose shift follows batch normalisation.

    Its pre-activations have mean b and SD 1 over the batch, near Gaussian for wide layers, so
    the active share is E_b Φ(b). What inputs share, and so dead units, depends on the layers
    before it and is NaN.
    """
    b, probability = law.values, law.probabilities
    mean = float(probability @ b)
    return LayerPrediction(
        second_moment=1 + law.second_moment,
        correlation=math.nan,
        active_fraction=float(probability @ stats.norm.cdf(b)),
        dead_fraction=math.nan,
        always_on_fraction=math.nan,
        gradient_factor=math.nan,
        preactivation_mean=mean,
        preactivation_std=math.sqrt(1 + law.second_moment - mean**2),
    )


def _below_zero(mean: NDArray[np.float64], variance: float) -> NDArray[np.float64]:
    """Return P(z ≤ 0) for z ~ N(mean, variance), which may be 0."""
    if variance == 0:
        return (mean <= 0).astype(np.float64)
    below: NDArray[np.float64] = stats.norm.cdf(-mean / math.sqrt(variance))
    return below


def rectified_mean(mean: NDArray[np.float64], deviation: float) -> NDArray[np.float64]:
    """Return E[ReLU(z)] for z ~ N(mean, deviation²): μΦ(μ/σ) + σφ(μ/σ)."""
    ratio = mean / deviation
    value: NDArray[np.float64] = mean * stats.norm.cdf(ratio) + deviation * stats.norm.pdf(ratio)
    return value


def rectified_second_moment(mean: NDArray[np.float64], deviation: float) -> NDArray[np.float64]:
    """Return E[ReLU(z)²] for z ~ N(mean, deviation²): (μ² + σ²)Φ(μ/σ) + μσφ(μ/σ)."""
    ratio = mean / deviation
    value: NDArray[np.float64] = (mean**2 + deviation**2) * stats.norm.cdf(
        ratio
    ) + mean * deviation * stats.norm.pdf(ratio)
    return value


def first_layer_active_fraction(
    images: NDArray[np.float64], law: BiasLaw, *, kernel: int | None, weight_variance: float
) -> float:
    """Return the expected share of positive pre-activations in the first layer.

    Given a patch x of the input, z = w·x + b with w·x ~ N(0, Var(W) ‖x‖²) exactly for normal
    weights, so the share is the mean over patches of E_b Φ(b / √(Var(W) ‖x‖²)), which for He
    weights is Φ(b / √(2 ‖x‖² / fan_in)). A blank patch has z = b.

    Args:
        images: (images, height, width, channels), as the network sees them.
        law: of the biases of the first layer.
        kernel: side of a convolution with zero padding ("same"), or None for a dense layer.
        weight_variance: Var(W).

    """
    squared = patch_squared_norms(images, kernel=kernel).ravel()
    deviation = np.sqrt(weight_variance * squared)
    b = law.values[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        positive = np.where(deviation > 0, stats.norm.cdf(b / deviation), (b > 0).astype(float))
    return float(law.probabilities @ positive.mean(1))


def patch_squared_norms(images: NDArray[np.float64], *, kernel: int | None) -> NDArray[np.float64]:
    """Return ‖x‖² of every patch that a unit of the first layer sees.

    The shape is (images, height, width), or (images,) for a dense layer.
    """
    energy = (images**2).sum(-1)
    if kernel is None:
        return np.asarray(energy.reshape(len(images), -1).sum(1))
    reach = kernel // 2
    padded = np.pad(energy, ((0, 0), (reach, reach), (reach, reach)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (kernel, kernel), axis=(1, 2))
    return np.asarray(windows.sum((-2, -1)))
