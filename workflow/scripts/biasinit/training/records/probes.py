"""What the units of a network do, measured on a fixed set of training images.

For the pre-activation z (what the ReLU sees) of each hidden layer: the share of values above
0 (*active*), of units ≤ 0 for every image and position (*dead*) and of units > 0 for every
one (*always on*); its mean and SD; norms of the loss gradient of weights and biases; the
norm of the biases and how far they are from where they started. Where a network compares
pairs, also how far the biases of its twins are from each other.

Batch normalisation uses the statistics of the probe's images, as in training: the running
statistics say nothing yet at the start, where the question is whether units are active.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from biasinit.networks.network import Network
from biasinit.quantities import PROBED_QUANTITIES, TWIN_BIAS_DISTANCE
from biasinit.training.engines.members import Members, MemberState, run_network
from biasinit.training.engines.optimizers import Tensors


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """The loss and first guess of each member, (members,), and by layer each quantity, (members,).

    ``guesses`` is the share of images in the class that a member names most often; 1 where it names
    one class for all, or all classes alike.
    """

    losses: Tensor
    guesses: Tensor
    layers: dict[str, dict[str, Tensor]]


Measure = Callable[[Tensors, Tensors, Tensor, Tensor], tuple[Tensors, Tensor, Tensors]]
GUESSES = "share of the commonest guess"  # beside layers, whose names have no blanks


def measure_of(members: Members) -> Measure:
    """Return the function of tensors that a probe needs.

    It takes parameters, buffers (changed in place), images (members, images, height, width,
    channels) and labels (images,), which all members share, and returns gradients by parameter,
    losses (members,), and the statistics of units by layer, (members, 5), beside the share of the
    commonest guess, (members,).
    """
    plain = replace(members.loss, label_smoothing=0.0)

    def loss_and_units(
        parameters: Tensors, buffers: Tensors, images: Tensor, labels: Tensor
    ) -> tuple[Tensor, Tensors]:
        preactivations: dict[str, Tensor] = {}
        logits = run_network(
            members.network,
            parameters,
            buffers,
            images,
            activations=members.activations,
            preactivations=preactivations,
        )
        units = {name: _unit_statistics(value) for name, value in preactivations.items()}
        units[GUESSES] = _commonest(logits)
        return members.network.loss(logits, labels, plain), units

    mapped = members.gradients_of(loss_and_units)

    def measure(
        parameters: Tensors, buffers: Tensors, images: Tensor, labels: Tensor
    ) -> tuple[Tensors, Tensor, Tensors]:
        members.network.train()
        gradients, (losses, units) = mapped(parameters, buffers, images, labels)
        return gradients, losses, units

    return measure


def probe(
    measure: Measure,
    network: Network,
    state: MemberState,
    start: Mapping[str, Tensor],
    images: Tensor,
    labels: Tensor,
) -> Probe:
    """Return what each member does on ``images``; NaN for parameters that a layer does not have.

    Args:
        measure: what ``measure_of`` returned, as an engine runs it.
        network: the network, one member.
        state: the members.
        start: the initial parameters, stacked, by name.
        images: (members, images, height, width, channels).
        labels: (images,), shared by all members.

    """
    buffers = {name: value.clone() for name, value in state.buffers.items()}  # updated in place
    gradients, losses, units = measure(state.parameters, buffers, images, labels)
    biases = network.scheme_biases()
    missing = torch.full_like(losses, torch.nan)
    layers = {}
    weights = network.drawn_weights()
    for layer in network.hidden_names:
        weight = gradients[weights[layer]] if layer in weights else None
        bias = biases.get(layer)
        values = dict(zip(PROBED_QUANTITIES[:5], units[layer].unbind(1), strict=True))
        values["gradient_norm_weight"] = (
            missing if weight is None else weight.flatten(1).norm(dim=1)
        )
        values["gradient_norm_bias"] = (
            missing if bias is None else gradients[bias].flatten(1).norm(dim=1)
        )
        current = None if bias is None else state.parameters[bias]
        values["bias_norm"] = missing if current is None else current.flatten(1).norm(dim=1)
        values["bias_shift"] = (
            missing
            if current is None or bias is None
            else (current - start[bias]).flatten(1).norm(dim=1)
        )
        if network.compares_pairs:
            twins = network.biases_of_twins(state.parameters, layer)
            values[TWIN_BIAS_DISTANCE] = (
                missing if twins is None else (twins[0] - twins[1]).flatten(1).norm(dim=1)
            )
        layers[layer] = values
    return Probe(losses=losses, guesses=units[GUESSES], layers=layers)


def _commonest(logits: Tensor) -> Tensor:
    """Return the share of images in the class that is named most often, of (images, classes)."""
    named = logits.detach() == logits.detach().amax(1, keepdim=True)
    return named.to(logits.dtype).mean(0).amax()


def _unit_statistics(preactivation: Tensor) -> Tensor:
    """Return active, dead, always-on fraction, mean and SD of one layer, shape (5,)."""
    values = preactivation.detach().flatten(0, -2)  # (images·positions, units)
    values = values if values.dtype == torch.float64 else values.float()
    # counts as a matrix product: reductions along the first axis are several times as slow
    positive = values.new_ones(len(values)).matmul((values > 0).to(values.dtype))  # by unit
    mean = values.mean()
    return torch.stack(
        [
            positive.mean() / len(values),
            (positive == 0).to(values.dtype).mean(),
            (positive == len(values)).to(values.dtype).mean(),
            mean,
            torch.linalg.vector_norm(values - mean) / math.sqrt(values.numel()),
        ]
    )
