"""Recommend a width: ``python -m biasinit.training.recommend_width shard.json DATA``.

Trains a few steps of the shard at widths 1, 2, 4, … and prints, for each, images per second and
memory; recommends the smallest width within 5 % of the fastest. The study file then says it
once and for all (``training.width``): nothing is chosen at run time.
"""

import argparse
import dataclasses
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from biasinit.data.prepared import PreparedDataset, load_prepared
from biasinit.errors import BiasinitError
from biasinit.training.__main__ import positive, read_description
from biasinit.training.description import ShardDescription
from biasinit.training.shard import Block, Shard

CLOSE_ENOUGH = 0.95  # of the fastest; a smaller width has a shorter tail and finer checkpoints
WARMING_STEPS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class WidthSpeed:
    """What one width gave: images of all members per second, and bytes of GPU memory."""

    width: int
    images_per_second: float
    device_bytes: int


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table and the recommendation; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shard", type=Path, help="description of the shard, JSON or YAML")
    parser.add_argument("data", type=Path, help="prepared data set, .npz")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--largest", type=positive, default=64, help="largest width that is tried")
    parser.add_argument("--seconds", type=float, default=1.0, help="to measure each width for")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    try:
        description, dataset = read_description(options.shard), load_prepared(options.data)
        found = []
        for speed in speeds(
            description,
            dataset,
            device=options.device,
            largest=options.largest,
            seconds=options.seconds,
        ):
            found.append(speed)
            print(
                f"width {speed.width:5d}   {speed.images_per_second:12,.0f} images/s   "
                f"{speed.device_bytes / 1024**2:8,.0f} MiB on the device",
                flush=True,
            )
    except BiasinitError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Recommended: training: {{width: {recommended(found)}}}")
    return 0


def speeds(
    description: ShardDescription,
    dataset: PreparedDataset,
    *,
    device: str,
    largest: int,
    seconds: float,
) -> Iterator[WidthSpeed]:
    """Yield the speed of each width, a power of two up to ``largest``."""
    width = 1
    while width <= largest:
        yield _speed(description, dataset, device=device, width=width, seconds=seconds)
        width *= 2


def recommended(found: Sequence[WidthSpeed]) -> int:
    """Return the smallest width that is within 5 % of the fastest."""
    fastest = max(speed.images_per_second for speed in found)
    return min(speed.width for speed in found if speed.images_per_second >= CLOSE_ENOUGH * fastest)


def _speed(
    description: ShardDescription,
    dataset: PreparedDataset,
    *,
    device: str,
    width: int,
    seconds: float,
) -> WidthSpeed:
    training = dataclasses.replace(description.training, width=width)
    probed = dataclasses.replace(description, training=training, seeds=tuple(range(width)))
    shard = Shard(probed, dataset, device=device)
    block = Block(shard, probed.seeds)
    for number in range(1, WARMING_STEPS + 1):
        block.step(min(number, shard.steps))
    _wait(shard)
    steps, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        block.step(steps % shard.steps + 1)
        steps += 1
    _wait(shard)
    images = steps * width * training.batch_size
    on_gpu = shard.device.type == "cuda"
    return WidthSpeed(
        width=width,
        images_per_second=images / (time.perf_counter() - started),
        device_bytes=torch.cuda.max_memory_allocated() if on_gpu else 0,
    )


def _wait(shard: Shard) -> None:
    if shard.device.type == "cuda":
        torch.cuda.synchronize()
