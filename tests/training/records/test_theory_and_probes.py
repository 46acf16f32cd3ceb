"""What theory predicts of the start, against what probes measure in real networks."""

import math

import pytest
from shards import description, only_block

import specifications
from biasinit.specs.schemes.base import LayerShape
from biasinit.theory.mean_field import BiasLaw, bias_law, first_layer_active_fraction

SEEDS = tuple(range(60))
SCHEMES = (
    {"name": "zeros", "kind": "zeros"},
    {"name": "0.01", "kind": "constant", "value": 0.01},
    {"name": "1.0", "kind": "constant", "value": 1.0},
    {"name": "minus", "kind": "constant", "value": -0.3},
    {"name": "normal", "kind": "normal", "std": 0.5},
)
CONV1 = LayerShape(name="conv1", index=0, channels=16, fan_in=9, fan_out=144, is_convolution=True)


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme["name"])
def test_the_first_layer_is_as_active_as_its_patches_say(scheme, small_digits):
    """Within Monte-Carlo error: the mean over patches of E Φ(b / √(2‖x‖² / fan_in))."""
    shard = description(scheme=scheme, seeds=SEEDS, probe_images=100, width=60)
    block = only_block(shard, small_digits)
    measured = block.probe().layers["conv1"]["active_fraction"]
    error = float(measured.std()) / math.sqrt(len(SEEDS))
    # each seed is probed on training images of its own
    images = block.examples["train"].between(0, 100).double().numpy()
    law = bias_law(specifications.scheme(**scheme), CONV1)
    of_seeds = [
        first_layer_active_fraction(seen, law, kernel=3, weight_variance=2 / 9) for seen in images
    ]
    expected = sum(of_seeds) / len(of_seeds)
    assert abs(float(measured.mean()) - expected) < 3.5 * error
    assert error < 0.02
    if scheme["name"] == "1.0":  # one norm for all patches would not do
        one = first_layer_active_fraction(
            images[0] * 0 + 1, BiasLaw.constant(1.0), kernel=None, weight_variance=2 / 64
        )
        assert abs(float(measured.mean()) - one) > 3.5 * error
