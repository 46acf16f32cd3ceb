"""What a step of the engine 'serial' costs beside the plain loop that a careful user would write.

Both train the same module on the same batches, on one thread, a few steps of the one and then of
the other, in turns. The plain loop has the images ready as float32 in channels-last memory, weights
too, and PyTorch's fused SGD; it measures nothing and guards against nothing. Writes JSON: seconds a
step (the median over turns) and their ratio, with the lowest and the highest of the turns.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from machine import HERE, REPOSITORY, machine
from shards import RATE, Measured, described, images_of
from torch import nn

from biasinit.networks.levels import set_level
from biasinit.networks.own_module import OwnModuleNetwork
from biasinit.training.shard import Block, Shard

NETWORKS: Mapping[str, Mapping[str, Any]] = {
    "resnet-8": {
        "kind": "python",
        "object": "peers:ResNet",
        "parameters": {"channels": 3, "blocks": 1, "width": 16},
    },
    "vgg11_bn": {
        "kind": "python",
        "object": "torchvision.models:vgg11_bn",
        "parameters": {"num_classes": 10},
    },
}


def plain_loop(network: OwnModuleNetwork, block: Block) -> Callable[[int], None]:
    """Return a step of the loop that a careful user would write."""
    module = network.factory.module(0)
    set_level(
        module, network.sites, level=network.normalization, hidden_bias=True, output_bias=True
    )
    module = module.to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    shown = block.examples["train"].between(0, len(block.examples["train"]))[0].permute(0, 3, 1, 2)
    shown = shown.contiguous(memory_format=torch.channels_last)
    labels = block.examples["train"].labels
    optimizer = torch.optim.SGD(module.parameters(), lr=RATE, momentum=0.9, fused=True)

    def step(number: int) -> None:
        chosen = torch.from_numpy(block.order[0, 0, number].astype(np.int64))
        loss = nn.functional.cross_entropy(module(shown[chosen]), labels[chosen])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    return step


def compared(architecture: Mapping[str, Any], *, turns: int, steps: int) -> dict[str, float]:
    """Return seconds a step of both, and their ratio."""
    measured = Measured(architecture=architecture, normalization="batchnorm_shift", width=1)
    shard = Shard(described(measured, engine="serial"), images_of(measured))
    block = Block(shard, (0,))
    assert isinstance(shard.network, OwnModuleNetwork)
    plain = plain_loop(shard.network, block)
    ours, theirs = [], []
    for turn in range(turns + 1):
        for found, step in ((ours, lambda n: block.step(n + 1)), (theirs, plain)):
            started = time.perf_counter()
            for number in range(steps):
                step((turn * steps + number) % shard.steps)
            found.append((time.perf_counter() - started) / steps)
    ratios = [one / other for one, other in zip(ours[1:], theirs[1:], strict=True)]
    return {  # without the first turn, which warms up
        "serial, seconds a step": statistics.median(ours[1:]),
        "plain loop, seconds a step": statistics.median(theirs[1:]),
        "ratio": statistics.median(ratios),
        "lowest ratio": min(ratios),
        "highest ratio": max(ratios),
    }


def main() -> None:
    """Compare the two on every network and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=15)
    parser.add_argument("--steps", type=int, default=8, help="of a turn")
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS), choices=list(NETWORKS))
    parser.add_argument("--output", type=Path, default=HERE / "serial_cost.json")
    options = parser.parse_args()
    sys.path.append(str(REPOSITORY / "tests"))
    import torchvision_models  # declares what torchvision's import asks for

    torchvision_models.models()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    found = {
        name: compared(NETWORKS[name], turns=options.turns, steps=options.steps)
        for name in options.networks
    }
    options.output.write_text(json.dumps({"machine": machine(), **found}, indent=1) + "\n")
    for name, numbers in found.items():
        print(name, {key: round(value, 4) for key, value in numbers.items()})


if __name__ == "__main__":
    main()
