"""Fused members: one training step for many networks of one shape.

The step is written for one member and mapped over all of them in one place. Parameters, the
optimiser's state and buffers are stacked along a first axis of length ``members``; nothing in
a step mixes members, so each one trains as if it were alone (bit for bit on a CPU, tested).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.func import functional_call, grad_and_value, vmap

from biasinit.networks.initialisation import InitialState
from biasinit.networks.loss import ClassLoss
from biasinit.networks.network import Network
from biasinit.specs.optimizer import Optimizer
from biasinit.training.engines.augmentation import gathered
from biasinit.training.engines.optimizers import Tensors, Update, optimizer_state

LossAndUnits = Callable[[Tensors, Tensors, Tensor, Tensor], tuple[Tensor, Tensors]]
"""Of one member: from parameters, buffers, images and labels to the loss and what units do."""
GradientsAndValues = Callable[
    [Tensors, Tensors, Tensor, Tensor], tuple[Tensors, tuple[Tensor, Tensors]]
]
"""Of all members: to the gradients by parameter, and losses with what units do."""

NORMALISATION = ".norm."  # part of the names of batch norm's parameters


@dataclass(slots=True, kw_only=True)
class MemberState:
    """Everything that changes during training, stacked over members, changed in place.

    ``diverged_at`` holds the first step with a non-finite loss or parameter, or -1.
    """

    trained: Tensors
    fixed: Tensors
    optimizer: dict[str, Tensors]
    buffers: Tensors
    diverged_at: Tensor

    @property
    def parameters(self) -> Tensors:
        """Trained and fixed parameters by name."""
        return {**self.trained, **self.fixed}

    def plain(self) -> dict[str, Any]:
        """Return the state as plain tensors by name, for a checkpoint."""
        return {name: getattr(self, name) for name in self.__slots__}

    def restore(self, plain: Mapping[str, Any]) -> None:
        """Take up what ``plain`` returned, on the device of this state."""
        for name in self.__slots__:
            _copy_into(getattr(self, name), plain[name])


def _copy_into(place: Any, value: Any) -> None:  # noqa: ANN401  # nested mappings of tensors
    if isinstance(place, Tensor):
        place.copy_(value)
        return
    for name in place:
        _copy_into(place[name], value[name])


def stack_members(
    initial: Sequence[InitialState],
    *,
    fixed: frozenset[str],
    optimizer: Optimizer,
    device: torch.device,
    counts_updates: bool = False,
) -> MemberState:
    """Return the state of members before the first step.

    Args:
        initial: how each member starts.
        fixed: names of parameters that are never updated.
        optimizer: decides what is kept from step to step.
        device: where the state lives.
        counts_updates: see ``optimizer_state``.

    """

    def stacked(parts: Sequence[Mapping[str, Tensor]]) -> Tensors:
        return {name: torch.stack([part[name] for part in parts]).to(device) for name in parts[0]}

    parameters = stacked([state.parameters for state in initial])
    trained = {name: value for name, value in parameters.items() if name not in fixed}
    return MemberState(
        trained=trained,
        fixed={name: value for name, value in parameters.items() if name in fixed},
        optimizer=optimizer_state(optimizer, trained, counts_updates=counts_updates),
        buffers=stacked([state.buffers for state in initial]),
        diverged_at=torch.full((len(initial),), -1, dtype=torch.int64, device=device),
    )


def run_network(
    network: Network,
    parameters: Tensors,
    buffers: Tensors,
    images: Tensor,
    *,
    activations: torch.dtype,
    preactivations: Tensors | None = None,
) -> Tensor:
    """Return one member's logits, in the precision of its parameters.

    Args:
        network: the network.
        parameters: by name. Our own layers round them as they need them; for layers of
            PyTorch all but those of batch norm are rounded to the precision of activations.
        buffers: by name; changed in place where the network is in training.
        images: (images, height, width, channels).
        activations: precision of everything between.
        preactivations: gets what each ReLU sees, by layer.

    """
    master = next(iter(parameters.values())).dtype
    if network.is_stock:
        parameters = {
            name: value if NORMALISATION in name else value.to(activations)
            for name, value in parameters.items()
        }
    logits: Tensor = functional_call(
        network, (parameters, buffers), (images.to(activations), preactivations)
    )
    return logits.to(master)


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """What the members are shown of one subset: images of all, picked out for each.

    Attributes:
        images: grey levels of all images, (images, height, width, channels), with their border.
        shown: numbers of the images of every example, (members, examples, 1 or 2).
        labels: classes of the examples, (examples,), the same for all members.
        levels: what each grey level is after scaling, (members, 256).
        border: pixels around every image.

    """

    images: Tensor
    shown: Tensor
    labels: Tensor
    levels: Tensor
    border: int = 0

    def __len__(self) -> int:
        """Return the number of examples of a member."""
        return self.shown.shape[1]

    def of_member(self, member: int) -> "Examples":
        """Return what one member is shown."""
        chosen = slice(member, member + 1)
        return replace(self, shown=self.shown[chosen], levels=self.levels[chosen])

    def between(self, first: int, beyond: int) -> Tensor:
        """Return consecutive examples of each member, scaled; after the last come the first again.

        Returns:
            (members, beyond - first, height, width, channels).

        """
        numbers = torch.arange(first, beyond, device=self.shown.device) % len(self)
        return self.scaled(numbers.expand(len(self.shown), -1))

    def scaled(self, numbers: Tensor, draws: Tensor | None = None) -> Tensor:
        """Return examples of each member, (members, batch, height, width, channels).

        Args:
            numbers: of the examples, (members, batch).
            draws: crops and flips, (members, batch, 3), or None.

        """
        members, levels = self.levels.shape
        member = torch.arange(members, device=numbers.device)
        images = gathered(
            self.images, self.shown[member[:, None], numbers], draws, border=self.border
        )
        # one flat table: looking levels up member by member takes three times as long
        first = (member * levels).to(torch.int32).reshape(members, 1, 1, 1, 1)
        found = self.levels.flatten().index_select(0, (images + first).flatten())
        return found.reshape(images.shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepInputs:
    """What changes from step to step besides the state.

    Attributes:
        batch: numbers of examples, (members, batch).
        draws: crops and flips, (members, batch, 3), or None.
        rates: learning rate of each member, (members,).
        number: the step's number from 1, without axes.
        random: where generators of layers that draw start, (members,), on the CPU; None where
            nothing draws.

    """

    batch: Tensor
    draws: Tensor | None
    rates: Tensor
    number: Tensor
    random: Tensor | None = None

    def to(self, device: torch.device) -> "StepInputs":
        """Return the same on a device."""
        return StepInputs(
            batch=self.batch.to(device, non_blocking=True),
            draws=None if self.draws is None else self.draws.to(device, non_blocking=True),
            rates=self.rates.to(device, non_blocking=True),
            number=self.number.to(device, non_blocking=True),
            random=self.random,
        )

    def copy_into(self, place: "StepInputs") -> None:
        """Write these inputs over others of the same shapes."""
        place.batch.copy_(self.batch, non_blocking=True)
        if place.draws is not None and self.draws is not None:
            place.draws.copy_(self.draws, non_blocking=True)
        place.rates.copy_(self.rates, non_blocking=True)
        place.number.copy_(self.number, non_blocking=True)


class FusedMembers:
    """Runs steps and evaluations of all members of one network shape."""

    def __init__(
        self,
        network: Network,
        optimizer: Optimizer,
        *,
        loss: ClassLoss,
        activations: torch.dtype = torch.float32,
    ) -> None:
        self.network = network
        self.activations = activations
        self._optimizer = optimizer
        self.loss = loss
        self._gradients = vmap(grad_and_value(self._loss), in_dims=(0, 0, 0, 0, 0))
        self._forward = vmap(self._logits, in_dims=(0, 0, 0))

    def _loss(
        self, trained: Tensors, fixed: Tensors, buffers: Tensors, images: Tensor, labels: Tensor
    ) -> Tensor:
        logits = self._logits({**trained, **fixed}, buffers, images)
        return self.network.loss(logits, labels, self.loss)

    def _logits(self, parameters: Tensors, buffers: Tensors, images: Tensor) -> Tensor:
        return run_network(self.network, parameters, buffers, images, activations=self.activations)

    def step(
        self,
        state: MemberState,
        data: Examples,
        inputs: StepInputs,
        *,
        all_alive: bool,
        updates: Tensors | None = None,
    ) -> Tensor:
        """Update ``state`` in place by one step and return the losses before it, (members,).

        Args:
            state: the members.
            data: all training examples.
            inputs: of the step; its number is recorded for members that diverge.
            all_alive: that no member has diverged is known; then no update is masked. The
                result is the same either way.
            updates: see ``Update``; only where ``all_alive`` is not known.

        """
        self.network.train()
        gradients, losses = self._gradients(
            state.trained,
            state.fixed,
            state.buffers,
            data.scaled(inputs.batch, inputs.draws),
            data.labels[inputs.batch],
        )
        alive = state.diverged_at < 0
        update = Update(
            optimizer=self._optimizer,
            rates=inputs.rates,
            number=inputs.number,
            alive=None if all_alive else alive,
            updates=updates or {},
        )
        update.apply(state.trained, state.optimizer, gradients)
        total = losses
        for value in state.trained.values():
            total = total + value.flatten(1).sum(1)
        diverged = alive & ~torch.isfinite(total)
        state.diverged_at.copy_(torch.where(diverged, inputs.number, state.diverged_at))
        return torch.as_tensor(losses)

    def forward(self, parameters: Tensors, buffers: Tensors, images: Tensor) -> Tensor:
        """Return logits of members on images of their own, (members, images, classes).

        Args:
            parameters: stacked, by name.
            buffers: stacked, by name.
            images: (members, images, height, width, channels).

        """
        self.network.eval()
        with torch.no_grad():
            return torch.as_tensor(self._forward(parameters, buffers, images))

    def gradients_of(self, function: LossAndUnits) -> GradientsAndValues:
        """Return a function of stacked tensors that differentiates one of a single member.

        All members share the labels, (images,).
        """
        found: GradientsAndValues = vmap(
            grad_and_value(function, has_aux=True), in_dims=(0, 0, 0, None)
        )
        return found


class Members(Protocol):
    """Runs steps and evaluations of members, whatever way."""

    network: Network
    loss: ClassLoss
    activations: torch.dtype

    def step(
        self,
        state: MemberState,
        data: Examples,
        inputs: StepInputs,
        *,
        all_alive: bool,
        updates: Tensors | None = None,
    ) -> Tensor:
        """Update ``state`` in place by one step and return the losses before it, (members,)."""

    def forward(self, parameters: Tensors, buffers: Tensors, images: Tensor) -> Tensor:
        """Return logits of members on images of their own, (members, images, classes)."""

    def gradients_of(self, function: LossAndUnits) -> GradientsAndValues:
        """Return a function of stacked tensors that differentiates one of a single member."""
