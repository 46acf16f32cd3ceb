"""What has been measured of a block so far, and the tables made of it at the end."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from biasinit.quantities import ASYMMETRY
from biasinit.training.records.measurement import Point
from biasinit.training.shard import Block


class Records:
    """Learning curves, probes and losses of a block, as plain values that a checkpoint holds."""

    def __init__(self, block: Block) -> None:
        self._block = block
        members, device = len(block.seeds), block.shard.device
        self._curves: list[dict[str, Any]] = []
        self._layers: list[dict[str, Any]] = []
        self._initial_loss: list[float] = []
        self._first_guesses: list[float] = []
        # on the device, so that no step waits for its losses
        self._losses_since_point = torch.zeros(members, dtype=torch.float64, device=device)
        self._steps_since_point = 0
        self._losses_of_epoch = torch.zeros(members, dtype=torch.float64, device=device)
        self._test_hits = torch.empty(members, 0, dtype=torch.bool)  # of the last test point
        self.evaluation_seconds = 0.0

    def plain(self) -> dict[str, Any]:
        """Return everything recorded, for a checkpoint."""
        return {name: value for name, value in vars(self).items() if name != "_block"}

    def restore(self, plain: dict[str, Any]) -> None:
        """Take up what ``plain`` returned."""
        device = self._block.shard.device
        vars(self).update(
            {
                name: value.to(device) if name.startswith("_losses") else value
                for name, value in plain.items()
            }
        )

    def start_epoch(self) -> None:
        """Forget the losses of the epoch before."""
        self._losses_of_epoch.zero_()

    def add_losses(self, losses: Tensor) -> None:
        """Record the losses of one step, (members,)."""
        self._losses_since_point += losses
        self._losses_of_epoch += losses
        self._steps_since_point += 1

    @contextmanager
    def _evaluating(self) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.evaluation_seconds += time.perf_counter() - started

    def add_point(self, point: Point) -> None:
        """Measure the members at one point of their learning curves."""
        with self._evaluating():
            self._add_point(point)

    def _add_point(self, point: Point) -> None:
        if self._steps_since_point:
            losses = (self._losses_since_point / self._steps_since_point).tolist()
        else:
            losses = self._initial_loss
        self._losses_since_point.zero_()
        self._steps_since_point = 0
        validation = self._block.accuracy(self._block.correct("validation"))
        test = np.full(len(validation), np.nan)
        if point.test:
            hits = self._block.correct("test")
            self._test_hits = torch.from_numpy(hits)
            test = self._block.accuracy(hits)
        pairs = self._block.asymmetry("validation")
        self._curves.extend(
            {
                "seed": seed,
                "step": point.step,
                "epoch": point.epoch,
                "train_loss": losses[member],
                "validation_accuracy": float(validation[member]),
                "test_accuracy": float(test[member]),
                **({} if pairs is None else {ASYMMETRY: float(pairs[member])}),
            }
            for member, seed in enumerate(self._block.seeds)
        )

    def add_probe(self, when: str) -> None:
        """Probe all layers; the probe at the start gives the initial loss and the first guesses."""
        with self._evaluating():
            self._add_probe(when)

    def _add_probe(self, when: str) -> None:
        found = self._block.probe()
        if when == "start":
            members = len(self._block.seeds)
            self._initial_loss = [float(loss) for loss in found.losses][:members]
            self._first_guesses = [100 * float(share) for share in found.guesses][:members]
        layers = {
            layer: {name: value.tolist() for name, value in values.items()}
            for layer, values in found.layers.items()
        }
        self._layers.extend(
            {
                "seed": seed,
                "when": when,
                "layer": layer,
                **{name: value[member] for name, value in values.items()},
            }
            for member, seed in enumerate(self._block.seeds)
            for layer, values in layers.items()
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return runs, curves, layers and correct of the block after its last step."""
        curves = pd.DataFrame(self._curves)
        return {
            "runs": self._runs(curves),
            "curves": curves,
            "layers": pd.DataFrame(self._layers),
            "correct": self._correct(),
        }

    def _runs(self, curves: pd.DataFrame) -> pd.DataFrame:
        block = self._block
        last = curves[curves["step"] == curves["step"].max()]
        steps = [None if step < 0 else step for step in block.diverged_at.tolist()]
        losses = self._losses_of_epoch / block.shard.steps_per_epoch
        return pd.DataFrame(
            {
                "seed": list(block.seeds),
                "final_accuracy": last["test_accuracy"].to_numpy(),
                "final_loss": losses.cpu().numpy(),
                "validation_accuracy": last["validation_accuracy"].to_numpy(),
                "initial_loss": self._initial_loss,
                "commonest_first_guess": self._first_guesses,
                "diverged_at": pd.array(steps, dtype="Int64"),
                "classes": block.shard.classes,
                "weights_hash": block.weights_hashes,
                "order_hash": block.order_hashes,
                "test_hash": block.test_hashes,
            }
        )

    def _correct(self) -> pd.DataFrame:
        packed = [np.packbits(row).tobytes() for row in self._test_hits.numpy()]
        return pd.DataFrame({"seed": list(self._block.seeds), "correct": packed})
