"""Networks by their layouts: sizes, published numbers of parameters, biases per position."""

import math

import numpy as np
import pytest
import torch

from biasinit.errors import DataError
from biasinit.networks.architectures import build_network
from biasinit.networks.initialisation import initial_state
from biasinit.networks.tower import enlarged
from biasinit.specs.schemes.normal import Normal
from biasinit.specs.schemes.zeros import Zeros
from specifications import network


def network_of(architecture, *, shape=(8, 8, 1), normalization="none"):
    return build_network(
        architecture,
        image_shape=shape,
        classes=10,
        normalization=normalization,
        hidden_bias=True,
        output_bias=True,
    )


def parameters_of(network, *, biases):
    return sum(
        value.numel()
        for name, value in network.named_parameters()
        if name.endswith("bias") == biases
    )


def test_vgg16_has_the_published_size():
    """13 convolutions with 14,710,464 weights and 4,224 biases (Simonyan and Zisserman 2014)."""
    made = network_of(network("vgg16"), shape=(32, 32, 3))
    assert len(made.hidden) == 13
    assert parameters_of(made, biases=False) == 14_710_464 + 512 * 10
    assert parameters_of(made, biases=True) == 4_224 + 10


def test_deep_mnist_has_the_size_of_its_convolutions():
    made = network_of(network("deep_mnist"), shape=(28, 28, 1))
    assert parameters_of(made, biases=True) == 234
    total = parameters_of(made, biases=False) + 234
    assert total == 454_922


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 8, 16, 32])
def test_a_plain_network_is_as_deep_as_asked(depth):
    plain = network("plain_cnn", depth=depth, channels=3)
    made = network_of(plain)
    assert list(made.hidden) == [f"conv{number}" for number in range(1, depth + 1)]
    assert plain.layout.layers.count("pool") == (2 if depth >= 3 else 0)
    assert made(torch.zeros(2, 8, 8, 1)).shape == (2, 10)


@pytest.mark.parametrize(("size", "side"), [((8, 8), 32), ((28, 28), 32), ((3, 5), 7), ((9, 4), 8)])
def test_small_images_are_enlarged_by_whole_pixels_and_a_border(size, side):
    images = torch.rand(2, *size, 3)
    found = enlarged(images, side)
    factor = max(1, side // max(size))
    whole = np.kron(images.numpy(), np.ones((1, factor, factor, 1)))
    assert min(found.shape[1:3]) >= side
    assert found.sum() == pytest.approx(whole.sum(), rel=1e-5)
    down, across = (
        (long - short) // 2 for long, short in zip(found.shape[1:3], whole.shape[1:3], strict=True)
    )
    inner = found[:, down : down + whole.shape[1], across : across + whole.shape[2]]
    assert np.array_equal(inner.numpy(), whole.astype(np.float32))


def test_large_images_are_taken_as_they_are():
    images = torch.rand(2, 40, 40, 3)
    assert enlarged(images, 32) is images


def test_too_many_pools_are_named():
    with pytest.raises(DataError, match="8×8 pixels are too small for a network with 4 pools"):
        network_of(network("convolutional", layers=[2, "pool", 2, "pool", 2, "pool", 2, "pool"]))


@pytest.mark.parametrize("normalization", ["none", "batchnorm_shift"])
def test_equal_biases_at_every_position_are_shared_biases(normalization):
    images = torch.rand(5, 8, 8, 1)
    logits = []
    for biases in ("shared", "per_position"):
        made = network_of(network(biases=biases), normalization=normalization)
        state = initial_state(
            made, Zeros(name="zeros"), weight_init="he", study_seed=1, seed=2,
            dtype=torch.float64,
        )  # fmt: skip
        for name in made.scheme_biases().values():
            state.parameters[name].fill_(0.3)
        made.load_state_dict({**state.parameters, **state.buffers})
        logits.append(made.double()(images.double()))
    assert torch.allclose(*logits, atol=1e-12)


def test_biases_per_position_are_drawn_one_by_one():
    made = network_of(network(biases="per_position"))
    state = initial_state(
        made, Normal(name="n", std=0.5), weight_init="he", study_seed=1, seed=2,
        dtype=torch.float64,
    )  # fmt: skip
    biases = state.parameters["hidden.conv1.layer.bias"]
    assert biases.shape == (8, 8, 16)
    assert len(biases.unique()) == 8 * 8 * 16
    assert biases.std() == pytest.approx(0.5, abs=5 * 0.5 / math.sqrt(2 * 8 * 8 * 16))


@pytest.mark.parametrize(("kind", "value"), [("zeros", 0.0), ("constant", 1 / 9)])
def test_units_are_alike_without_random_weights(kind, value):
    made = network_of(network())
    state = initial_state(
        made, Zeros(name="zeros"), weight_init=kind, study_seed=1, seed=2, dtype=torch.float64
    )
    weights = state.parameters["hidden.conv1.layer.weight"]
    assert weights.unique().tolist() == [value]
