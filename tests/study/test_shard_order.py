"""One shard of each program comes first, then the longest; work is counted from the layout."""

import pytest
import torch
from torch.func import functional_call

from biasinit.networks.architectures import build_network
from biasinit.study.reading import parse_study
from biasinit.study.shard_order import ShardOrder, expected_work
from specifications import network

NETWORKS = {
    "small_cnn": ({"kind": "small_cnn"}, 8),
    "deep_mnist": ({"kind": "deep_mnist"}, 28),
    "plain": ({"kind": "plain_cnn", "depth": 7, "channels": 5}, 8),
    "vgg16, enlarged": ({"kind": "vgg16", "width": 0.05}, 8),
    "kernels that differ": ({"kind": "siamese_koch", "width": 0.05}, 28),
    "dense alone": ({"kind": "convolutional", "layers": ["pool"], "dense": [7, 5]}, 8),
}


@pytest.mark.parametrize(("keys", "side"), NETWORKS.values(), ids=NETWORKS)
def test_multiplications_are_those_of_every_unit_at_every_position(keys, side):
    architecture = network(**keys)
    layout = architecture.layout
    channels = 2 if layout.compares_pairs else 1
    made = build_network(
        architecture,
        image_shape=(side, side, channels),
        classes=2,
        normalization="none",
        hidden_bias=False,
        output_bias=False,
    )
    parameters = {name: torch.zeros_like(value) for name, value in made.named_parameters()}
    seen = {}
    functional_call(
        made, parameters, (torch.zeros(1, side, side, channels),), {"preactivations": seen}
    )
    shapes = made.layer_shapes()
    expected = sum(values.numel() * shapes[name].fan_in for name, values in seen.items())
    assert layout.multiplications(side=side, channels=1) == expected


def test_more_layers_more_images_and_normalisation_are_more_work(mapping):
    mapping["architectures"] = [
        {"name": f"plain-{depth}", "kind": "plain_cnn", "depth": depth} for depth in (4, 8)
    ]
    few = mapping["datasets"][0] | {"name": "few", "train": 200}
    mapping["datasets"] = [*mapping["datasets"], few]
    for key in ("thresholds", "margins"):
        mapping["analysis"][key] = dict.fromkeys(
            ("few", "digits"), mapping["analysis"][key]["digits"]
        )
    study = parse_study(mapping)
    works = {
        (cell.dataset, cell.architecture, level): expected_work(study, cell, level)
        for cell in study.cells
        for level in ("none", "batchnorm_shift")
    }
    assert works["digits", "plain-8", "none"] > works["digits", "plain-4", "none"]
    assert works["digits", "plain-4", "none"] > works["few", "plain-4", "none"]
    assert works["few", "plain-4", "batchnorm_shift"] > works["few", "plain-4", "none"]


def priorities(study):
    order = ShardOrder(study)
    return {
        (cell.learning_rate, level, scheme, shard): order.priority(cell, level, scheme, shard)
        for cell, level in study.conditions
        for scheme in study.schemes_at(level)
        for shard in study.shard_numbers
    }


def test_eager_shards_are_in_the_order_of_their_work_alone(mapping):
    found = priorities(parse_study(mapping))
    assert {key[1]: value for key, value in found.items()} == {
        "none": 1,
        "batchnorm_shift": 2,
        "batchnorm": 2,
    }


def test_one_shard_of_each_program_to_be_compiled_comes_before_all_others(mapping):
    """Learning rates, the A/A arm and networks without biases are no other programs."""
    mapping["training"]["engine"] = "compiled"
    mapping["schemes"].append({"name": "none", "kind": "none"})
    mapping["seeds"] = 2 * mapping["seeds_per_shard"]
    study = parse_study(mapping)
    found = priorities(study)
    first = {key for key, value in found.items() if value > 2}
    assert {key[1:] for key in first} == {
        ("none", "zeros", 0),
        ("batchnorm_shift", "zeros", 0),
        ("batchnorm", "zeros", 0),
    }
    assert {key[0] for key in first} == {study.learning_rates[0]}
    assert min(found[key] for key in first if key[1] != "none") > max(
        found[key] for key in first if key[1] == "none"
    )
