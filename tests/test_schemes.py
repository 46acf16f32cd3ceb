import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from biasinit.schemes import (
    KINDS,
    Constant,
    FanInUniform,
    LayerShape,
    Normal,
    PerLayer,
    TruncatedNormal,
    Uniform,
    WithoutBiases,
    WithoutHiddenBiases,
    XavierNormal,
    XavierUniform,
    Zeros,
    scheme_from_mapping,
    scheme_mapping,
)

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
    assert set(KINDS.values()) == tested | {WithoutBiases, WithoutHiddenBiases}


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
    assert scheme_from_mapping(scheme_mapping(scheme)) == scheme


def test_a_mapping_leaves_defaults_out_so_that_a_new_key_re_trains_nothing():
    assert scheme_mapping(Zeros(name="s")) == {"name": "s", "kind": "zeros"}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Normal(name="s", std=-1.0), "'std' must be greater than 0, got -1.0."),
        (lambda: Uniform(name="s", bound=0.0), "'bound' must be greater than 0, got 0.0."),
        (lambda: Constant(name="s", value=math.nan), "'value' must be a finite number, got nan."),
        (
            lambda: PerLayer(name="s", values=()),
            "'values' must name at least one layer, got an empty list.",
        ),
        (
            lambda: PerLayer(name="s", values=(1.0,), layers="all"),
            "'layers' must be 'hidden' for a per-layer scheme, got 'all'.",
        ),
        (
            lambda: scheme_from_mapping({"kind": "ones", "name": "s"}),
            "'kind' must be one of zeros, constant, normal",
        ),
    ],
)
def test_impossible_parameters_are_refused_with_the_value(make, message):
    with pytest.raises(ValueError, match=message):
        make()
