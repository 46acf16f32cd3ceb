"""Small shards of the real digits for tests of training."""

from pathlib import Path
from typing import Any

import torch

import specifications
from biasinit.data.pairs import in_pairs
from biasinit.data.prepared import PreparedDataset
from biasinit.training.description import ShardDescription
from biasinit.training.shard import Block, Shard

CELL = {
    "dataset": "digits",
    "architecture": "small_cnn",
    "weight_init": "he",
    "input_scaling": "standardized",
    "optimizer": "sgd",
    "learning_rate": 0.05,
}


# every form that a network can have, small enough for 8×8 images and tests
NETWORKS: tuple[dict[str, Any], ...] = (
    {},
    {"biases": "per_position"},
    {"kind": "plain_cnn", "depth": 5, "channels": 6},
    {"kind": "vgg16", "width": 0.05},
    {"kind": "convolutional", "layers": ["pool", 5, 7, "pool", "pool"], "dense": [9, 8]},
    {"kind": "convolutional", "layers": [4], "kernel": 5, "global_average": True},
    {"kind": "convolutional", "dense": [12], "biases": "per_position"},
    {"kind": "convolutional", "layers": [1, 4], "dense": [1, 90]},
    {"kind": "siamese", "layers": [5, "pool", 4], "dense": [9, 80]},
    {"kind": "siamese", "layers": [5, "pool"], "dense": [6], "twins": "biases_untied"},
    {
        "kind": "siamese",
        "layers": [4, "pool"],
        "dense": [3],
        "head": "contrastive",
        "twins": "untied",
    },
    {"kind": "siamese_koch", "width": 0.02, "twins": "biases_untied"},
)


def as_seen_by(architecture: dict[str, Any], dataset: PreparedDataset) -> PreparedDataset:
    """Return the data set, in pairs where the network compares pairs."""
    layout = specifications.network(**architecture).layout
    return in_pairs(dataset, seed=3) if layout.compares_pairs else dataset


def description(
    *,
    scheme: dict[str, Any] | None = None,
    normalization: str = "none",
    seeds: tuple[int, ...] = (0, 1, 2),
    learning_rate: float = 0.05,
    weight_init: str = "he",
    optimizer: dict[str, Any] | None = None,
    order_stream: str = "",
    architecture: dict[str, Any] | None = None,
    **training: Any,
) -> ShardDescription:
    mapping = {
        "study": "test",
        "study_seed": 5,
        "seeds": [0, 1],
        "cell": CELL
        | {
            "learning_rate": learning_rate,
            "weight_init": weight_init,
        },
        "normalization": normalization,
        "scheme": scheme or {"name": "zeros", "kind": "zeros"},
        "label": (scheme or {"name": "zeros"})["name"],
        "order_stream": order_stream,
        "architecture": architecture or {},
        "optimizer": optimizer or {},
        "training": {"epochs": 2, "batch_size": 16, "probe_images": 32, "width": 32} | training,
    }
    made = ShardDescription.from_mapping(mapping, folder=Path())
    object.__setattr__(made, "seeds", seeds)  # any seeds, not only consecutive ones
    return made


def only_block(shard: ShardDescription, dataset, **options: Any) -> Block:
    """Return the one block of a shard, before its first step."""
    whole = Shard(shard, dataset, **options)
    (seeds,) = whole.blocks()
    return Block(whole, seeds)


def after_steps(shard: ShardDescription, dataset, steps: int):
    """Return the block after some steps, and the losses of each step (steps, members)."""
    block = only_block(shard, dataset)
    losses = [block.step(number) for number in range(1, steps + 1)]
    return block, torch.stack(losses) if losses else torch.empty(0, len(shard.seeds))


def member(training, seed):
    """Return the parameters and buffers of one seed."""
    slot = training.seeds.index(seed)
    everything = {**training.state.parameters, **training.state.buffers}
    return {name: value[slot] for name, value in everything.items()}


def assert_same_bits(one, other):
    assert one.keys() == other.keys()
    for name, value in one.items():
        assert torch.equal(value, other[name]), name
