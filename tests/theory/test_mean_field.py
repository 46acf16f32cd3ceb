"""Mean-field predictions: closed forms, published sizes, and wide random networks."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from biasinit.specs.schemes.base import LayerShape
from biasinit.specs.schemes.constant import Constant
from biasinit.specs.schemes.fan_in_uniform import FanInUniform
from biasinit.specs.schemes.normal import Normal
from biasinit.specs.schemes.per_layer import PerLayer
from biasinit.specs.schemes.truncated_normal import TruncatedNormal
from biasinit.specs.schemes.uniform import Uniform
from biasinit.specs.schemes.xavier import XavierNormal, XavierUniform
from biasinit.specs.schemes.zeros import Zeros
from biasinit.theory.mean_field import (
    BiasLaw,
    bias_law,
    first_layer_active_fraction,
    mean_field,
    patch_squared_norms,
    rectified_mean,
    rectified_second_moment,
    weight_gain,
)

LAYER = LayerShape(name="conv2", index=1, channels=64, fan_in=576, fan_out=576)
DEPTH = 13


def predicted(law, *, gain=2.0, depth=DEPTH, **inputs):
    return mean_field([law] * depth, [gain] * depth, **inputs)


def law_of(scheme):
    found = bias_law(scheme, LAYER)
    assert found is not None
    return found


def test_without_biases_the_correlation_follows_the_arc_cosine_kernel():
    """Cho and Saul 2009, eq. 6 (n = 1)."""
    correlation = 0.2
    layers = predicted(BiasLaw.constant(0), correlation=correlation)
    for layer in layers:
        assert layer.correlation == pytest.approx(correlation, abs=1e-6)
        assert layer.second_moment == pytest.approx(2)
        assert layer.active_fraction == 0.5
        assert layer.gradient_factor == pytest.approx(1)
        angle = math.acos(correlation)
        correlation = (math.sin(angle) + (math.pi - angle) * correlation) / math.pi


@pytest.mark.parametrize(
    ("scheme", "second_moment", "correlation", "active", "gradient"),
    [
        (Zeros(name="s"), 2.0, 0.897, 0.500, 1.0),
        (Constant(name="s", value=0.01), 2.28, 0.901, 0.503, 1.07),
        (Constant(name="s", value=0.1), 5.7, 0.922, 0.517, 1.7),
        (Constant(name="s", value=0.2), 11.4, 0.936, 0.524, 2.5),
        (Constant(name="s", value=0.5), 41, 0.955, 0.531, 4.5),
        (Constant(name="s", value=1.0), 133, 0.968, 0.535, 7.3),
        (Constant(name="s", value=-0.1), 0.24, 0.82, 0.418, 0.28),
        (Normal(name="s", std=0.05), 2.03, 0.898, 0.5, 1.0),
        (Normal(name="s", std=1.0), 15, 0.968, 0.5, 1.0),
        (TruncatedNormal(name="s", std=1.0), 12, 0.964, 0.5, 1.0),
        (FanInUniform(name="s"), 2.01, 0.897, 0.5, 1.0),
    ],
)
def test_thirteen_layers_of_he_weights(scheme, second_moment, correlation, active, gradient):
    last = predicted(law_of(scheme))[-1]
    assert last.second_moment == pytest.approx(second_moment, rel=0.02)
    assert last.correlation == pytest.approx(correlation, abs=0.002)
    assert last.active_fraction == pytest.approx(active, abs=0.001)
    assert last.gradient_factor == pytest.approx(gradient, rel=0.03)


def test_weights_that_contract_are_not_saved_by_any_bias():
    vanished = predicted(BiasLaw.constant(0), gain=1 / 3)[-1]
    assert vanished.second_moment == pytest.approx((1 / 3) * (1 / 6) ** 12, rel=1e-6)
    constant = predicted(law_of(FanInUniform(name="s")), gain=1 / 3)[-1]
    assert constant.second_moment > 1e-4
    assert constant.correlation > 0.9999


@pytest.mark.slow
@pytest.mark.parametrize("value", [-0.5, 0.0, 0.3, 1.0])
def test_wide_random_networks_do_what_is_predicted(value):
    rng = np.random.default_rng(4)
    width, depth, count, networks = 250, 4, 20, 60
    found = np.empty((networks, depth, 4))
    for network in range(networks):
        features = rng.normal(size=(count, width))
        for layer in range(depth):
            z = features @ rng.normal(0, math.sqrt(2 / width), (width, width)) + value
            products = (z @ z.T / width)[np.triu_indices(count, 1)]
            found[network, layer] = (z > 0).mean(), (z**2).mean(), z.mean(), products.mean()
            features = np.maximum(z, 0)
    errors = found.std(0, ddof=1) / math.sqrt(networks)
    layers = mean_field([BiasLaw.constant(value)] * depth, [2.0] * depth)
    expected = [
        (
            layer.active_fraction,
            layer.second_moment,
            layer.preactivation_mean,
            layer.correlation * layer.second_moment,
        )
        for layer in layers
    ]
    assert (np.abs(found.mean(0) - expected) < 4.5 * errors + 0.01 * np.abs(expected)).all()


@given(
    st.floats(-3, 3),
    st.floats(0.05, 4),
)
def test_moments_of_a_rectified_gaussian(mean, deviation):
    grid = np.linspace(-10, 10, 20_001)
    weights = stats.norm.pdf(grid)
    weights /= weights.sum()
    rectified = np.maximum(mean + deviation * grid, 0)
    assert rectified_mean(np.array(mean), deviation) == pytest.approx(weights @ rectified, abs=1e-5)
    assert rectified_second_moment(np.array(mean), deviation) == pytest.approx(
        weights @ rectified**2, abs=1e-5
    )


@pytest.mark.parametrize(
    "scheme",
    [
        Zeros(name="s"),
        Constant(name="s", value=0.3),
        PerLayer(name="s", values=(0.0, 1.0)),
        Normal(name="s", std=0.2, mean=0.5),
        TruncatedNormal(name="s", std=0.7, mean=-0.1),
        Uniform(name="s", bound=0.4),
        FanInUniform(name="s"),
        XavierUniform(name="s"),
        XavierUniform(name="s", fans="vector"),
        XavierNormal(name="s"),
    ],
)
def test_draws_follow_the_stated_distribution(scheme):
    rng = np.random.default_rng(8)
    draws = np.concatenate([scheme.start(LAYER, rng) for _ in range(200)])
    law = scheme.law(LAYER)
    if isinstance(law, float):
        assert (draws == law).all()
        return
    assert stats.kstest(draws, law.cdf).pvalue > 1e-3
    assert draws.mean() == pytest.approx(law.mean(), abs=5 * law.std() / math.sqrt(len(draws)))
    assert draws.std() == pytest.approx(law.std(), rel=0.03)
    lower, upper = law.support()
    assert lower <= draws.min()
    assert draws.max() <= upper


def test_patches_with_zero_padding():
    images = np.arange(18, dtype=float).reshape(1, 3, 3, 2)
    norms = patch_squared_norms(images, kernel=3)
    assert norms[0, 1, 1] == (images**2).sum()
    assert norms[0, 0, 0] == (images[0, :2, :2] ** 2).sum()
    assert patch_squared_norms(images, kernel=None).tolist() == [(images**2).sum()]


def test_a_blank_patch_is_active_exactly_where_the_bias_is_positive():
    blank = np.zeros((2, 4, 4, 1))

    def share(value):
        law = BiasLaw.constant(value)
        return first_layer_active_fraction(blank, law, kernel=3, weight_variance=0.1)

    assert [share(-0.1), share(0.0), share(0.01)] == [0, 0, 1]


def test_gains_of_weight_initialisations():
    assert weight_gain("he", LAYER) == 2
    assert weight_gain("glorot", LAYER) == 1
    assert weight_gain("pytorch", LAYER) == pytest.approx(1 / 3)
    assert weight_gain("small_normal", LAYER) == pytest.approx(0.0576)


@pytest.mark.parametrize(
    "wrong", [{"second_moment": 0.0}, {"second_moment": -1.0}, {"correlation": 1.5}]
)
def test_impossible_moments_are_refused(wrong):
    with pytest.raises(ValueError, match="must be positive"):
        predicted(BiasLaw.constant(0), **wrong)


def test_lists_of_unequal_length_are_refused():
    with pytest.raises(ValueError, match="equally long"):
        mean_field([BiasLaw.constant(0)], [])
