"""The training loop of one shard: its seeds block by block, from first weights to tables."""

import hashlib
import json
import logging
import platform
import resource
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from biasinit.data.prepared import PreparedDataset
from biasinit.errors import CheckpointError
from biasinit.training.checkpoints import load_checkpoint, save_checkpoint
from biasinit.training.description import ShardDescription
from biasinit.training.records.frozen_tables import frozen_table, thawed_table
from biasinit.training.records.measurement import measurement_points
from biasinit.training.records.records import Records
from biasinit.training.records.tables import ShardTables
from biasinit.training.shard import Block, Shard

CHECKPOINT_INTERVAL_SECONDS = 60.0  # a shard of the default study is done sooner and writes none
MEBIBYTE = 1024.0**2

log = logging.getLogger(__name__)

Progress = Callable[[float], None]
BlockTables = Mapping[str, pd.DataFrame]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointPlace:
    """Where a shard keeps its checkpoint, and the version of the code that may use it."""

    path: Path
    code: str
    interval_seconds: float = CHECKPOINT_INTERVAL_SECONDS


def train_shard(
    description: ShardDescription,
    dataset: PreparedDataset,
    *,
    device: str = "cpu",
    progress: Progress = lambda share: None,
    checkpoint: CheckpointPlace | None = None,
) -> ShardTables:
    """Train all seeds of a shard and return its tables.

    Args:
        description: what to train.
        dataset: the images and their split.
        device: ``cpu`` or ``cuda``.
        progress: called after every epoch of a block with the share of all that is done.
        checkpoint: where to keep a checkpoint; None keeps none. The result is the same, bit
            for bit on a device of the same kind, whether training was interrupted or not.

    Raises:
        DeviceError: there is no such device.
        CompilerError: the study's engine is compiled, and this machine cannot compile.

    """
    started = time.perf_counter()
    torch.set_flush_denormal(True)  # denormals of dying members would slow all down
    shard = Shard(description, dataset, device=device)
    keeper = _CheckpointKeeper(checkpoint, shard) if checkpoint else None
    taken_up = keeper.take_up() if keeper else None
    finished: list[BlockTables] = taken_up.finished if taken_up else []
    blocks = shard.blocks()
    evaluation_seconds = 0.0
    first = len(finished)
    for index in range(first, len(blocks)):
        block = Block(shard, blocks[index])
        if index == first:
            block.warm()
        records = Records(block)
        done = taken_up.restore(block, records) if taken_up else 0
        taken_up = None
        for number in _train(block, records, done=done):
            if number % shard.steps_per_epoch == 0:
                progress((index + number / shard.steps) / len(blocks))
            if keeper and number < shard.steps:
                keeper.save_if_due(finished, block, records, number=number)
        finished = [*finished, records.tables()]
        evaluation_seconds += records.evaluation_seconds
    merged = {
        # in the order of seeds, whatever the blocks were
        name: pd.concat([tables[name] for tables in finished]).sort_values(
            "seed", kind="stable", ignore_index=True
        )
        for name in finished[0]
    }
    jobs = _jobs(
        shard,
        duration_seconds=time.perf_counter() - started,
        evaluation_seconds=evaluation_seconds,
    )
    return ShardTables(
        **{name: _with_key(frame, description) for name, frame in (merged | {"jobs": jobs}).items()}
    )


def _train(block: Block, records: Records, *, done: int) -> Iterator[int]:
    """Train a block to its last step, and yield the number of each step that is complete."""
    shard = block.shard
    points = measurement_points(shard.description.training, steps_per_epoch=shard.steps_per_epoch)
    point_after = {point.step: point for point in points}
    if done == 0:
        records.add_probe("start")
        records.add_point(points[0])
    for number in range(done + 1, shard.steps + 1):
        if number % shard.steps_per_epoch == 1 or shard.steps_per_epoch == 1:
            records.start_epoch()
        records.add_losses(block.step(number))
        if number in point_after:
            records.add_point(point_after[number])
        if number == shard.steps_per_epoch:
            records.add_probe("epoch 1")
        if number == shard.steps:
            records.add_probe("end")
        yield number


def peak_memory_mib() -> float:
    """Return the most memory that this process has held, in MiB."""
    unit = 1 if sys.platform == "darwin" else 1024  # bytes; systems count differently
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MEBIBYTE


def _jobs(shard: Shard, *, duration_seconds: float, evaluation_seconds: float) -> pd.DataFrame:
    description = shard.description
    on_gpu = shard.device.type == "cuda"
    return pd.DataFrame(
        {
            "first_seed": [description.seeds[0]],
            "runs": [len(description.seeds)],
            "duration_seconds": [duration_seconds],
            "evaluation_seconds": [evaluation_seconds],
            "compiling_seconds": [shard.engine.compiling_seconds],
            "engine": [description.training.engine],
            "width": [shard.width],
            "device": [torch.cuda.get_device_name() if on_gpu else "cpu"],
            "memory_mib": [peak_memory_mib()],
            "device_memory_mib": [torch.cuda.max_memory_allocated() / MEBIBYTE if on_gpu else 0.0],
            "host": [socket.gethostname()],
            "torch_version": [torch.__version__],
            "python_version": [platform.python_version()],
            "threads": [torch.get_num_threads()],
        }
    )


def _with_key(frame: pd.DataFrame, description: ShardDescription) -> pd.DataFrame:
    for position, (name, value) in enumerate(description.run_key.items()):
        frame.insert(position, name, value)
    return frame


@dataclass(frozen=True, slots=True, kw_only=True)
class _TakenUp:
    """What a checkpoint holds: the finished blocks, and the one under way."""

    finished: list[BlockTables]
    number: int
    state: Mapping[str, Any]
    records: dict[str, Any]

    def restore(self, block: Block, records: Records) -> int:
        """Put the block where it was; return the number of steps done."""
        block.state.restore(self.state)
        records.restore(self.records)
        return self.number


class _CheckpointKeeper:
    """Saves the state of a shard now and then, and takes it up again."""

    def __init__(self, place: CheckpointPlace, shard: Shard) -> None:
        self._place = place
        self._shard = shard
        self._saved = time.monotonic()

    def save_if_due(
        self, finished: list[BlockTables], block: Block, records: Records, *, number: int
    ) -> None:
        if time.monotonic() - self._saved < self._place.interval_seconds:
            return
        content = {
            "finished": [
                {name: frozen_table(frame) for name, frame in tables.items()} for tables in finished
            ],
            "number": number,
            "state": block.state.plain(),
            "records": records.plain(),
        }
        save_checkpoint(self._place.path, content, digest=self._digest())
        self._saved = time.monotonic()

    def take_up(self) -> _TakenUp | None:
        """Return what a good checkpoint holds; None where there is none."""
        if not self._place.path.exists():
            return None
        try:
            content = load_checkpoint(self._place.path, digest=self._digest())
        except CheckpointError as error:
            log.warning("%s It is discarded; the shard starts again.", error)
            return None
        finished: list[BlockTables] = [
            {name: thawed_table(frame) for name, frame in tables.items()}
            for tables in content["finished"]
        ]
        log.info("Resumed in block %d, after step %d.", len(finished) + 1, content["number"])
        return _TakenUp(
            finished=finished,
            number=int(content["number"]),
            state=content["state"],
            records=content["records"],
        )

    def _digest(self) -> str:
        """Return a digest of all that the state after a step depends on."""
        dataset = self._shard.dataset
        held = [dataset.images, dataset.labels, dataset.shown, *dataset.split.values()]
        held += [dataset.exchange.stratum, dataset.exchange.unit]
        parts = [
            repr(self._shard.description),
            self._place.code,
            self._shard.device.type,
            torch.__version__,
            np.__version__,
            str(dataset.exchange.split_seed),
            *(hashlib.sha256(array.tobytes()).hexdigest() for array in held),
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
