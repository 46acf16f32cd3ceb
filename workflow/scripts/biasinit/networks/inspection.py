"""Whether a module can be trained as a study asks, found out before anything is trained.

Every level of normalisation is made, one step is tried in double precision, and what would go
wrong in hundreds of jobs, or go right without a word and mean something else, is one sentence.
"""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, grad_and_value, vmap

from biasinit.errors import ConfigurationError, NetworkError, Problem
from biasinit.networks.levels import IDENTITY
from biasinit.networks.loss import CROSS_ENTROPY
from biasinit.networks.own_module import OWN, Factory, OwnModuleNetwork
from biasinit.networks.seeding import seed_all
from biasinit.networks.sites import Sites
from biasinit.plugins.resolve import said

IMAGES = 8  # of the batch that is tried
SMALL = 1e-6  # relative change of logits by a bias that batch norm subtracts
Tensors = dict[str, Tensor]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a study asks of a module.

    Attributes:
        image_shape: height, width and channels of an image.
        classes: number of classes.
        normalizations: levels of normalisation.
        engine: that is to train it.

    """

    image_shape: tuple[int, int, int]
    classes: int
    normalizations: Sequence[str]
    engine: str


def inspect_module(factory: Factory, asked: Asked) -> Sites:
    """Return the sites of a module that can be trained as a study asks.

    Raises:
        ConfigurationError: it cannot be, with every problem.
        OwnCodeError: its code cannot be had, or fails.

    """
    problems: dict[str, Problem] = {}
    found: Sites | None = None
    for level in asked.normalizations:
        try:
            network = _at_level(factory, asked, level)
            found = network.sites
            wrong = list(_problems(network, asked))
        except NetworkError as error:
            wrong = [error]
        for one in wrong:
            # what is wrong at every level is said once
            problems.setdefault(one.what, Problem(key=level, what=one.what, mend=one.mend))
    if problems or found is None:
        raise ConfigurationError(list(problems.values()), of=f"The network {factory.name!r}")
    return found


def _at_level(factory: Factory, asked: Asked, level: str) -> OwnModuleNetwork:
    network = OwnModuleNetwork(
        factory, image_shape=asked.image_shape, classes=asked.classes, normalization=level
    )
    shapes = network.layer_shapes()
    if all(shapes[layer].is_output for layer in network.scheme_biases()):
        raise NetworkError(
            f"has no bias that a scheme could start at {level!r}: no layer that is known has one.",
            mend="Build its layers with biases; 'biasinit inspect' lists them.",
        )
    return network


def _problems(network: OwnModuleNetwork, asked: Asked) -> Iterator[NetworkError]:
    """Yield what is wrong with a module that can be built and run."""
    parameters, buffers = _start(network)
    other = _unlike(parameters, _start(network)[0])
    if other:
        yield NetworkError(
            f"does not start from its seed: {other.removeprefix(OWN)} is another each time.",
            mend="Draw weights from the global generators of PyTorch, NumPy or Python alone.",
        )
        return
    try:
        gradients = _one_step(network, parameters, buffers, _batch(asked), asked.classes)
    except NetworkError as error:
        yield error
        return
    yield from _without_gradient(network, gradients)
    yield from _state_elsewhere(network, _batch(asked)[0])
    if network.normalization == IDENTITY:
        yield from _not_cancelled(network, parameters, buffers, _batch(asked))
    if asked.engine == "eager":
        yield from _not_mapped(network, parameters, buffers, _batch(asked))


def _start(network: OwnModuleNetwork) -> tuple[Tensors, Tensors]:
    return network.start(np.random.default_rng(0), torch.float64)


def _unlike(one: Tensors, other: Tensors) -> str:
    """Return the name of the first tensor that differs, "" where all are equal."""
    return next((name for name, value in one.items() if not torch.equal(value, other[name])), "")


def _batch(asked: Asked) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    images = torch.randn(IMAGES, *asked.image_shape, generator=generator, dtype=torch.float64)
    return images, torch.arange(IMAGES) % asked.classes


def _one_step(
    network: OwnModuleNetwork,
    parameters: Tensors,
    buffers: Tensors,
    batch: tuple[Tensor, Tensor],
    classes: int,
) -> dict[str, Tensor | None]:
    """Return the gradients of a first step, None of what does not reach the loss."""
    leaves = {name: value.detach().requires_grad_() for name, value in parameters.items()}
    handed = {name: value.clone() for name, value in buffers.items()}
    images, labels = batch
    network.train()
    try:
        seed_all(0)
        loss = network.loss(
            functional_call(network, (leaves, handed), (images,)), labels, CROSS_ENTROPY
        )
        found = torch.autograd.grad(loss, list(leaves.values()), allow_unused=True)
        network.eval()
        with torch.no_grad():
            logits = functional_call(network, (parameters, handed), (images,))
    except Exception as error:
        raise NetworkError(
            f"cannot be trained: a step fails ({said(error)}).",
            mend="Train it for a step by hand, in float64, and mend what is said.",
        ) from error
    if not torch.isfinite(loss):
        raise NetworkError(
            "has a loss that is not finite before a step is trained.",
            mend="Look at how its weights start, and at its forward.",
        )
    if logits.shape != (len(images), classes):
        raise NetworkError(
            f"must return logits of shape {(len(images), classes)} in evaluation as in training, "
            f"and returns {tuple(logits.shape)}.",
            mend="Let 'forward' return the same in both modes.",
        )
    return dict(zip(leaves, found, strict=True))


def _without_gradient(
    network: OwnModuleNetwork, gradients: dict[str, Tensor | None]
) -> Iterator[NetworkError]:
    biases = network.scheme_biases().values()
    unused = [name.removeprefix(OWN) for name in biases if gradients[name] is None]
    if unused:
        yield NetworkError(
            f"does not use {', '.join(unused)}: no gradient reaches it.",
            mend="Apply the layer as a module, so that its bias counts, or take it out.",
        )
    broken = [
        name.removeprefix(OWN)
        for name, value in gradients.items()
        if value is not None and not torch.isfinite(value).all()
    ]
    if broken:
        yield NetworkError(
            f"has gradients that are not finite in the first step, in {broken[0]} and "
            f"{len(broken) - 1} more parameters.",
            mend="Look for square roots and logarithms at 0 in its forward.",
        )


def _state_elsewhere(network: OwnModuleNetwork, images: Tensor) -> Iterator[NetworkError]:
    """Yield what a module keeps from batch to batch where a checkpoint does not find it.

    The members of a shard share one module: what is no parameter and no buffer of a member would
    go from one seed to the next.
    """
    tried = copy.deepcopy(network.module).train()
    first = images.permute(0, 3, 1, 2).to(next(tried.parameters()).dtype)
    seed_all(0)
    with torch.no_grad():
        tried(first)  # what is made once, as a mask of a size, is there from now on
        before = {name: id(value) for name, value in tried.named_buffers()}
        numbers = _numbers_of(tried)
        tried(first)
    replaced = [name for name, value in tried.named_buffers() if before.get(name) != id(value)]
    if replaced:
        yield NetworkError(
            f"puts another tensor in the place of its buffer {', '.join(replaced)} at each batch.",
            mend="Change it in place, with 'copy_' or 'add_', so that each member keeps its own.",
        )
    changed = [name for name, value in _numbers_of(tried).items() if numbers.get(name) != value]
    if changed:
        yield NetworkError(
            f"keeps numbers of its own from batch to batch: {', '.join(changed)}.",
            mend="Make them buffers that are changed in place, so that each member keeps its own.",
        )


def _numbers_of(module: nn.Module) -> dict[str, float]:
    """Return the plain numbers that a module and its parts hold, by path."""
    return {
        f"{path}.{name}".lstrip("."): value
        for path, part in module.named_modules()
        for name, value in vars(part).items()
        if isinstance(value, int | float)
    }


def _not_cancelled(
    network: OwnModuleNetwork, parameters: Tensors, buffers: Tensors, batch: tuple[Tensor, Tensor]
) -> Iterator[NetworkError]:
    """Yield that biases before batch norm change the logits, as they do where a skip starts."""
    rng = np.random.default_rng(2)
    shifted = dict(parameters)
    for layer, name in network.scheme_biases().items():
        if not network.layer_shapes()[layer].is_output:
            drawn = torch.from_numpy(rng.normal(size=parameters[name].shape))
            shifted[name] = parameters[name] + drawn
    network.train()
    found = []
    for values in (parameters, shifted):
        seed_all(0)
        with torch.no_grad():
            copied = {name: value.clone() for name, value in buffers.items()}
            found.append(functional_call(network, (values, copied), (batch[0],)))
    change = (found[1] - found[0]).abs().max() / found[0].abs().max().clamp_min(1e-12)
    if change > SMALL:
        yield NetworkError(
            f"has no identity check: biases before batch norm change its logits (by {change:.1g} of"
            " the largest).",
            mend="Leave 'batchnorm' out of 'normalizations': what a layer puts out goes past its "
            "batch norm somewhere.",
        )


def _not_mapped(
    network: OwnModuleNetwork, parameters: Tensors, buffers: Tensors, batch: tuple[Tensor, Tensor]
) -> Iterator[NetworkError]:
    """Yield that several members of the module cannot be trained side by side, and why."""
    images, labels = batch

    def loss(values: Tensors, state: Tensors) -> Tensor:
        return network.loss(
            functional_call(network, (values, state), (images,)), labels, CROSS_ENTROPY
        )

    two = {name: torch.stack([value, value]) for name, value in parameters.items()}
    kept = {name: torch.stack([value, value]) for name, value in buffers.items()}
    network.train()
    try:
        vmap(grad_and_value(loss))(two, kept)
    except Exception as error:
        reason = said(error).split(". ")[0]
        yield NetworkError(
            f"cannot be trained side by side, as 'eager' does ({reason}).",
            mend="Set training.engine to 'serial'.",
        )
