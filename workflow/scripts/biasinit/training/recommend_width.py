"""Recommend an engine and a width: ``python -m biasinit.training.recommend_width shard.json DATA``.

Trains a few steps of the shard member after member (the engine ``serial``), and side by side at
widths 1, 2, 4, …; prints, for each, images per second and memory. A width is recommended that is
the smallest within 5 % of the fastest, and ``serial`` unless that is at least 1.3 times as fast.
The study file then says it once and for all (``training.engine``, ``training.width``): nothing is
chosen at run time.
"""

import argparse
import dataclasses
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from biasinit.data.prepared import PreparedDataset, load_prepared
from biasinit.errors import BiasinitError
from biasinit.training.__main__ import positive, read_description
from biasinit.training.description import ShardDescription
from biasinit.training.engines.fused import SERIAL
from biasinit.training.shard import Block, Shard

CLOSE_ENOUGH = 0.95  # of the fastest; a smaller width has a shorter tail and finer checkpoints
WORTH_FUSING = 1.3  # times the speed of serial; below, its simplicity and its start weigh more
WARMING_STEPS = 3
FUSED = ("eager", "compiled")


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
    parser.add_argument(
        "--engine",
        choices=FUSED,
        help="that is held against serial; that of the shard, or eager if it is serial",
    )
    parser.add_argument("--largest", type=positive, default=64, help="largest width that is tried")
    parser.add_argument("--seconds", type=float, default=1.0, help="to measure each width for")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    try:
        description, dataset = read_description(options.shard), load_prepared(options.data)
        named = description.training.engine
        engine = options.engine or (FUSED[0] if named == SERIAL else named)
        measuring = {"device": options.device, "seconds": options.seconds}
        alone = serial_speed(description, dataset, **measuring)
        _show(SERIAL, alone)
        found = []
        fused = _with_training(description, engine=engine)
        for speed in speeds(fused, dataset, largest=options.largest, **measuring):
            found.append(speed)
            _show(engine, speed)
    except BiasinitError as error:
        print(error, file=sys.stderr)
        return 1
    width = recommended(found)
    best = next(speed for speed in found if speed.width == width)
    rates = {SERIAL: alone.images_per_second, engine: best.images_per_second}
    faster = best.images_per_second / alone.images_per_second
    print(f"{engine} at width {width} is {faster:.2f} times as fast as {SERIAL}.")
    chosen = recommended_engine(rates)
    side_by_side = "" if chosen == SERIAL else f", width: {width}"
    print(f"Recommended: training: {{engine: {chosen}{side_by_side}}}")
    return 0


def _show(engine: str, speed: WidthSpeed) -> None:
    print(
        f"{engine:8} width {speed.width:5d}   {speed.images_per_second:12,.0f} images/s   "
        f"{speed.device_bytes / 1024**2:8,.0f} MiB on the device",
        flush=True,
    )


def serial_speed(
    description: ShardDescription, dataset: PreparedDataset, *, device: str, seconds: float
) -> WidthSpeed:
    """Return the speed of member after member, in float32 where the shard rounds to bfloat16."""
    precision = description.training.precision
    alone = _with_training(
        description, engine=SERIAL, precision="float32" if precision == "bfloat16" else precision
    )
    return _speed(alone, dataset, device=device, width=1, seconds=seconds)


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


def recommended_engine(rates: Mapping[str, float]) -> str:
    """Return the engine to use where the engines have these rates, ``serial`` among them."""
    fastest = max(rates, key=lambda engine: rates[engine])
    return fastest if rates[fastest] >= WORTH_FUSING * rates[SERIAL] else SERIAL


def _with_training(description: ShardDescription, **keys: str) -> ShardDescription:
    training = dataclasses.replace(description.training, **keys)  # type: ignore[arg-type]
    return dataclasses.replace(description, training=training)


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
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
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
