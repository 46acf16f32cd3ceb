"""One shard while it is trained: its images, its network, and its members block by block.

A shard trains its seeds in *blocks* of at most ``width`` members that are computed side by
side. On a CPU the width changes no bit of any result. Where it decides the shape of compiled
code, or the result (on a GPU), the last block is filled up with dummy members.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from biasinit.data.prepared import GreyLevels, PreparedDataset, SubsetName
from biasinit.errors import DataError
from biasinit.networks.architectures import build_network
from biasinit.networks.halves import swapped
from biasinit.networks.initialisation import InitialState, initial_state
from biasinit.networks.levels import IDENTITY
from biasinit.networks.loss import ClassLoss
from biasinit.networks.seeding import LARGEST_SEED
from biasinit.specs.optimizer import Schedule
from biasinit.streams import Purpose, stream
from biasinit.training.batches import batch_order, sha256_of
from biasinit.training.description import ShardDescription
from biasinit.training.engines.augmentation import Augmentation
from biasinit.training.engines.fused import (
    COMPILED,
    PRECISIONS,
    SERIAL,
    WithAllBiases,
    device_named,
    engine_of,
    members_of,
    operations_of,
)
from biasinit.training.engines.learning_rates import learning_rate_factor
from biasinit.training.engines.members import Examples, Members, StepInputs, stack_members
from biasinit.training.records.measurement import measurement_points
from biasinit.training.records.probes import Probe, measure_of, probe

# images per forward pass: what 20 members make of them fits the cache, and calls are few
EVALUATION_CHUNK = {"eager": 34, "compiled": 120, "serial": 250}
# of all members together on a GPU: they keep it busy, and take less memory than a step
GPU_EVALUATION_IMAGES, LARGEST_CHUNK = 16_384, 1024


class Shard:
    """What all members of a shard share.

    Attributes:
        description: what is trained.
        classes: number of classes.
        dataset: images and their split.
        images: grey levels of all images with their border, (images, height, width, channels).
        labels: classes of the examples of each subset, (examples,), the same for all seeds.
        network: one member's network.
        members: runs steps and evaluations.

    """

    def __init__(
        self, description: ShardDescription, dataset: PreparedDataset, *, device: str = "cpu"
    ) -> None:
        training = description.training
        if training.batch_size > len(dataset.split["train"]):
            raise DataError(
                f"'training.batch_size' must be at most the {len(dataset.split['train'])} training "
                f"images, got {training.batch_size}. Lower it, or train on more images."
            )
        self.description = description
        self.device = device_named(device)
        self.classes = dataset.classes
        self.precision, _ = PRECISIONS[training.precision]
        self.dataset = dataset
        self._grey_levels = GreyLevels.of(dataset)
        self.labels: dict[SubsetName, Tensor] = {
            name: torch.from_numpy(dataset.labels[numbers].astype(np.int64)).to(self.device)
            for name, numbers in dataset.split.items()
        }
        if self.steps_per_epoch == 0:
            raise DataError(
                f"The {len(self.labels['train'])} training images are fewer than a batch of "
                f"{training.batch_size}. Lower 'training.batch_size', or 'imbalance', or train on "
                "more images."
            )
        self.augmentation = Augmentation(kind=training.augmentation, margin=training.crop_margin)
        self.images = self.augmentation.bordered(torch.from_numpy(dataset.images)).to(self.device)
        self._operations = operations_of(training.engine, self.device)
        hidden, output = description.scheme.hidden_bias, description.scheme.output_bias
        self.members = self._members_with(hidden_bias=hidden, output_bias=output)
        self.network = self.members.network
        self.engine = engine_of(
            training.engine,
            self.members,
            self.device,
            decided_by=self._constants(hidden_bias=hidden, output_bias=output),
            with_all_biases=self._with_all_biases if self._may_have_all_biases else None,
        )
        self.forward = self.engine.prepared(self.members.forward, name="forward")
        self.measure = self.engine.prepared(measure_of(self.members), name="measure")
        size = EVALUATION_CHUNK[training.engine]
        if self.device.type != "cpu":
            size = min(max(GPU_EVALUATION_IMAGES // self.width, 1), LARGEST_CHUNK)
        if self.has_fixed_shapes:  # one size for all, that of the smallest subset at most
            size = min(size, len(self.labels["validation"]), len(self.labels["test"]))
        self.chunk_size = size

    def examples(self, seeds: Sequence[int]) -> dict[SubsetName, Examples]:
        """Return what each of some seeds is shown of each subset."""
        description = self.description
        seen = [
            self.dataset.shown_to(study_seed=description.study_seed, seed=seed) for seed in seeds
        ]
        training = self.dataset.split["train"]
        scaling = description.cell.input_scaling
        levels = np.stack([self._grey_levels.scaled(scaling, shown[training]) for shown in seen])
        shown = torch.from_numpy(np.stack(seen)).to(self.device)
        return {
            name: Examples(
                images=self.images,
                shown=shown[:, torch.from_numpy(numbers).to(self.device)],
                labels=self.labels[name],
                levels=torch.from_numpy(levels).to(self.device, self.precision),
                border=self.augmentation.border,
            )
            for name, numbers in self.dataset.split.items()
        }

    def _members_with(self, *, hidden_bias: bool, output_bias: bool) -> Members:
        description, training = self.description, self.description.training
        network = build_network(
            description.architecture,
            image_shape=self.dataset.image_shape,
            classes=self.dataset.classes,
            normalization=description.normalization,
            hidden_bias=hidden_bias,
            output_bias=output_bias,
            stock=training.engine == SERIAL,
        ).to(self.device)
        network.use(self._operations)
        return members_of(
            training.engine,
            network,
            description.optimizer,
            loss=self._loss,
            precision=training.precision,
            measured=self._measured_steps(),
        )

    @property
    def _loss(self) -> ClassLoss:
        training = self.description.training
        return ClassLoss(kind=training.loss, label_smoothing=training.label_smoothing)

    @property
    def _may_have_all_biases(self) -> bool:
        """Whether steps are the same to the bit beside biases that are held where they are.

        A norm over more gradients is rounded otherwise, even where they are zero; and biases that
        batch norm subtracts again are held apart from its shift.
        """
        clips = self.description.optimizer.gradient_clip is not None
        return not clips and self.description.normalization != IDENTITY

    def _with_all_biases(self) -> WithAllBiases:
        members = self._members_with(hidden_bias=True, output_bias=True)
        constants = self._constants(hidden_bias=True, output_bias=True)
        return WithAllBiases(members, decided_by=constants)

    def _constants(self, *, hidden_bias: bool, output_bias: bool) -> str:
        """Return all constants that the members compute with; names and schedules are none."""
        description = self.description
        return repr(
            (
                replace(description.architecture, name="network"),
                (self.dataset.image_shape, self.classes),
                description.normalization,
                (hidden_bias, output_bias),
                replace(description.optimizer, name="optimizer", schedule=Schedule()),
                self._loss,
                description.training.precision,
            )
        )

    @property
    def steps_per_epoch(self) -> int:
        """Number of steps in an epoch; a last incomplete batch is left out."""
        return len(self.labels["train"]) // self.description.training.batch_size

    def _measured_steps(self) -> frozenset[int]:
        points = measurement_points(self.description.training, steps_per_epoch=self.steps_per_epoch)
        return frozenset(point.step for point in points)

    @property
    def steps(self) -> int:
        """Number of steps of the whole training."""
        return self.steps_per_epoch * self.description.training.epochs

    @property
    def width(self) -> int:
        """Members side by side."""
        if self.description.training.engine == SERIAL:
            return 1
        return min(self.description.training.width, len(self.description.seeds))

    def blocks(self) -> tuple[tuple[int, ...], ...]:
        """Return the seeds of each block, in order."""
        seeds, width = self.description.seeds, self.width
        return tuple(seeds[first : first + width] for first in range(0, len(seeds), width))

    @property
    def has_fixed_shapes(self) -> bool:
        """Whether a last block that is too short gets dummy members, and a chunk dummy images."""
        engine = self.description.training.engine
        if self.device.type != "cpu" or engine == COMPILED:
            return True
        # stock layers become grouped ones, whose bits depend on how many groups there are
        return self.network.is_stock and engine != SERIAL

    def fixed_parameters(self) -> frozenset[str]:
        """Return the names of parameters that are never updated.

        These are biases that the scheme does not train, and what a module's maker has frozen.
        """
        shapes = self.network.layer_shapes()
        frozen = {
            name for name, value in self.network.named_parameters() if not value.requires_grad
        }
        return frozenset(frozen) | frozenset(
            name
            for layer, name in self.network.scheme_biases().items()
            if not self.description.scheme.trains(shapes[layer])
        )

    def rates(self, number: int, *, members: int) -> Tensor:
        """Return the learning rate of each member in a step, numbered from 1, (members,)."""
        factor = learning_rate_factor(
            self.description.optimizer.schedule,
            step=number - 1,
            steps=self.steps,
            steps_per_epoch=self.steps_per_epoch,
        )
        rate = self.description.learning_rate * factor
        return torch.full((members,), rate, dtype=self.precision)


class Block:
    """Some seeds of a shard, side by side; ``state`` is all that training changes.

    Attributes:
        seeds: one for each member, without dummies.
        examples: what the members are shown of each subset, with dummies.
        order: numbers of training examples, (members, epochs, steps, batch), with dummies.
        state: the members, with dummies.
        start: the initial parameters, stacked, by name.

    """

    def __init__(self, shard: Shard, seeds: Sequence[int]) -> None:
        self.shard = shard
        self.seeds = tuple(seeds)
        description = shard.description
        dummies = shard.width - len(seeds) if shard.has_fixed_shapes else 0
        self._all_seeds = (*seeds, *[seeds[-1]] * dummies)
        self.examples = shard.examples(self._all_seeds)
        self.order = batch_order(
            study_seed=description.study_seed,
            seeds=self._all_seeds,
            order_stream=description.order_stream,
            epochs=description.training.epochs,
            images=len(shard.labels["train"]),
            batch_size=description.training.batch_size,
        )
        initial = [self.initial_state(seed) for seed in self._all_seeds]
        self.weights_hashes = [state.weights_hash for state in initial[: len(seeds)]]
        self.state = stack_members(
            initial,
            fixed=shard.fixed_parameters(),
            optimizer=description.optimizer,
            device=shard.device,
            counts_updates=description.training.engine == SERIAL,
        )
        self.start = {name: value.clone() for name, value in self.state.parameters.items()}
        self._draws: tuple[int, NDArray[np.int64]] | None = None

    def initial_state(self, seed: int) -> InitialState:
        """Return how the member of a seed starts."""
        shard, description = self.shard, self.shard.description
        images = None
        if description.scheme.sees_images:
            own = self.examples["train"].of_member(self._all_seeds.index(seed))
            images = own.between(0, len(own))[0]
        return initial_state(
            shard.network,
            description.scheme,
            weight_init=description.cell.weight_init,
            study_seed=description.study_seed,
            seed=seed,
            dtype=shard.precision,
            images=images,
            labels=shard.labels["train"],
        )

    @property
    def order_hashes(self) -> list[str]:
        """One SHA-256 per member over the images of its whole batch order."""
        shown = self.examples["train"].shown.cpu().numpy()
        return [
            sha256_of(shown[member, self.order[member]].astype(np.int32))
            for member in range(len(self.seeds))
        ]

    @property
    def test_hashes(self) -> list[str]:
        """One SHA-256 per member over its test images."""
        shown = self.examples["test"].shown[: len(self.seeds)]
        return [sha256_of(of_member.astype(np.int32)) for of_member in shown.cpu().numpy()]

    @property
    def diverged_at(self) -> NDArray[np.int64]:
        """The first step with a non-finite loss or parameter, or -1, (members,)."""
        found: NDArray[np.int64] = self.state.diverged_at[: len(self.seeds)].cpu().numpy()
        return found

    def step(self, number: int) -> Tensor:
        """Train one step, numbered from 1, and return the losses before it, (members,)."""
        losses = self.shard.engine.step(self.state, self.examples["train"], self.inputs(number))
        return losses[: len(self.seeds)]

    def inputs(self, number: int) -> StepInputs:
        """Return what one step, numbered from 1, is made with."""
        epoch, index = divmod(number - 1, self.shard.steps_per_epoch)
        draws = self._draws_of(epoch)
        return StepInputs(
            batch=torch.from_numpy(self.order[:, epoch, index].astype(np.int64)),
            draws=None if draws is None else torch.from_numpy(draws[:, index].copy()),
            rates=self.shard.rates(number, members=len(self._all_seeds)),
            number=torch.tensor(number),
            random=self._random(number),
        ).to(self.shard.device)

    def _random(self, number: int) -> Tensor | None:
        """Return where the generators of layers that draw start in a step, (members,)."""
        shard = self.shard
        if not shard.network.draws or shard.description.training.engine != SERIAL:
            return None
        streams = [
            stream(shard.description.study_seed, seed, Purpose.DROPOUT, name=f"step {number}")
            for seed in self._all_seeds
        ]
        return torch.tensor([int(rng.integers(LARGEST_SEED)) for rng in streams])

    def _draws_of(self, epoch: int) -> NDArray[np.int64] | None:
        if self.shard.augmentation.kind == "none":
            return None
        if self._draws is None or self._draws[0] != epoch:
            draws = self.shard.augmentation.draws(
                study_seed=self.shard.description.study_seed,
                seeds=self._all_seeds,
                epoch=epoch,
                shape=(self.order.shape[2], self.order.shape[3]),
            )
            self._draws = epoch, draws
        return self._draws[1]

    def _chunks(self, subset: SubsetName) -> Iterator[Tensor]:
        """Yield a subset in parts for evaluation, the last one filled up where shapes are fixed."""
        examples, size = self.examples[subset], self.shard.chunk_size
        for first in range(0, len(examples), size):
            beyond = first + size
            if not self.shard.has_fixed_shapes:
                beyond = min(beyond, len(examples))
            yield examples.between(first, beyond)

    def logits(self, subset: SubsetName) -> Tensor:
        """Return logits on a subset, (members, examples, classes)."""
        return self._logits(self._chunks(subset), count=len(self.examples[subset]))

    def _logits(self, chunks: Iterable[Tensor], *, count: int) -> Tensor:
        parts = [
            self.shard.forward(self.state.parameters, self.state.buffers, chunk) for chunk in chunks
        ]
        return torch.cat(parts, dim=1)[: len(self.seeds), :count]

    def correct(self, subset: SubsetName) -> NDArray[np.bool_]:
        """Return which images of a subset each member classifies correctly, (members, images).

        A member that has diverged has none correct.
        """
        hits = self.logits(subset).argmax(-1) == self.shard.labels[subset]
        found: NDArray[np.bool_] = hits.cpu().numpy() & (self.diverged_at < 0)[:, None]
        return found

    def accuracy(self, hits: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return accuracy in percent, (members,); a diverged member scores chance.

        Args:
            hits: which images each member classifies correctly, (members, images).

        """
        accuracy = 100 * hits.sum(1) / hits.shape[1]
        return np.where(self.diverged_at < 0, accuracy, 100 / self.shard.classes)

    def asymmetry(self, subset: SubsetName) -> NDArray[np.float64] | None:
        """Return how much it matters which image of a pair is the left one, (members,).

        That is the mean of |s(a, b) - s(b, a)| over the pairs of a subset, with s the score of
        "same": a logit under an L1 head, a distance under a contrastive one. It is 0 for twins
        that share everything (Koch et al. 2015, section 3.1), NaN for a member that has
        diverged. None for a network that names classes.
        """
        if not self.shard.network.compares_pairs:
            return None
        there = self.logits(subset)[..., 1]
        swapped_chunks = map(swapped, self._chunks(subset))
        back = self._logits(swapped_chunks, count=len(self.examples[subset]))[..., 1]
        found: NDArray[np.float64] = (there - back).abs().mean(1).double().cpu().numpy()
        return np.where(self.diverged_at < 0, found, np.nan)

    def probe(self) -> Probe:
        """Return what the members do on their first training images."""
        count = self.shard.description.training.probe_images
        images = self.examples["train"].between(0, count)
        labels = self.shard.labels["train"][:count]
        return probe(self.shard.measure, self.shard.network, self.state, self.start, images, labels)

    def warm(self) -> None:
        """Evaluate and probe once for nothing: the first calls load and compile much code."""
        self.logits("validation")
        self.probe()
