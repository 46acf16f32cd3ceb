"""Siamese networks: sizes, what twins share, symmetry, and biases that cancel."""

import re

import pytest
import torch
from torch.func import functional_call, grad_and_value
from torch.nn import functional

import specifications
from biasinit.networks.architectures import build_network
from biasinit.networks.halves import swapped
from biasinit.networks.initialisation import initial_state
from biasinit.networks.loss import CROSS_ENTROPY
from biasinit.networks.siamese import CONTRASTIVE_MARGIN
from biasinit.specs.schemes.constant import Constant
from biasinit.specs.schemes.normal import Normal
from biasinit.specs.schemes.zeros import Zeros

NORMAL = Normal(name="normal", std=0.5)
SMALL = {"kind": "siamese", "layers": [4, "pool", 3], "dense": [6]}


def twins(scheme=NORMAL, *, normalization="none", shape=(8, 8, 2), seed=1, **layout):
    """Return a network and its state in float64."""
    network = build_network(
        specifications.network(**(SMALL | layout)),
        image_shape=shape,
        classes=2,
        normalization=normalization,
        hidden_bias=True,
        output_bias=True,
    )
    state = initial_state(
        network, scheme, weight_init="he", study_seed=1, seed=seed, dtype=torch.float64
    )
    return network, state


def logits_of(network, state, pairs):
    network.eval()
    return functional_call(network, (state.parameters, state.buffers), (pairs,))


@pytest.fixture
def pairs(rng):
    return torch.from_numpy(rng.normal(size=(12, 8, 8, 2)))


def parameters_of(network, *, biases):
    named = network.named_parameters()
    return sum(value.numel() for name, value in named if name.endswith("bias") == biases)


def test_kochs_network_has_the_published_channels():
    """4,673 biases (Koch et al. 2015, figure 4); kernels differ, so weights do."""
    network = build_network(
        specifications.network("siamese_koch"), image_shape=(32, 32, 2), classes=2,
        normalization="none", hidden_bias=True, output_bias=True,
    )  # fmt: skip
    assert parameters_of(network, biases=True) == 4_673
    convolutions = 81 * 64 + 49 * 64 * 128 + 9 * 128 * 128 + 9 * 128 * 256
    assert parameters_of(network, biases=False) == convolutions + 4 * 4 * 256 * 4096 + 4096


@pytest.mark.parametrize("head", ["l1", "contrastive"])
@pytest.mark.parametrize("normalization", ["none", "batchnorm_shift"])
def test_twins_that_share_all_are_symmetric(head, normalization, pairs):
    network, state = twins(head=head, normalization=normalization)
    back = logits_of(network, state, swapped(pairs))
    assert torch.allclose(logits_of(network, state, pairs), back, atol=1e-12)


@pytest.mark.parametrize("untied", ["biases_untied", "untied"])
def test_twins_with_biases_of_their_own_are_symmetric_where_these_start_alike(untied, pairs):
    """Untied weights start equal: constant biases keep the twins alike, drawn ones do not."""
    for scheme, alike in ((Zeros(name="zeros"), True), (Constant(name="1", value=1.0), True),
                          (NORMAL, False)):  # fmt: skip
        network, state = twins(scheme, twins=untied)
        back = logits_of(network, state, swapped(pairs))
        assert torch.allclose(logits_of(network, state, pairs), back, atol=1e-12) == alike


def test_swapped_pairs_keep_the_channels_of_each_image_in_order(rng):
    pairs = torch.from_numpy(rng.normal(size=(3, 8, 8, 6)))
    assert torch.equal(swapped(pairs)[..., :3], pairs[..., 3:])
    assert torch.equal(swapped(pairs)[..., 3:], pairs[..., :3])


@pytest.mark.parametrize("normalization", ["none", "batchnorm_shift"])
def test_biases_of_twins_are_found_however_they_are_kept(normalization):
    """Twins whose biases are in one parameter, and twins with a tower each, start from one draw."""
    found = {}
    for untied in ("biases_untied", "untied"):
        network, state = twins(twins=untied, normalization=normalization)
        found[untied] = [
            network.biases_of_twins(state.parameters, layer) for layer in ("conv1", "embedding")
        ]
    for one, other in zip(found["biases_untied"], found["untied"], strict=True):
        assert not torch.equal(one[0], one[1])
        assert torch.equal(one[0], other[0])
        assert torch.equal(one[1], other[1])


def test_twins_without_biases_of_their_own_have_none_to_compare():
    network, state = twins()
    assert network.biases_of_twins(state.parameters, "conv1") is None
    network, state = twins(twins="untied")
    assert network.biases_of_twins(state.parameters, "conv1_right") is None


@pytest.mark.parametrize("normalization", ["none", "batchnorm_shift"])
def test_twins_start_from_the_same_weights_whatever_they_share(normalization):
    """And from the same biases: what is untied draws the left half's as if it were shared."""
    _, shared = twins(normalization=normalization)
    _, biases = twins(twins="biases_untied", normalization=normalization)
    _, untied = twins(twins="untied", normalization=normalization)
    for name, value in shared.parameters.items():
        other = untied.parameters[re.sub(r"^hidden\.(\w+)", r"hidden.\1_right", name)]
        assert torch.equal(untied.parameters[name], value)
        if name.startswith("hidden") and name.endswith("bias"):
            assert torch.equal(biases.parameters[name][0], value)
            assert torch.equal(biases.parameters[name][1], other)
            assert not torch.equal(other, value)
        else:
            assert torch.equal(biases.parameters[name], value)
            assert torch.equal(other, value)


def test_untied_biases_are_one_draw_apart_and_nothing_else_is(pairs):
    """Untied twins and twins with untied biases compute the same before the first step."""
    one = logits_of(*twins(twins="biases_untied"), pairs)
    assert torch.allclose(one, logits_of(*twins(twins="untied"), pairs), atol=1e-12)


def test_the_last_bias_of_a_linear_embedding_cancels(pairs):
    """Of twins that share it: e₁ + b − (e₂ + b) = e₁ − e₂, so its gradient is 0 as well."""
    network, state = twins(head="contrastive")
    labels = torch.arange(12) % 2

    def loss(parameters):
        return network.loss(
            functional_call(network, (parameters, state.buffers), (pairs,)), labels, CROSS_ENTROPY
        )

    gradients, value = grad_and_value(loss)(state.parameters)
    name = "hidden.embedding.layer.bias"
    assert gradients[name].abs().max() < 1e-12
    assert gradients["hidden.conv1.layer.bias"].abs().max() > 1e-6
    shifted = {**state.parameters, name: state.parameters[name] + 3.7}
    assert float(loss(shifted)) == pytest.approx(float(value), abs=1e-12)


def test_with_biases_of_their_own_the_last_ones_do_not_cancel(pairs):
    network, state = twins(head="contrastive", twins="biases_untied")
    name = "hidden.embedding.layer.bias"
    shifted = {**state.parameters, name: state.parameters[name] + torch.tensor([[0.0], [1.0]])}
    before = logits_of(network, state, pairs)
    after = functional_call(network, (shifted, state.buffers), (pairs,))
    assert not torch.allclose(before, after, atol=1e-3)


def test_the_loss_of_an_l1_head_is_binary_cross_entropy(pairs):
    network, state = twins()
    labels = torch.arange(12) % 2
    logits = logits_of(network, state, pairs)
    binary = functional.binary_cross_entropy_with_logits(logits[:, 1], labels.double())
    assert float(network.loss(logits, labels, CROSS_ENTROPY)) == pytest.approx(
        float(binary), abs=1e-12
    )


def test_the_contrastive_loss_is_that_of_the_paper(pairs):
    """By hand: d² for the same, max(0, m − d)² for others; "same" is a distance below m/2."""
    network, _ = twins(head="contrastive")
    distances = torch.tensor([0.2, 0.7, 1.5, 0.4], dtype=torch.float64)
    score = CONTRASTIVE_MARGIN / 2 - distances
    logits = torch.stack([torch.zeros_like(score), score], -1)
    labels = torch.tensor([1, 1, 0, 0])
    expected = (0.2**2 + 0.7**2 + 0.0 + 0.6**2) / 4
    assert float(network.loss(logits, labels, CROSS_ENTROPY)) == pytest.approx(expected)
    assert logits.argmax(-1).tolist() == [1, 0, 0, 1]


def test_equal_images_have_a_finite_gradient(rng):
    network, state = twins(head="contrastive")
    image = torch.from_numpy(rng.normal(size=(3, 8, 8, 1)))

    def loss(parameters):
        logits = functional_call(network, (parameters, state.buffers), (image.repeat(1, 1, 1, 2),))
        return network.loss(logits, torch.tensor([1, 0, 1]), CROSS_ENTROPY)

    gradients, _ = grad_and_value(loss)(state.parameters)
    assert all(torch.isfinite(value).all() for value in gradients.values())
