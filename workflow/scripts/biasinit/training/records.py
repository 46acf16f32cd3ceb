"""What has been measured of a shard so far, and the tables made of it at the end."""

import platform
import socket
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from biasinit.training.probes import Probe
from biasinit.training.schedule import Point
from biasinit.training.shard import Shard
from biasinit.training.tables import ShardTables
from biasinit.vocabulary import PROBED_QUANTITIES


class Records:
    """Learning curves, probes and losses of a shard, as plain values that a checkpoint holds."""

    def __init__(self, shard: Shard) -> None:
        self._shard = shard
        members = len(shard.description.seeds)
        self._curves: list[dict[str, Any]] = []
        self._layers: list[dict[str, Any]] = []
        self._initial_loss: list[float] = []
        self._losses_since_point = torch.zeros(members, dtype=torch.float64)
        self._steps_since_point = 0
        self._losses_of_epoch = torch.zeros(members, dtype=torch.float64)

    def plain(self) -> dict[str, Any]:
        """Return everything recorded, for a checkpoint."""
        return {name: value for name, value in vars(self).items() if name != "_shard"}

    def restore(self, plain: dict[str, Any]) -> None:
        """Take up what ``plain`` returned."""
        vars(self).update(plain)

    def start_epoch(self) -> None:
        """Forget the losses of the epoch before."""
        self._losses_of_epoch.zero_()

    def add_losses(self, losses: Tensor) -> None:
        """Record the losses of one step, (members,)."""
        self._losses_since_point += losses
        self._losses_of_epoch += losses
        self._steps_since_point += 1

    def add_point(self, point: Point) -> None:
        """Measure the members at one point of their learning curves."""
        if self._steps_since_point:
            losses = (self._losses_since_point / self._steps_since_point).tolist()
        else:
            losses = self._initial_loss
        self._losses_since_point.zero_()
        self._steps_since_point = 0
        validation = self._shard.accuracy("validation")
        test = self._shard.accuracy("test") if point.test else np.full(len(validation), np.nan)
        self._curves.extend(
            {
                "seed": seed,
                "step": point.step,
                "epoch": point.epoch,
                "train_loss": losses[member],
                "validation_accuracy": float(validation[member]),
                "test_accuracy": float(test[member]),
            }
            for member, seed in enumerate(self._shard.description.seeds)
        )

    def add_probe(self, when: str, found: Probe) -> None:
        """Record a probe of all layers; the one at the start gives the initial loss."""
        if when == "start":
            self._initial_loss = [float(loss) for loss in found.losses]
        self._layers.extend(
            {
                "seed": seed,
                "when": when,
                "layer": layer,
                **{name: float(values[name][member]) for name in PROBED_QUANTITIES},
            }
            for member, seed in enumerate(self._shard.description.seeds)
            for layer, values in found.layers.items()
        )

    def tables(self, *, duration_seconds: float) -> ShardTables:
        """Return all tables of the shard after its last step."""
        curves = pd.DataFrame(self._curves)
        return ShardTables(
            runs=self._with_key(self._runs(curves)),
            curves=self._with_key(curves),
            layers=self._with_key(pd.DataFrame(self._layers)),
            correct=self._with_key(self._correct()),
            jobs=self._with_key(self._jobs(duration_seconds)),
        )

    def _runs(self, curves: pd.DataFrame) -> pd.DataFrame:
        shard = self._shard
        last = curves[curves["step"] == curves["step"].max()]
        steps = [None if step < 0 else step for step in shard.state.diverged_at.tolist()]
        return pd.DataFrame(
            {
                "seed": list(shard.description.seeds),
                "final_accuracy": last["test_accuracy"].to_numpy(),
                "final_loss": (self._losses_of_epoch / shard.steps_per_epoch).numpy(),
                "validation_accuracy": last["validation_accuracy"].to_numpy(),
                "initial_loss": self._initial_loss,
                "diverged_at": pd.array(steps, dtype="Int64"),
                "classes": shard.classes,
                "weights_hash": shard.weights_hashes,
                "order_hash": shard.order_hashes,
            }
        )

    def _correct(self) -> pd.DataFrame:
        packed = [np.packbits(row).tobytes() for row in self._shard.correct("test")]
        return pd.DataFrame({"seed": list(self._shard.description.seeds), "correct": packed})

    def _jobs(self, duration_seconds: float) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "first_seed": [self._shard.description.seeds[0]],
                "runs": [len(self._shard.description.seeds)],
                "duration_seconds": [duration_seconds],
                "device": ["cpu"],
                "host": [socket.gethostname()],
                "torch_version": [torch.__version__],
                "python_version": [platform.python_version()],
                "threads": [torch.get_num_threads()],
            }
        )

    def _with_key(self, frame: pd.DataFrame) -> pd.DataFrame:
        for position, (name, value) in enumerate(self._shard.description.run_key.items()):
            frame.insert(position, name, value)
        return frame
