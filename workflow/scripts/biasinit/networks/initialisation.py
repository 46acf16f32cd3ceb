"""How the parameters of one member start: weights and biases from separate streams.

The streams are keyed by seed and layer name only, so that all schemes, normalisations and
learning rates of one seed start from the same weights.
"""

import dataclasses
import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.func import functional_call

from biasinit.networks.halves import RIGHT
from biasinit.networks.network import Network
from biasinit.networks.operations import STRIDED
from biasinit.networks.seeding import LARGEST_SEED, seeded
from biasinit.specs.cell import WeightInitialisation
from biasinit.specs.schemes.base import BiasScheme, LayerShape
from biasinit.streams import Purpose, stream

IMAGES_OF_SCHEMES = 100  # training images by which a scheme may start biases
AS_BUILT = "as_built"  # weights as the network comes with them
SMALL_NORMAL_STD = 0.01  # weights of AlexNet (Krizhevsky et al. 2012, section 5)
KOCH_DENSE_STD = 0.2  # of dense weights in Koch et al. (2015, section 3.2); convolutions have 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class InitialState:
    """Parameters and buffers of one member by name, and the hash of its weights."""

    parameters: dict[str, Tensor]
    buffers: dict[str, Tensor]
    weights_hash: str


def initial_weights(
    kind: str, shape: LayerShape, size: tuple[int, int], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return the initial weights of one layer, shape ``size``.

    ``he``: N(0, 2/fan_in) (He et al. 2015, eq. 10). ``glorot``: U(±√(6/(fan_in + fan_out)))
    (Glorot and Bengio 2010, eq. 16). ``pytorch``: U(±1/√fan_in), what
    ``kaiming_uniform_(a=√5)`` comes to. ``small_normal``: N(0, 0.01²). ``zeros``: 0.
    ``koch``: N(0, 0.01²) for convolutions and N(0, 0.2²) for dense layers (Koch et al. 2015).
    ``constant``: 1/fan_in, which keeps the mean of positive inputs. The last two leave all
    units of a layer alike: what tells them apart must come from the biases.
    """
    if kind == "he":
        return rng.normal(0.0, math.sqrt(2 / shape.fan_in), size)
    if kind == "glorot":
        bound = math.sqrt(6 / (shape.fan_in + shape.fan_out))
        return rng.uniform(-bound, bound, size)
    if kind == "pytorch":
        bound = 1 / math.sqrt(shape.fan_in)
        return rng.uniform(-bound, bound, size)
    if kind == "small_normal":
        return rng.normal(0.0, SMALL_NORMAL_STD, size)
    if kind == "koch":
        std = SMALL_NORMAL_STD if shape.is_convolution else KOCH_DENSE_STD
        return rng.normal(0.0, std, size)
    if kind == "zeros":
        return np.zeros(size)
    if kind == "constant":
        return np.full(size, 1 / shape.fan_in)
    raise ValueError(
        f"'weight_init' must be one of {', '.join(get_args(WeightInitialisation))}, got {kind!r}."
    )


def initial_state(
    network: Network,
    scheme: BiasScheme,
    *,
    weight_init: str,
    study_seed: int,
    seed: int,
    dtype: torch.dtype,
    images: Tensor | None = None,
    labels: Tensor | None = None,
) -> InitialState:
    """Return how one member of ``network`` starts under ``scheme``.

    ``images`` are the training images, (images, height, width, channels), and ``labels`` their
    classes, (images,), for schemes that use them.

    ``weight_init`` as_built keeps the weights with which a network of PyTorch's layers comes.
    """
    expected = dict(network.named_parameters())
    of_itself = stream(study_seed, seed, Purpose.WEIGHTS, name=AS_BUILT)
    parameters, buffers = network.start(of_itself, dtype)
    digest = hashlib.sha256()
    shapes = network.layer_shapes()
    for layer, name in network.drawn_weights().items():
        if weight_init == AS_BUILT:
            digest.update(parameters[name].numpy().tobytes())
            continue
        rng = stream(study_seed, seed, Purpose.WEIGHTS, name=shapes[layer].twin_of or layer)
        drawn = initial_weights(weight_init, shapes[layer], network.weight_size(layer), rng)
        digest.update(torch.from_numpy(drawn).to(dtype).numpy().tobytes())
        parameters[name] = torch.from_numpy(network.arranged(layer, drawn)).to(dtype)
    biases = network.scheme_biases()
    for layer, name in biases.items():
        shape = _of_all_biases(shapes[layer])
        starts = [
            scheme.start(shape, stream(study_seed, seed, Purpose.BIAS, name=part))
            for part in _parts(shape)
        ]
        start = torch.from_numpy(np.concatenate(starts)).to(dtype)
        parameters[name] = start.reshape(expected[name].shape)
    of_output = next((biases[layer] for layer in biases if shapes[layer].is_output), None)
    if scheme.output == "class_shares" and of_output is not None:
        if labels is None:
            raise ValueError(f"The scheme {scheme.name!r} needs 'labels'.")
        counts = torch.bincount(labels.cpu()).double()
        parameters[of_output] = network.prior_bias(counts / counts.sum()).to(dtype)
    if scheme.sees_images:
        _start_from_images(
            network, scheme, parameters, buffers, images, study_seed=study_seed, seed=seed
        )
    return InitialState(
        parameters=parameters,
        buffers=network.with_running_means(buffers, parameters),
        weights_hash=digest.hexdigest(),
    )


def _start_from_images(
    network: Network,
    scheme: BiasScheme,
    parameters: dict[str, Tensor],
    buffers: Mapping[str, Tensor],
    images: Tensor | None,
    *,
    study_seed: int,
    seed: int,
) -> None:
    """Start the biases of hidden layers, in order, by what they make of some images.

    Everything is computed in float64 on the CPU, and with one form of the operations, so that
    biases in float32 are the same on all devices and for both engines.
    """
    if images is None:
        raise ValueError(f"The scheme {scheme.name!r} needs 'images'.")
    rng = stream(study_seed, seed, Purpose.BIAS, name="images")
    count = min(len(images), IMAGES_OF_SCHEMES)
    chosen = torch.from_numpy(np.sort(rng.choice(len(images), count, replace=False)))
    seen = images[chosen.to(images.device)].to("cpu", torch.float64)
    of_network = int(rng.integers(LARGEST_SEED))  # where it draws, as dropout does
    precise_buffers = {
        name: value.double() if value.is_floating_point() else value
        for name, value in buffers.items()
    }
    operations, training = network.operations, network.training
    network.use(STRIDED)
    network.train()
    try:
        for layer, name in network.scheme_biases().items():
            if network.layer_shapes()[layer].is_output:
                continue
            precise = {key: value.double() for key, value in parameters.items()}
            started = network.with_running_means(precise_buffers, precise)
            preactivations: dict[str, Tensor] = {}
            with torch.no_grad(), seeded(of_network):
                functional_call(network, (precise, started), (seen, preactivations))
            place = parameters[name]
            shape = _of_all_biases(network.layer_shapes()[layer])
            parts = _parts(shape)
            values = preactivations[layer].reshape(len(parts), -1, place.numel() // len(parts))
            start = np.concatenate(
                [
                    scheme.start_from(
                        shape, seen, stream(study_seed, seed, Purpose.BIAS, name=part)
                    )
                    for part, seen in zip(parts, values.numpy(), strict=True)
                ]
            )
            parameters[name] = torch.from_numpy(start).to(place.dtype).reshape(place.shape)
    finally:
        network.use(operations)
        network.train(training)


def _parts(shape: LayerShape) -> tuple[str, ...]:
    """Return the names of the streams of a layer's biases: one, or one for each of two halves.

    Twins that share their weights alone draw what twins that share nothing would draw.
    """
    return (shape.name, f"{shape.name}{RIGHT}") if shape.has_biases_of_halves else (shape.name,)


def _of_all_biases(shape: LayerShape) -> LayerShape:
    """Return a layer's shape with as many channels as a convolution has biases at all positions."""
    if shape.has_biases_of_halves or not shape.bias_shape:
        return shape
    return dataclasses.replace(shape, channels=math.prod(shape.bias_shape))
