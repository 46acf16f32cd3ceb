"""The training loop of one shard: all its seeds side by side, from first weights to tables."""

import hashlib
import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from biasinit.data import PreparedDataset
from biasinit.errors import CheckpointError
from biasinit.training.checkpoints import load_checkpoint, save_checkpoint
from biasinit.training.description import ShardDescription
from biasinit.training.members import MemberState, named_state
from biasinit.training.records import Records
from biasinit.training.schedule import measurement_points
from biasinit.training.shard import Shard
from biasinit.training.tables import ShardTables

CHECKPOINT_INTERVAL_SECONDS = 60.0  # a shard of the default study is done sooner and writes none

log = logging.getLogger(__name__)

Progress = Callable[[float], None]


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
    progress: Progress = lambda share: None,
    checkpoint: CheckpointPlace | None = None,
) -> ShardTables:
    """Train all seeds of a shard and return its tables.

    Args:
        description: what to train.
        dataset: the images and their split.
        progress: called after every epoch with the share of epochs that are done.
        checkpoint: where to keep a checkpoint; None keeps none. The result is the same, bit
            for bit, whether training was interrupted or not.

    """
    started = time.perf_counter()
    torch.set_flush_denormal(True)  # denormals of dying members would slow all down
    shard = Shard(description, dataset)
    records = Records(shard)
    points = measurement_points(description.training, steps_per_epoch=shard.steps_per_epoch)
    point_after = {point.step: point for point in points}
    epochs = description.training.epochs
    keeper = _CheckpointKeeper(checkpoint, shard, records) if checkpoint else None

    done = keeper.resume() if keeper else 0
    if done == 0:
        records.add_probe("start", shard.probe())
        records.add_point(points[0])
    for epoch in range(done, epochs):
        records.start_epoch()
        first = epoch * shard.steps_per_epoch + 1
        for number in range(first, first + shard.steps_per_epoch):
            records.add_losses(shard.step(number))
            if number in point_after:
                records.add_point(point_after[number])
        if epoch == 0:
            records.add_probe("epoch 1", shard.probe())
        if epoch == epochs - 1:
            records.add_probe("end", shard.probe())
        progress((epoch + 1) / epochs)
        if keeper and epoch + 1 < epochs:
            keeper.save_if_due(epoch + 1)
    return records.tables(duration_seconds=time.perf_counter() - started)


class _CheckpointKeeper:
    """Saves the state of a shard now and then, and takes it up again."""

    def __init__(self, place: CheckpointPlace, shard: Shard, records: Records) -> None:
        self._place = place
        self._shard = shard
        self._records = records
        self._saved = time.monotonic()

    def save_if_due(self, epochs_done: int) -> None:
        if time.monotonic() - self._saved < self._place.interval_seconds:
            return
        content = {
            "epochs_done": epochs_done,
            "state": named_state(self._shard.state),
            "records": self._records.plain(),
        }
        save_checkpoint(self._place.path, content, digest=self._digest())
        self._saved = time.monotonic()

    def resume(self) -> int:
        """Take up a checkpoint if there is a good one; return the number of epochs done."""
        if not self._place.path.exists():
            return 0
        try:
            content = load_checkpoint(self._place.path, digest=self._digest())
        except CheckpointError as error:
            log.warning("%s It is discarded; the shard starts again.", error)
            return 0
        self._shard.state = MemberState(**content["state"])
        self._records.restore(content["records"])
        done = int(content["epochs_done"])
        log.info("Resumed after epoch %d.", done)
        return done

    def _digest(self) -> str:
        """Return a digest of all that the state after an epoch depends on."""
        images = self._shard.images["train"].numpy().tobytes()
        parts = [
            repr(self._shard.description),
            self._place.code,
            torch.__version__,
            np.__version__,
            hashlib.sha256(images).hexdigest(),
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
