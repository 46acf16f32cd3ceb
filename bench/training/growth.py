"""How the cost of a run grows with what is computed, under each engine, beside a plain loop.

For each of the ``AXES`` one thing grows and all others stay; every engine and the plain loop train
in turns, in one process on one core, and between them a matrix product says what the processor can
do at that moment. Written are images × members per second by round, what of the matrix-product rate
that is, and the engine that ``recommend_width`` would recommend from these rates. ``runs`` is
another matter: how long whole shards take, all evaluations and probes included.

Prints and writes JSON, from which ``bench/tables.py`` makes tables and the figure.
"""

import argparse
import dataclasses
import json
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from cpu import show
from machine import HERE, machine
from peers import ResNet, convolutional, training_flop
from shards import NETWORKS, Measured, described, images_of, with_width
from torch import nn
from worker import matrix_product, measured, members_loop, plain_loop

from biasinit.errors import ConfigurationError
from biasinit.training.loop import train_shard
from biasinit.training.recommend_width import recommended_engine

ENGINES = ("serial", "eager", "compiled")
PLAIN, LIMIT = "plain loop", "matrix product"
RUNS = (1, 4, 16, 64, 256, 1024)
SERIAL_RUNS = 64  # more cost as much each
EPOCHS = 2  # of each of these runs; the default study has 12


@dataclasses.dataclass(frozen=True, kw_only=True)
class Point:
    """A network of one size, as ours and as a user of plain PyTorch writes it."""

    measured: Measured
    plain: Callable[[], nn.Module]


def of_convolutions(
    channels: Sequence[int],
    *,
    side: int = 32,
    each: int = 1,
    batch_norm: bool = False,
    width: int = 5,
    colours: int = 3,
) -> Point:
    """Return a network with so many convolutions before each pool."""
    layers = [layer for number in channels for layer in (*[number] * each, "pool")]
    measured = Measured(
        architecture={"kind": "convolutional", "layers": layers, "dense": [64]},
        normalization="batchnorm_shift" if batch_norm else "none",
        side=side,
        width=width,
        colours=colours,
    )
    plain = partial(
        convolutional, channels, side=side, colours=colours, each=each, batch_norm=batch_norm
    )
    return Point(measured=measured, plain=plain)


def residual(depth: int) -> Point:
    """Return a residual network of 16, 32 and 64 channels."""
    measured = dataclasses.replace(
        NETWORKS["resnet-8"], architecture={"kind": "resnet", "depth": depth, "channels": 16}
    )
    blocks = (depth - 2) // 6
    plain = partial(ResNet, channels=3, blocks=blocks, width=16)
    return Point(measured=measured, plain=plain)


def channels(first: int) -> tuple[int, ...]:
    """Return the channels of three stages."""
    return (first, 2 * first, 4 * first)


# conv 16-32-64 on 32×32 images, 5 members and batches of 64, where nothing else is said
AXES: Mapping[str, Mapping[int, Callable[[], Point]]] = {
    "width, 8×8": {
        width: partial(of_convolutions, (16, 32), side=8, colours=1, width=width)
        for width in (1, 5, 20, 80)
    },
    "width": {width: partial(of_convolutions, channels(16), width=width) for width in (1, 5, 20)},
    "side": {
        side: partial(of_convolutions, channels(16), side=side) for side in (8, 16, 28, 32, 64)
    },
    "channels": {4 * first: partial(of_convolutions, channels(first)) for first in (4, 8, 16, 32)},
    "channels, batch norm": {
        4 * first: partial(of_convolutions, channels(first), batch_norm=True)
        for first in (4, 8, 16, 32)
    },
    "depth": {3 * each: partial(of_convolutions, channels(16), each=each) for each in (1, 2, 4)},
    "residual depth": {depth: partial(residual, depth) for depth in (8, 14)},
}


def contestants(point: Point) -> dict[str, Callable[[], int]]:
    """Return steps of each engine that can train it, of the plain loop and of the limit."""
    steps = {LIMIT: matrix_product("", 0, precision="float32")}
    steps[PLAIN] = plain_loop(point.plain(), point.measured)
    for engine in ENGINES:
        try:
            description = described(point.measured, epochs=20, engine=engine)
        except ConfigurationError:  # it is left out of the table
            continue
        steps[engine] = members_loop(description, images_of(point.measured))
    return steps


def grown(
    points: Mapping[int, Callable[[], Point]], *, rounds: int, seconds: float
) -> dict[str, Any]:
    """Return what was measured at each size along one axis."""
    found = {}
    for size, make in points.items():
        point = make()
        steps = contestants(point)
        for step in steps.values():
            step(), step()  # compile, and fill the caches
        rates: dict[str, list[float]] = {name: [] for name in steps}
        for _ in range(rounds):
            for name, step in steps.items():
                rates[name].append(measured(step, seconds))
        median = {name: statistics.median(values) for name, values in rates.items()}
        sizes = point.measured
        engines = {name: median[name] for name in ENGINES if name in median}
        best = recommended_engine(engines)
        found[str(size)] = {
            "FLOP for an image": training_flop(
                point.plain(), side=sizes.side, colours=sizes.colours
            ),
            "rates": rates,
            "median": median,
            "recommended": best,
            "recommended, to the plain loop": median[best] / median[PLAIN],
            "recommended, to the engine serial": median[best] / median["serial"],
        }
        show(str(size), found[str(size)])
    return found


def by_runs(*, counts: Sequence[int]) -> dict[str, Any]:
    """Return seconds for each run of whole shards of the digits, by engine and number of runs.

    The process has started and the code is compiled.
    """
    sizes = NETWORKS["small_cnn on digits"]
    data = images_of(sizes)
    found: dict[str, dict[str, float]] = {}
    for engine in ENGINES:
        shard = described(sizes, epochs=EPOCHS, engine=engine)
        found[engine] = {}
        compiled = set()
        for runs in counts:
            if engine == "serial" and runs > SERIAL_RUNS:
                continue
            width = min(runs, sizes.width)
            these = dataclasses.replace(with_width(shard, width), seeds=tuple(range(runs)))
            if width not in compiled:
                train_shard(these, data)
                compiled.add(width)
            began = time.perf_counter()
            train_shard(these, data)
            found[engine][str(runs)] = (time.perf_counter() - began) / runs
    return {"epochs": EPOCHS, "seconds for each run": found}


def main() -> None:
    """Measure along each axis, print and write down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=HERE / "growth.json")
    parser.add_argument("--part", default="", help="only axes whose name contains this")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds")
    parser.add_argument("--seconds", type=float, default=1.0, help="of each measured slice")
    parser.add_argument("--smallest", action="store_true", help="only the smallest of each axis")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    count = 1 if options.smallest else None
    parts: dict[str, Callable[[], dict[str, Any]]] = {
        name: partial(
            grown,
            dict(list(points.items())[:count]),
            rounds=options.rounds,
            seconds=options.seconds,
        )
        for name, points in AXES.items()
    }
    parts["runs"] = partial(by_runs, counts=RUNS[:count])
    path = options.output
    results = json.loads(path.read_text("utf-8")) if options.part and path.exists() else {}
    for name, part in parts.items():
        if options.part in name:
            found = part()
            results[name] = {"machine": machine(), "found": found}
            show(name, found)
            path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
