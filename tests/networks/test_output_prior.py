"""The output bias that starts at the classes' shares, a factor of its own beside the scheme."""

import numpy as np
import pytest
import torch
from torch.func import functional_call

import specifications
from biasinit.networks.architectures import build_network
from biasinit.networks.initialisation import initial_state
from biasinit.specs.schemes.normal import Normal
from biasinit.specs.schemes.without import WithoutBiases
from biasinit.specs.schemes.zeros import Zeros

LABELS = torch.tensor([0] * 60 + [1] * 30 + [2] * 10)
SMALL = specifications.network("small_cnn")
PRIOR = Zeros(name="prior", output="class_shares")


def start(scheme, layout, *, labels=LABELS, classes=3, shape=(8, 8, 1), weight_init="he"):
    network = build_network(
        layout, image_shape=shape, classes=classes, normalization="none",
        hidden_bias=scheme.hidden_bias, output_bias=scheme.output_bias,
    )  # fmt: skip
    state = initial_state(
        network, scheme, weight_init=weight_init, study_seed=1, seed=2, dtype=torch.float64,
        labels=labels,
    )  # fmt: skip
    return network, state


def test_the_first_predictions_are_the_shares_where_weights_say_nothing():
    network, state = start(PRIOR, SMALL, weight_init="zeros")
    logits = functional_call(
        network, (state.parameters, state.buffers), (torch.zeros(1, 8, 8, 1).double(),)
    )
    assert logits.softmax(-1)[0].tolist() == pytest.approx([0.6, 0.3, 0.1])


def test_a_siamese_network_starts_at_the_share_of_equal_pairs():
    layout = specifications.network("siamese", layers=[4], dense=[3])
    labels = torch.tensor([0] * 80 + [1] * 20)
    network, state = start(
        PRIOR, layout, labels=labels, classes=2, shape=(8, 8, 2), weight_init="zeros"
    )
    logits = functional_call(
        network, (state.parameters, state.buffers), (torch.zeros(1, 8, 8, 2).double(),)
    )
    assert float(logits.softmax(-1)[0, 1]) == pytest.approx(0.2)


def test_it_is_a_factor_beside_the_scheme():
    """Hidden layers start as without it, and the output layer's bias is the only difference."""
    plain = Normal(name="normal", std=0.3)
    prior = Normal(name="normal", std=0.3, output="class_shares")
    without, with_prior = (start(scheme, SMALL)[1].parameters for scheme in (plain, prior))
    changed = [name for name in without if not torch.equal(without[name], with_prior[name])]
    assert changed == ["output.bias"]
    assert np.allclose(with_prior["output.bias"].exp().numpy(), [0.6, 0.3, 0.1])


def test_a_network_without_an_output_bias_has_no_prior():
    scheme = WithoutBiases(name="none")
    assert "output.bias" not in start(scheme, SMALL)[1].parameters
