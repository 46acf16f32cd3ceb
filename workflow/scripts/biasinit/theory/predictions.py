"""Theory's predictions for the layers of a study: networks, images and schemes put together."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from biasinit.data.prepared import PreparedDataset
from biasinit.networks.architectures import build_network
from biasinit.networks.halves import halves
from biasinit.networks.layers import Convolution, LayeredNetwork
from biasinit.networks.tower import enlarged
from biasinit.plugins.specifications import architecture_of, scheme_of
from biasinit.specs.networks.layout import Layout
from biasinit.specs.schemes.base import BiasScheme, LayerShape
from biasinit.theory.mean_field import (
    WEIGHT_VARIANCES,
    BiasLaw,
    LayerPrediction,
    bias_law,
    first_layer_active_fraction,
    mean_field,
    normalized_layer,
    patch_squared_norms,
    weight_gain,
)

QUANTITIES = (
    "active_fraction",
    "dead_fraction",
    "always_on_fraction",
    "preactivation_mean",
    "preactivation_std",
)
COLUMNS = ("dataset", "architecture", "weight_init", "input_scaling", "normalization", "scheme")
IMAGES = 200  # training images by which the first layer is predicted


def predict_layers(
    arms: Sequence[Mapping[str, Any]], datasets: Mapping[str, PreparedDataset], *, folder: Path
) -> pd.DataFrame:
    """Return the table `predictions`, what theory says of every layer at the start.

    The first layer is predicted from the patches of real images, deeper ones by mean-field
    recursion from it (without batch normalisation) or from the normalisation (with it).
    Nothing is predicted where weights are not random, or biases depend on the data.

    Args:
        arms: one description of a shard for each arm, as ``Study.shard_description`` makes it.
        datasets: by name.
        folder: of the study file, which a user's own files are relative to.

    Returns:
        ``dataset, architecture, weight_init, input_scaling, normalization, scheme, layer,
        quantity, predicted``.

    """
    rows: dict[tuple[object, ...], float] = {}
    images: dict[tuple[str, str], NDArray[np.float64]] = {}
    for arm in arms:
        cell, data = arm["cell"], datasets[arm["cell"]["dataset"]]
        place = cell["dataset"], cell["input_scaling"]
        if place not in images:
            images[place] = data.scaled(cell["input_scaling"])["train"].images[:IMAGES]
        scheme = scheme_of(arm["scheme"], folder=folder)
        architecture = architecture_of(arm["architecture"], folder=folder)
        network = build_network(
            architecture,
            image_shape=data.image_shape,
            classes=data.classes,
            normalization=arm["normalization"],
            hidden_bias=scheme.hidden_bias,
            output_bias=scheme.output_bias,
        )
        layout = architecture.layout
        if layout is None or not isinstance(network, LayeredNetwork):
            raise TypeError(f"No theory is written down for {architecture.name}.")
        found = _layers(network, layout, scheme, arm, images[place])
        for layer, prediction in found.items():
            levels = {**cell, "normalization": arm["normalization"], "scheme": arm["label"]}
            key = tuple(levels[name] for name in COLUMNS)
            for quantity in QUANTITIES:
                rows[(*key, layer, quantity)] = getattr(prediction, quantity)
    frame = pd.DataFrame(
        [(*key, value) for key, value in rows.items()],
        columns=[*COLUMNS, "layer", "quantity", "predicted"],
    )
    return frame[np.isfinite(frame["predicted"].astype(float))].reset_index(drop=True)


def _layers(
    network: LayeredNetwork,
    layout: Layout,
    scheme: BiasScheme,
    arm: Mapping[str, Any],
    images: NDArray[np.float64],
) -> dict[str, LayerPrediction]:
    """Return predictions by layer; both of two twins start from the same laws."""
    weight_init = arm["cell"]["weight_init"]
    hidden = [shape for shape in network.layer_shapes().values() if not shape.is_output]
    shapes = [shape for shape in hidden if not shape.twin_of]
    laws = [bias_law(scheme, shape) for shape in shapes]
    known = [law for law in laws if law is not None]
    if weight_init not in WEIGHT_VARIANCES or len(known) < len(laws):
        return {}
    if arm["normalization"] != "none":
        found = {
            shape.name: normalized_layer(law) for shape, law in zip(shapes, known, strict=True)
        }
    elif layout.layers[:1] == ("pool",):
        return {}
    else:
        found = _without_normalization(network, layout, shapes, known, weight_init, images)
    return found | {shape.name: found[shape.twin_of] for shape in hidden if shape.twin_of}


def _without_normalization(
    network: LayeredNetwork,
    layout: Layout,
    shapes: Sequence[LayerShape],
    laws: Sequence[BiasLaw],
    weight_init: str,
    images: NDArray[np.float64],
) -> dict[str, LayerPrediction]:
    first = shapes[0]
    layer = network.hidden_layer(first.name).layer
    kernel = layer.kernel if isinstance(layer, Convolution) else None
    shown = torch.from_numpy(images)
    seen = enlarged(halves(shown) if layout.compares_pairs else shown, layout.side).numpy()
    norms = patch_squared_norms(seen, kernel=kernel)
    deeper = mean_field(
        laws,
        [weight_gain(weight_init, shape) for shape in shapes],
        second_moment=float(norms.mean()) / first.fan_in,
        correlation=_correlation(seen),
        inputs=len(seen),
    )
    found = dict(zip((shape.name for shape in shapes), deeper, strict=True))
    variance = WEIGHT_VARIANCES[weight_init](first)
    active = first_layer_active_fraction(seen, laws[0], kernel=kernel, weight_variance=variance)
    found[first.name] = dataclasses.replace(found[first.name], active_fraction=active)
    return found


def _correlation(images: NDArray[np.float64]) -> float:
    """Return the mean product of two different images over their mean square, in [0, 1]."""
    count = len(images)
    square = float((images**2).mean())
    product = (count * float((images.mean(0) ** 2).mean()) - square) / (count - 1)
    return min(max(product / square, 0.0), 1.0)
