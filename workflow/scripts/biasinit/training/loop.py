"""The training loop of one shard: all its seeds side by side, from first weights to tables."""

import hashlib
import json
import logging
import platform
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from biasinit.data import PreparedDataset
from biasinit.data.prepared import SubsetName
from biasinit.errors import CheckpointError
from biasinit.networks import build_network, initial_state
from biasinit.training.batches import batch_order, order_hashes
from biasinit.training.checkpoints import load_checkpoint, save_checkpoint
from biasinit.training.description import ShardDescription
from biasinit.training.members import FusedMembers, MemberState, named_state, stack_members
from biasinit.training.probes import QUANTITIES, probe
from biasinit.training.schedule import Point, measurement_points
from biasinit.training.tables import ShardTables

CHECKPOINT_INTERVAL_SECONDS = 60.0  # a shard of the default study is done sooner and writes none

log = logging.getLogger(__name__)

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointPlace:
    """Where a shard keeps its checkpoint, and what must be unchanged for it to be used."""

    path: Path
    code: str
    interval_seconds: float = CHECKPOINT_INTERVAL_SECONDS


@dataclass(slots=True, kw_only=True)
class _Records:
    """What has been measured so far; plain lists and arrays, so that a checkpoint holds them."""

    curves: list[dict[str, Any]]
    layers: list[dict[str, Any]]
    loss_sum: Tensor
    loss_steps: int
    epoch_loss_sum: Tensor
    initial_loss: list[float]


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
    return _ShardTraining(description, dataset, progress, checkpoint).run()


class _ShardTraining:
    def __init__(
        self,
        description: ShardDescription,
        dataset: PreparedDataset,
        progress: Progress,
        checkpoint: CheckpointPlace | None,
    ) -> None:
        self.description = description
        self.progress = progress
        self.checkpoint = checkpoint
        self.classes = dataset.classes
        training = description.training
        self.dtype = getattr(torch, training.precision)
        scaled = dataset.scaled(str(description.cell["input_scaling"]))
        self.images: dict[SubsetName, Tensor] = {
            name: torch.from_numpy(subset.images).to(self.dtype) for name, subset in scaled.items()
        }
        self.labels: dict[SubsetName, Tensor] = {
            name: torch.from_numpy(subset.labels) for name, subset in scaled.items()
        }
        self.order = batch_order(
            study_seed=description.study_seed,
            seeds=description.seeds,
            order_stream=description.order_stream,
            epochs=training.epochs,
            images=len(self.images["train"]),
            batch_size=training.batch_size,
        )
        self.steps_per_epoch = self.order.shape[2]
        self.points = measurement_points(training, steps_per_epoch=self.steps_per_epoch)
        self.network = build_network(
            str(description.cell["architecture"]),
            image_shape=dataset.image_shape,
            classes=dataset.classes,
            normalization=description.normalization,
            hidden_bias=description.scheme.hidden_bias,
            output_bias=description.scheme.output_bias,
        )
        self._initialise()

    def _initialise(self) -> None:
        description = self.description
        initial = [
            initial_state(
                self.network,
                description.scheme,
                weight_init=str(description.cell["weight_init"]),
                study_seed=description.study_seed,
                seed=seed,
                dtype=self.dtype,
            )
            for seed in description.seeds
        ]
        shapes = self.network.layer_shapes()
        fixed = frozenset(
            name
            for layer, name in self.network.scheme_biases().items()
            if not description.scheme.trains(shapes[layer])
        )
        self.weights_hashes = [state.weights_hash for state in initial]
        self.state = stack_members(initial, fixed=fixed)
        self.start = {name: value.clone() for name, value in self.state.parameters.items()}
        self.members = FusedMembers(
            self.network,
            description.optimizer,
            learning_rate=float(description.cell["learning_rate"]),
        )
        count = len(description.seeds)
        self.records = _Records(
            curves=[],
            layers=[],
            loss_sum=torch.zeros(count, dtype=torch.float64),
            loss_steps=0,
            epoch_loss_sum=torch.zeros(count, dtype=torch.float64),
            initial_loss=[],
        )

    def run(self) -> ShardTables:
        started = time.perf_counter()
        torch.set_flush_denormal(True)  # denormals of dying members would slow all down
        first_epoch = self._resume()
        if first_epoch == 0:
            self.records.initial_loss = self._probe("start")
            self._measure(self.points[0])
        last_saved = time.monotonic()
        epochs = self.description.training.epochs
        for epoch in range(first_epoch, epochs):
            self._train_epoch(epoch)
            self.progress((epoch + 1) / epochs)
            place = self.checkpoint
            if (
                place
                and epoch + 1 < epochs
                and time.monotonic() - last_saved >= place.interval_seconds
            ):
                save_checkpoint(place.path, self._checkpoint(epoch + 1), digest=self._digest())
                last_saved = time.monotonic()
        return self._tables(time.perf_counter() - started)

    def _train_epoch(self, epoch: int) -> None:
        images, labels = self.images["train"], self.labels["train"]
        due = {point.step: point for point in self.points}
        self.records.epoch_loss_sum.zero_()
        for index in range(self.steps_per_epoch):
            number = epoch * self.steps_per_epoch + index + 1
            batch = torch.from_numpy(self.order[:, epoch, index].astype(np.int64))
            losses = self.members.step(self.state, images[batch], labels[batch], number=number)
            self.records.loss_sum += losses
            self.records.epoch_loss_sum += losses
            self.records.loss_steps += 1
            if number in due:
                self._measure(due[number])
        if epoch == 0:
            self._probe("epoch 1")
        if epoch == self.description.training.epochs - 1:
            self._probe("end")

    def _accuracy(self, subset: SubsetName) -> NDArray[np.float64]:
        """Return accuracy in percent, (members,); a diverged member scores chance."""
        hits = self.members.correct(self.state, self.images[subset], self.labels[subset])
        accuracy = 100 * hits.sum(1).numpy() / len(self.labels[subset])
        return np.where(self.state.diverged_at.numpy() < 0, accuracy, 100 / self.classes)

    def _measure(self, point: Point) -> None:
        records = self.records
        if point.step == 0:
            train_loss = records.initial_loss
        else:
            train_loss = (records.loss_sum / records.loss_steps).tolist()
        records.loss_sum.zero_()
        records.loss_steps = 0
        validation = self._accuracy("validation")
        test = self._accuracy("test") if point.test else np.full(len(validation), np.nan)
        records.curves.extend(
            {
                "seed": seed,
                "step": point.step,
                "epoch": point.epoch,
                "train_loss": train_loss[member],
                "validation_accuracy": float(validation[member]),
                "test_accuracy": float(test[member]),
            }
            for member, seed in enumerate(self.description.seeds)
        )

    def _probe(self, when: str) -> list[float]:
        """Record the probe of all layers and return the losses on its images."""
        count = self.description.training.probe_images
        found = probe(
            self.network,
            self.state,
            self.start,
            self.images["train"][:count],
            self.labels["train"][:count],
        )
        self.records.layers.extend(
            {
                "seed": seed,
                "when": when,
                "layer": layer,
                **{name: float(values[name][member]) for name in QUANTITIES},
            }
            for member, seed in enumerate(self.description.seeds)
            for layer, values in found.layers.items()
        )
        return [float(loss) for loss in found.losses]

    def _digest(self) -> str:
        """Return a digest of all that the state after an epoch depends on."""
        assert self.checkpoint is not None
        parts = [
            repr(self.description),
            self.checkpoint.code,
            torch.__version__,
            np.__version__,
            hashlib.sha256(self.images["train"].numpy().tobytes()).hexdigest(),
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def _checkpoint(self, epochs_done: int) -> dict[str, Any]:
        records = self.records
        return {
            "epochs_done": epochs_done,
            "state": named_state(self.state),
            "curves": records.curves,
            "layers": records.layers,
            "loss_sum": records.loss_sum,
            "loss_steps": records.loss_steps,
            "epoch_loss_sum": records.epoch_loss_sum,
            "initial_loss": records.initial_loss,
        }

    def _resume(self) -> int:
        """Take up a checkpoint if there is a good one; return the number of epochs done."""
        place = self.checkpoint
        if place is None or not place.path.exists():
            return 0
        try:
            saved = load_checkpoint(place.path, digest=self._digest())
        except CheckpointError as error:
            log.warning("%s It is discarded; the shard starts again.", error)
            return 0
        done = int(saved.pop("epochs_done"))
        self.state = MemberState(**saved.pop("state"))
        self.records = _Records(**saved)
        log.info("Resumed after epoch %d of %d.", done, self.description.training.epochs)
        return done

    def _tables(self, duration: float) -> ShardTables:
        description, state = self.description, self.state
        hits = self.members.correct(state, self.images["test"], self.labels["test"])
        curves = pd.DataFrame(self.records.curves)
        last = curves[curves["step"] == self.points[-1].step]
        steps = [None if step < 0 else step for step in state.diverged_at.tolist()]
        runs = pd.DataFrame(
            {
                "seed": list(description.seeds),
                "final_accuracy": last["test_accuracy"].to_numpy(),
                "final_loss": (self.records.epoch_loss_sum / self.steps_per_epoch).numpy(),
                "validation_accuracy": last["validation_accuracy"].to_numpy(),
                "initial_loss": self.records.initial_loss,
                "diverged_at": pd.array(steps, dtype="Int64"),
                "classes": self.classes,
                "weights_hash": self.weights_hashes,
                "order_hash": order_hashes(self.order),
            }
        )
        packed = [np.packbits(row).tobytes() for row in hits.numpy()]
        correct = pd.DataFrame({"seed": list(description.seeds), "correct": packed})
        jobs = pd.DataFrame(
            {
                "first_seed": [description.seeds[0]],
                "runs": [len(description.seeds)],
                "duration_seconds": [duration],
                "device": ["cpu"],
                "host": [socket.gethostname()],
                "torch_version": [torch.__version__],
                "python_version": [platform.python_version()],
                "threads": [torch.get_num_threads()],
            }
        )
        return ShardTables(
            runs=self._with_key(runs),
            curves=self._with_key(curves),
            layers=self._with_key(pd.DataFrame(self.records.layers)),
            correct=self._with_key(correct),
            jobs=self._with_key(jobs),
        )

    def _with_key(self, frame: pd.DataFrame) -> pd.DataFrame:
        for position, (name, value) in enumerate(self.description.run_key.items()):
            frame.insert(position, name, value)
        return frame
