"""Predictions of a study's layers: real networks and images against theory."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from biasinit.statistics.layers.layer_summary import summarise_layers
from biasinit.theory.predictions import COLUMNS, predict_layers

CELL = {
    "dataset": "digits",
    "architecture": "small_cnn",
    "weight_init": "he",
    "input_scaling": "standardized",
}


def arm(scheme, *, normalization="none", architecture=None, **cell):
    return {
        "cell": CELL | cell,
        "architecture": {"name": "any", **(architecture or {})},
        "normalization": normalization,
        "scheme": scheme,
        "label": scheme["name"],
    }


ZEROS = {"name": "zeros", "kind": "zeros"}
ONE = {"name": "one", "kind": "constant", "value": 1.0}


def predicted(data, *arms):
    frame = predict_layers(arms, {"digits": data}, folder=Path())
    assert list(frame.columns) == [*COLUMNS, "layer", "quantity", "predicted"]
    return frame


def value(frame, scheme, layer, quantity):
    rows = frame[
        (frame["scheme"] == scheme) & (frame["layer"] == layer) & (frame["quantity"] == quantity)
    ]
    return float(rows["predicted"].iloc[0])


def test_every_hidden_layer_is_predicted(small_digits):
    frame = predicted(small_digits, arm(ZEROS), arm(ONE))
    assert list(frame["layer"].drop_duplicates()) == ["conv1", "conv2", "dense1"]
    for layer in ("conv1", "conv2", "dense1"):
        assert value(frame, "zeros", layer, "active_fraction") == pytest.approx(0.5)
        assert value(frame, "one", layer, "preactivation_mean") == 1.0
    active = [value(frame, "one", layer, "active_fraction") for layer in ("conv1", "dense1")]
    assert active[0] > active[1] > 0.5  # the signal grows, the bias does not


def test_with_batch_normalisation_the_active_share_is_that_of_the_shift(small_digits):
    frame = predicted(small_digits, arm(ONE, normalization="batchnorm_shift"))
    assert value(frame, "one", "conv2", "active_fraction") == pytest.approx(0.8413, abs=1e-4)
    assert value(frame, "one", "conv2", "preactivation_std") == pytest.approx(1.0)
    assert "dead_fraction" not in set(frame["quantity"])


@pytest.mark.parametrize(
    "unknown",
    [
        arm({"name": "he+5", "kind": "negative_mixture"}),
        arm(ZEROS, weight_init="constant"),
        arm(ZEROS, weight_init="zeros"),
        arm(ZEROS, architecture={"kind": "convolutional", "layers": ["pool", 4]}),
    ],
    ids=["biases of data", "equal weights", "no weights", "images that are pooled first"],
)
def test_nothing_is_predicted_where_theory_says_nothing(unknown, small_digits):
    assert predicted(small_digits, unknown).empty


def test_a_dense_network_and_enlarged_images_are_predicted(small_digits):
    dense = arm(ONE, architecture={"kind": "convolutional", "dense": [30, 20]})
    deep = arm(ZEROS, architecture={"kind": "vgg16", "width": 0.05}, weight_init="pytorch")
    frame = predicted(small_digits, dense, deep)
    assert 0.5 < value(frame, "one", "dense1", "active_fraction") < 1
    spread = [value(frame, "zeros", f"conv{number}", "preactivation_std") for number in (1, 13)]
    assert spread[1] < 1e-3 * spread[0]  # contracting weights lose the signal


def test_summaries_hold_predictions_beside_the_start(small_digits):
    frame = predicted(small_digits, arm(ZEROS))
    layers = pd.DataFrame(
        [
            CELL
            | {"normalization": "none", "scheme": "zeros", "seed": seed, "when": when}
            | {"layer": "conv1", "active_fraction": 0.4 + 0.01 * seed}
            for seed in range(4)
            for when in ("start", "end")
        ]
    )
    found = summarise_layers(layers, predictions=frame).set_index("when")
    assert found.loc["start", "predicted"] == pytest.approx(0.5)
    assert math.isnan(found.loc["end", "predicted"])
    assert np.isnan(summarise_layers(layers)["predicted"]).all()
