"""Schemes of a user's own that are given what the layer's units see of training images."""

import textwrap

import numpy as np
import pytest
import torch
from shards import description, only_block

import specifications
from biasinit.errors import OwnCodeError
from biasinit.networks.architectures import build_network
from biasinit.networks.initialisation import initial_state
from biasinit.plugins.specifications import scheme_of
from biasinit.specs.keys import KeysError, values_of
from biasinit.specs.schemes.base import LayerShape
from biasinit.streams import Purpose, stream

FUNCTIONS = """
    import numpy as np

    given = []


    def minus_median(layer, rng, *, preactivations, scale=1.0):
        given.append((layer, preactivations.shape, rng.random()))
        return -scale * np.median(preactivations, axis=0)


    def too_few(layer, rng, *, preactivations):
        return np.zeros(3)


    def plain(layer, rng):
        return np.zeros(layer.channels)
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "mine.py").write_text(textwrap.dedent(FUNCTIONS))
    return tmp_path


def scheme(folder, name="minus_median", **keys):
    values = {"name": "mine", "kind": "python", "object": f"mine.py:{name}", **keys}
    return scheme_of({"preactivations": True, **values}, folder=folder)


def started(made, *, normalization="none", seed=3, **layout):
    network = build_network(
        specifications.network(**layout),
        image_shape=(8, 8, 1),
        classes=10,
        normalization=normalization,
        hidden_bias=True,
        output_bias=True,
    )
    images = torch.from_numpy(np.random.default_rng(0).normal(size=(30, 8, 8, 1)))
    return network, initial_state(
        network, made, weight_init="he", study_seed=1, seed=seed, dtype=torch.float64, images=images
    )


RESNET = {"kind": "resnet", "depth": 8, "channels": 4}


@pytest.mark.parametrize("normalization", ["none", "batchnorm_shift"])
def test_a_residual_networks_layers_are_given_values_and_channels_in_order(normalization, folder):
    made = scheme(folder)
    network, state = started(made, normalization=normalization, **RESNET)
    shapes = network.layer_shapes()
    given = made.function.__globals__["given"]
    assert [layer.name for layer, *_ in given] == network.hidden_names
    positions = {4: 64, 8: 16, 16: 4}
    for layer, shape, drawn in given:
        assert layer == shapes[layer.name]
        assert layer.kind == "convolution"
        assert shape == (30 * positions[layer.channels], layer.channels)
        assert drawn == stream(1, 3, Purpose.BIAS, name=layer.name).random()
    starts = {name: state.parameters[place] for name, place in network.scheme_biases().items()}
    assert all(starts[name].std() > 0 for name in network.hidden_names)
    assert (starts["output"] == 0).all()


@pytest.mark.parametrize("layout", [{}, {"biases": "per_position"}, RESNET], ids=str)
def test_units_that_start_at_minus_their_median_are_positive_half_of_the_time(layout, folder):
    made = scheme(folder)
    network, state = started(made, **layout)
    seen = {}
    images = torch.from_numpy(np.random.default_rng(0).normal(size=(30, 8, 8, 1)))
    network.train()
    everything = {**state.parameters, **state.buffers}
    torch.func.functional_call(network, everything, (images, seen))
    for layer in network.hidden_names:
        bias = state.parameters[network.scheme_biases()[layer]]
        values = seen[layer].reshape(-1, bias.numel())
        assert values.median(0).values.abs().max() < values.abs().max() / 2
        assert (values > 0).double().mean() == pytest.approx(0.5, abs=0.02)


def test_a_shard_starts_by_them_and_its_description_says_so(folder, small_digits):
    given = values_of(scheme(folder, parameters={"scale": 2.0}))
    shard = description(scheme=given)
    assert shard.scheme.sees_images
    assert shard.scheme == scheme(folder, parameters={"scale": 2.0})
    block = only_block(shard, small_digits)
    biases = block.start["hidden.conv1.layer.bias"]
    assert biases.std() > 0
    assert not torch.equal(biases[0], biases[1]), "seeds differ in weights and images"


def test_descriptions_of_other_schemes_of_ones_own_are_what_they_were(folder):
    assert "preactivations" not in values_of(scheme(folder, "plain", preactivations=False))
    assert values_of(scheme(folder))["preactivations"] is True
    assert not scheme(folder, "plain", preactivations=False).sees_images


def test_before_it_sees_images_a_layer_is_at_zero_and_nothing_is_called(folder, rng):
    layer = LayerShape(name="conv1", index=0, channels=6, fan_in=9, fan_out=54)
    assert scheme(folder, "too_few").start(layer, rng).tolist() == [0] * 6


def test_what_the_function_returns_is_checked(folder, rng):
    layer = LayerShape(name="conv1", index=0, channels=6, fan_in=9, fan_out=54)
    with pytest.raises(OwnCodeError, match=r"must return 6 finite numbers for the layer 'conv1'"):
        scheme(folder, "too_few").start_from(layer, np.zeros((5, 6)), rng)
    with pytest.raises(OwnCodeError, match="unexpected keyword argument 'preactivations'"):
        scheme(folder, "plain").start_from(layer, np.zeros((5, 6)), rng)


def test_keys_that_preactivations_do_not_go_with_are_named(folder):
    with pytest.raises(KeysError, match="layers: must be 'hidden' for a scheme of pre-activations"):
        scheme(folder, layers="all")
    with pytest.raises(KeysError, match="parameters: must not hold 'preactivations', which"):
        scheme(folder, parameters={"preactivations": 3})
