"""One shard while it is trained: its images, its batch order, its network and its members."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from biasinit.data import PreparedDataset
from biasinit.data.prepared import SubsetName
from biasinit.networks import build_network, initial_state
from biasinit.training.batches import batch_order, order_hashes
from biasinit.training.description import ShardDescription
from biasinit.training.members import FusedMembers, stack_members
from biasinit.training.probes import Probe, probe


class Shard:
    """All seeds of a shard, side by side; ``state`` is all that training changes.

    Attributes:
        images: scaled images of each subset, (images, height, width, channels).
        labels: classes of each subset, (images,).
        order: image numbers, (members, epochs, steps, batch).
        start: the initial parameters, stacked, by name.

    """

    def __init__(self, description: ShardDescription, dataset: PreparedDataset) -> None:
        self.description = description
        self.classes = dataset.classes
        dtype = getattr(torch, description.training.precision)
        scaled = dataset.scaled(str(description.cell["input_scaling"]))
        self.images: dict[SubsetName, Tensor] = {
            name: torch.from_numpy(subset.images).to(dtype) for name, subset in scaled.items()
        }
        self.labels: dict[SubsetName, Tensor] = {
            name: torch.from_numpy(subset.labels) for name, subset in scaled.items()
        }
        self.order = batch_order(
            study_seed=description.study_seed,
            seeds=description.seeds,
            order_stream=description.order_stream,
            epochs=description.training.epochs,
            images=len(self.images["train"]),
            batch_size=description.training.batch_size,
        )
        self.network = build_network(
            str(description.cell["architecture"]),
            image_shape=dataset.image_shape,
            classes=dataset.classes,
            normalization=description.normalization,
            hidden_bias=description.scheme.hidden_bias,
            output_bias=description.scheme.output_bias,
        )
        initial = [
            initial_state(
                self.network,
                description.scheme,
                weight_init=str(description.cell["weight_init"]),
                study_seed=description.study_seed,
                seed=seed,
                dtype=dtype,
            )
            for seed in description.seeds
        ]
        self.weights_hashes = [state.weights_hash for state in initial]
        self.state = stack_members(initial, fixed=self._fixed_biases())
        self.start = {name: value.clone() for name, value in self.state.parameters.items()}
        self.members = FusedMembers(
            self.network,
            description.optimizer,
            learning_rate=float(description.cell["learning_rate"]),
        )

    def _fixed_biases(self) -> frozenset[str]:
        shapes = self.network.layer_shapes()
        return frozenset(
            name
            for layer, name in self.network.scheme_biases().items()
            if not self.description.scheme.trains(shapes[layer])
        )

    @property
    def steps_per_epoch(self) -> int:
        """Number of steps in an epoch."""
        return int(self.order.shape[2])

    @property
    def order_hashes(self) -> list[str]:
        """One SHA-256 per member over its whole batch order."""
        return order_hashes(self.order)

    def step(self, number: int) -> Tensor:
        """Train one step, numbered from 1, and return the losses before it, (members,)."""
        epoch, index = divmod(number - 1, self.steps_per_epoch)
        batch = torch.from_numpy(self.order[:, epoch, index].astype(np.int64))
        images, labels = self.images["train"][batch], self.labels["train"][batch]
        return self.members.step(self.state, images, labels, number=number)

    def correct(self, subset: SubsetName) -> NDArray[np.bool_]:
        """Return which images of a subset each member classifies correctly, (members, images)."""
        hits = self.members.correct(self.state, self.images[subset], self.labels[subset])
        return hits.numpy()

    def accuracy(self, subset: SubsetName) -> NDArray[np.float64]:
        """Return accuracy in percent, (members,); a diverged member scores chance."""
        hits = self.correct(subset)
        accuracy = 100 * hits.sum(1) / hits.shape[1]
        return np.where(self.state.diverged_at.numpy() < 0, accuracy, 100 / self.classes)

    def probe(self) -> Probe:
        """Return what the members do on the first training images."""
        count = self.description.training.probe_images
        images, labels = self.images["train"][:count], self.labels["train"][:count]
        return probe(self.network, self.state, self.start, images, labels)
