"""How the cost grows: from one run to 4,096, and with the size of the network.

Prints and writes JSON, as ``cpu.py`` does.
"""

import argparse
import json
import statistics
import time
from pathlib import Path

import numpy as np
import torch
from cpu import show
from machine import HERE, machine
from torch import nn

from biasinit.data.exchange import no_exchange
from biasinit.data.prepared import PreparedDataset
from biasinit.data.preparing import prepare
from biasinit.specs.datasets.digits import Digits
from biasinit.training.description import ShardDescription
from biasinit.training.loop import train_shard
from biasinit.training.shard import Block, Shard

RUNS = (1, 4, 16, 64, 256, 1024, 4096)
EPOCHS = 2  # of each run; the default study has 12
SIZES = ((8, 1), (8, 2), (8, 4), (16, 1), (28, 1), (28, 2))  # side of images, times the channels
SECONDS = 2.0


def description(seeds: int, *, engine: str, batch: int, times: int = 1) -> ShardDescription:
    """Return a shard of zeros at one learning rate, in blocks of 20 or fewer."""
    return ShardDescription.from_mapping(
        {
            "study": "growth", "study_seed": 1, "seeds": [0, seeds], "label": "zeros",
            "cell": {
                "dataset": "digits", "architecture": "convolutional", "weight_init": "he",
                "input_scaling": "standardized", "optimizer": "sgd", "learning_rate": 0.02,
            },
            "normalization": "none", "scheme": {"name": "zeros", "kind": "zeros"},
            "architecture": {
                "kind": "convolutional",
                "layers": [16 * times, "pool", 32 * times, "pool"],
                "dense": [64 * times],
            },
            "order_stream": "", "optimizer": {},
            "training": {"epochs": EPOCHS, "batch_size": batch, "engine": engine},
        },
        folder=Path(),
    )  # fmt: skip


def by_runs() -> dict[str, float]:
    """Return seconds for each run of a shard, without the start of the process."""
    data = prepare(Digits(name="digits", train=1100, validation=100, test=597))
    seconds = {}
    for runs in RUNS:
        shard = description(runs, engine="compiled", batch=32)
        if runs <= 20:
            train_shard(shard, data)  # compiles for this width
        began = time.perf_counter()
        train_shard(shard, data)
        seconds[f"{runs} runs"] = (time.perf_counter() - began) / runs
    return seconds


def synthetic(side: int) -> PreparedDataset:
    """Return random images, of which only the size matters."""
    rng = np.random.default_rng(0)
    numbers = np.arange(320)
    return PreparedDataset(
        images=rng.integers(0, 256, (320, side, side, 1), dtype=np.uint8),
        labels=(numbers % 10).astype(np.uint8),
        maximum=255,
        split={"train": numbers[:256], "validation": numbers[256:288], "test": numbers[288:]},
        shown=numbers[:, None],
        exchange=no_exchange(len(numbers)),
    )


def rate_of(step: object, images: int) -> float:
    """Return images per second, the median of three slices."""
    assert callable(step)
    step()
    found = []
    for _ in range(3):
        began, done = time.perf_counter(), 0
        while time.perf_counter() - began < SECONDS / 3:
            step()
            done += images
        found.append(done / (time.perf_counter() - began))
    return statistics.median(found)


def serial_rate(side: int, times: int, data: PreparedDataset) -> float:
    """Return the rate of the careful serial loop on a network of this size."""
    first, second, units = 16 * times, 32 * times, 64 * times
    network = nn.Sequential(
        nn.Conv2d(1, first, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(first, second, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear((side // 4) ** 2 * second, units), nn.ReLU(), nn.Linear(units, 10),
    ).to(memory_format=torch.channels_last)  # fmt: skip
    images = torch.from_numpy(data.scaled("standardized")["train"].images).float()
    images = images.permute(0, 3, 1, 2)[:32]
    labels = torch.from_numpy(data.labels[:32].astype(np.int64))
    optimizer = torch.optim.SGD(network.parameters(), lr=0.02, momentum=0.9, fused=True)

    def step() -> None:
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(images), labels).backward()
        optimizer.step()

    return rate_of(step, 32)


def fused_rate(side: int, times: int, data: PreparedDataset, *, engine: str) -> float:
    """Return the rate of 8 members of this size side by side."""
    shard = Shard(description(8, engine=engine, batch=32, times=times), data)
    block = Block(shard, shard.description.seeds)
    return rate_of(lambda: block.step(1), 8 * 32)


def by_size() -> dict[str, dict[str, float]]:
    """Return rates of both engines and of the serial loop for each size of network."""
    found = {}
    for side, times in SIZES:
        data = synthetic(side)
        serial = serial_rate(side, times, data)
        rates = {
            engine: fused_rate(side, times, data, engine=engine) for engine in ("eager", "compiled")
        }
        found[f"{side} × {side}, {times} times the channels"] = {
            "serial, images/s": serial,
            **{f"ours {engine}, images/s": rate for engine, rate in rates.items()},
            **{f"ratio, {engine}": rate / serial for engine, rate in rates.items()},
        }
    return found


def main() -> None:
    """Run both parts, print them and write them down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=HERE / "growth.json")
    parser.add_argument("--part", default="", help="only parts whose name contains this")
    options = parser.parse_args()
    torch.set_num_threads(1)
    parts = {
        "seconds for each run of 2 epochs": by_runs,
        "by size of the network, 8 members, batch 32": by_size,
    }
    results = {"machine": machine()}
    results |= {name: part() for name, part in parts.items() if options.part in name}
    show("growth", results)
    options.output.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
