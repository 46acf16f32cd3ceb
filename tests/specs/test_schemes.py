import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import specifications
from biasinit.plugins.own_scheme import OwnScheme
from biasinit.plugins.registry import SCHEMES
from biasinit.plugins.resolve import resolve
from biasinit.specs.keys import values_of
from biasinit.specs.schemes.alexnet import AlexNet
from biasinit.specs.schemes.base import LayerShape
from biasinit.specs.schemes.by_layer_type import ByLayerType
from biasinit.specs.schemes.constant import Constant
from biasinit.specs.schemes.fan_in_uniform import FanInUniform
from biasinit.specs.schemes.negative_mixture import NegativeMixture
from biasinit.specs.schemes.normal import Normal
from biasinit.specs.schemes.per_layer import PerLayer
from biasinit.specs.schemes.truncated_normal import TruncatedNormal
from biasinit.specs.schemes.uniform import Uniform
from biasinit.specs.schemes.without import WithoutBiases, WithoutHiddenBiases
from biasinit.specs.schemes.xavier import XavierNormal, XavierUniform
from biasinit.specs.schemes.zeros import Zeros

CHANNELS = 40_000
LAYER = LayerShape(name="conv2", index=1, channels=CHANNELS, fan_in=144, fan_out=288)
OUTPUT = LayerShape(name="output", index=3, channels=10, fan_in=64, fan_out=10, is_output=True)

GLOROT_STD = math.sqrt(2 / (144 + 288))
DISTRIBUTIONS = {
    "zeros": (Zeros(name="s"), 0, 0, 0),
    "constant": (Constant(name="s", value=0.01), 0.01, 0, 0.01),
    "normal": (Normal(name="s", std=1.0), 0, 1, math.inf),
    "koch": (Normal(name="s", mean=0.5, std=0.01), 0.5, 0.01, math.inf),
    "truncated normal": (TruncatedNormal(name="s", std=1.0), 0, 0.8796, 2),
    "uniform": (Uniform(name="s", bound=0.3), 0, 0.3 / math.sqrt(3), 0.3),
    "fan-in uniform": (FanInUniform(name="s"), 0, 1 / math.sqrt(3 * 144), 1 / 12),
    "xavier uniform": (XavierUniform(name="s"), 0, GLOROT_STD, GLOROT_STD * math.sqrt(3)),
    "xavier normal": (XavierNormal(name="s"), 0, GLOROT_STD, math.inf),
    "xavier of the vector": (
        XavierUniform(name="s", fans="vector"), 0, 1 / math.sqrt(CHANNELS), math.sqrt(3 / CHANNELS),
    ),
    "alexnet": (AlexNet(name="s"), 1, 0, 1),
    "by type of layer": (ByLayerType(name="s", convolution=0.0, dense=0.5), 0.5, 0, 0.5),
    "before it sees images": (NegativeMixture(name="s"), 0, 0, 0),
    "per layer": (PerLayer(name="s", values=(0.0, 1.0, 0.5)), 1, 0, 1),
}  # fmt: skip


@pytest.mark.parametrize("case", DISTRIBUTIONS)
def test_a_scheme_has_the_mean_spread_and_support_of_its_definition(case, rng):
    scheme, mean, std, bound = DISTRIBUTIONS[case]
    biases = scheme.start(LAYER, rng)
    assert biases.shape == (CHANNELS,)
    assert biases.mean() == pytest.approx(mean, abs=5 * std / math.sqrt(CHANNELS) + 1e-12)
    # the SD of a sample SD is at most std·√(kurtosis/4n); 5 of them
    assert biases.std() == pytest.approx(std, abs=5 * std / math.sqrt(CHANNELS) + 1e-12)
    assert np.abs(biases).max() <= bound


def test_every_kind_has_a_distribution_test_or_has_no_biases():
    tested = {type(scheme) for scheme, *_ in DISTRIBUTIONS.values()}
    kinds = {resolve(place) for place in SCHEMES.values()}
    assert kinds == tested | {WithoutBiases, WithoutHiddenBiases, OwnScheme}


@pytest.mark.parametrize("case", DISTRIBUTIONS)
def test_the_output_bias_starts_at_zero_and_is_trained_unless_a_study_names_it(case, rng):
    scheme = DISTRIBUTIONS[case][0]
    assert np.array_equal(scheme.start(OUTPUT, rng), np.zeros(10))
    assert scheme.trains(OUTPUT)


def test_a_scheme_for_all_layers_touches_the_output(rng):
    scheme = Constant(name="s", value=0.5, layers="all", trainable=False)
    assert np.array_equal(scheme.start(OUTPUT, rng), np.full(10, 0.5))
    assert not scheme.trains(OUTPUT)


def test_none_has_no_biases_and_none_hidden_keeps_the_output_bias():
    none, none_hidden = WithoutBiases(name="s"), WithoutHiddenBiases(name="s")
    assert (none.hidden_bias, none.output_bias) == (False, False)
    assert (none_hidden.hidden_bias, none_hidden.output_bias) == (False, True)


@given(st.sampled_from(list(DISTRIBUTIONS)))
def test_a_mapping_gives_the_scheme_back(case):
    scheme = DISTRIBUTIONS[case][0]
    assert specifications.scheme(**values_of(scheme)) == scheme


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Normal(name="s", std=-1.0), "std: must be greater than 0, got -1.0."),
        (lambda: Uniform(name="s", bound=0.0), "bound: must be greater than 0, got 0.0."),
        (lambda: Constant(name="s", value=math.nan), "value: must be a finite number, got nan."),
        (
            lambda: PerLayer(name="s", values=()),
            "values: must name at least one layer, got an empty list.",
        ),
        (
            lambda: PerLayer(name="s", values=(1.0,), layers="all"),
            "layers: must be 'hidden' for a per-layer scheme, got 'all'.",
        ),
        (
            lambda: specifications.scheme(kind="ones", name="s"),
            "'kind' must be one of zeros, constant, normal",
        ),
    ],
)
def test_impossible_parameters_are_refused_with_the_value(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_alexnet_starts_its_first_and_third_hidden_layer_at_zero(rng):
    values = [
        AlexNet(name="s", value=0.1).start(
            LayerShape(name="l", index=index, channels=1, fan_in=9, fan_out=9), rng
        )[0]
        for index in range(7)
    ]
    assert values == [0, 0.1, 0, 0.1, 0.1, 0.1, 0.1]


def test_frossard_starts_convolutions_at_zero_and_every_dense_layer_at_one(rng):
    scheme = ByLayerType(name="frossard", convolution=0.0, dense=1.0, layers="all")
    convolution = LayerShape(
        name="conv1", index=0, channels=3, fan_in=9, fan_out=9, is_convolution=True
    )
    assert scheme.start(convolution, rng).tolist() == [0, 0, 0]
    assert scheme.start(OUTPUT, rng).tolist() == [1] * 10


def test_a_mixture_of_preactivations_has_their_mean_and_its_share_of_their_variance(rng):
    """Shares uniform on the simplex of n have E[Σw²] = 2 / (n + 1) (Dirichlet)."""
    seen = rng.normal(3.0, 2.0, (400, CHANNELS))
    start = NegativeMixture(name="s").start_from(LAYER, seen, rng)
    assert start.mean() == pytest.approx(-3.0, abs=0.05)
    assert start.std() == pytest.approx(2.0 * math.sqrt(2 / 6), rel=0.03)


def test_a_mixture_of_one_is_a_preactivation_of_the_unit_itself(rng):
    seen = np.arange(12.0).reshape(3, 4)
    start = NegativeMixture(name="s", points=1).start_from(LAYER, seen, rng)
    for unit in range(4):
        assert np.isclose(-start[unit], seen[:, unit]).any()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: AlexNet(name="s", value=math.inf), "value: must be a finite number"),
        (lambda: AlexNet(name="s", layers="all"), "layers: must be 'hidden'"),
        (lambda: ByLayerType(name="s", convolution=math.nan, dense=0), "convolution: must be"),
        (lambda: ByLayerType(name="s", convolution=0, dense=math.inf), "dense: must be"),
        (
            lambda: NegativeMixture(name="s", points=0),
            "points: must be greater than",
        ),
        (lambda: NegativeMixture(name="s", layers="all"), "layers: must be 'hidden'"),
    ],
)
def test_impossible_keys_of_recipes_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
