"""Biases that start by what the network makes of training images ("he+5")."""

import numpy as np
import pytest
import torch
from torch.func import functional_call

from biasinit.networks.architectures import build_network
from biasinit.networks.initialisation import initial_state
from biasinit.networks.operations import GATHERED
from biasinit.specs.schemes.negative_mixture import NegativeMixture
from specifications import network

SCHEME = NegativeMixture(name="he+5")


def state_of(
    images,
    *,
    normalization="none",
    seed=3,
    dtype=torch.float64,
    operations=None,
    device="cpu",
    **layout,
):
    made = build_network(
        network(**layout),
        image_shape=(8, 8, 1),
        classes=10,
        normalization=normalization,
        hidden_bias=True,
        output_bias=True,
    )
    if operations is not None:
        made.use(operations)
    state = initial_state(
        made.to(device),
        SCHEME,
        weight_init="he",
        study_seed=1,
        seed=seed,
        dtype=dtype,
        images=images,
    )
    return made, state


@pytest.fixture
def images(rng):
    return torch.from_numpy(rng.normal(size=(150, 8, 8, 1)))


@pytest.mark.parametrize("normalization", ["none", "batchnorm_shift"])
@pytest.mark.parametrize("layout", [{}, {"biases": "per_position"}], ids=repr)
def test_every_kink_lies_among_the_data(normalization, layout, images):
    """A unit's pre-activations without the bias go beyond minus its bias on both sides."""
    network, state = state_of(images, normalization=normalization, **layout)
    network.train()
    for layer, name in network.scheme_biases().items():
        if layer == "output":
            assert (state.parameters[name] == 0).all()
            continue
        without = {**state.parameters, name: torch.zeros_like(state.parameters[name])}
        buffers = {key: value.clone() for key, value in state.buffers.items()}
        seen = {}
        functional_call(network, (without, buffers), (images, seen))
        bias = state.parameters[name]
        values = seen[layer].reshape(-1, bias.numel())
        # batch norm over other images than those that were drawn moves values a little
        slack = 0.3 if normalization == "batchnorm_shift" else 0.0
        assert (values.min(0).values - slack <= -bias.flatten()).all()
        assert (values.max(0).values + slack >= -bias.flatten()).all()
        assert bias.std() > 0


def test_the_start_does_not_depend_on_the_engine_and_leaves_the_network_as_it_was(images):
    _, plain = state_of(images, dtype=torch.float32)
    network, other = state_of(images, dtype=torch.float32, operations=GATHERED)
    for name, value in plain.parameters.items():
        assert torch.equal(value, other.parameters[name])
    assert network.operations is GATHERED


def test_seeds_see_other_images_and_one_seed_always_the_same(images):
    first, again, other = (state_of(images, seed=seed)[1] for seed in (3, 3, 4))
    name = "hidden.conv1.layer.bias"
    assert torch.equal(first.parameters[name], again.parameters[name])
    assert not np.array_equal(first.parameters[name], other.parameters[name])


def test_without_images_it_says_what_is_missing():
    with pytest.raises(ValueError, match="'he\\+5' needs 'images'"):
        state_of(None)


@pytest.mark.parametrize("normalization", ["none", "batchnorm_shift", "batchnorm"])
def test_a_member_starts_the_same_wherever_the_network_is(normalization, images):
    """A device without data stands in for a GPU: nothing may be computed with what lies there."""
    _, here = state_of(images, normalization=normalization)
    _, there = state_of(images, normalization=normalization, device="meta")
    assert here.weights_hash == there.weights_hash
    for ours, theirs in ((here.parameters, there.parameters), (here.buffers, there.buffers)):
        assert ours.keys() == theirs.keys()
        assert all(torch.equal(value, theirs[name]) for name, value in ours.items())
