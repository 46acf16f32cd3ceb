"""Fused members: one training step for many networks of one shape.

The step is written for one member and mapped over all of them in one place. Parameters,
momenta and buffers are stacked along a first axis of length ``members``; nothing in a step
mixes members, so each one trains as if it were alone (bit for bit on a CPU, tested).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.func import functional_call, grad_and_value, vmap
from torch.nn import functional

from biasinit.networks import Network
from biasinit.networks.initialisation import InitialState
from biasinit.training.description import OptimizerDescription

EVALUATION_CHUNK = 128  # images per forward pass; keeps patches of 20 members in the cache

Tensors = dict[str, Tensor]


@dataclass(slots=True, kw_only=True)
class MemberState:
    """Everything that changes during training, stacked over members.

    ``diverged_at`` holds the first step with a non-finite loss or parameter, or -1.
    """

    trained: Tensors
    fixed: Tensors
    momentum: Tensors
    buffers: Tensors
    diverged_at: Tensor

    @property
    def parameters(self) -> Tensors:
        """Trained and fixed parameters by name."""
        return {**self.trained, **self.fixed}


def stack_members(initial: Sequence[InitialState], *, fixed: frozenset[str]) -> MemberState:
    """Return the state of members before the first step.

    Args:
        initial: how each member starts.
        fixed: names of parameters that are never updated.

    """
    names = initial[0].parameters
    stacked = {name: torch.stack([state.parameters[name] for state in initial]) for name in names}
    trained = {name: value for name, value in stacked.items() if name not in fixed}
    return MemberState(
        trained=trained,
        fixed={name: value for name, value in stacked.items() if name in fixed},
        momentum={name: torch.zeros_like(value) for name, value in trained.items()},
        buffers={
            name: torch.stack([state.buffers[name] for state in initial])
            for name in initial[0].buffers
        },
        diverged_at=torch.full((len(initial),), -1, dtype=torch.int64),
    )


class FusedMembers:
    """Runs steps and evaluations of all members of one network shape."""

    def __init__(
        self, network: Network, optimizer: OptimizerDescription, *, learning_rate: float
    ) -> None:
        self._network = network
        self._optimizer = optimizer
        self._learning_rate = learning_rate
        self._gradients = vmap(grad_and_value(self._loss, has_aux=True), in_dims=(0, 0, 0, 0, 0))
        self._forward = vmap(self._logits, in_dims=(0, 0, 0, None))

    def _loss(
        self, trained: Tensors, fixed: Tensors, buffers: Tensors, images: Tensor, labels: Tensor
    ) -> tuple[Tensor, Tensors]:
        logits = functional_call(self._network, ({**trained, **fixed}, buffers), (images,))
        return functional.cross_entropy(logits, labels), buffers

    def _logits(self, trained: Tensors, fixed: Tensors, buffers: Tensors, images: Tensor) -> Tensor:
        result: Tensor = functional_call(self._network, ({**trained, **fixed}, buffers), (images,))
        return result

    def step(self, state: MemberState, images: Tensor, labels: Tensor, *, number: int) -> Tensor:
        """Update ``state`` in place by one step and return the losses before it, (members,).

        Args:
            state: the members.
            images: (members, batch, height, width, channels).
            labels: (members, batch).
            number: the step's number, from 1, recorded for members that diverge in it.

        """
        self._network.train()
        gradients, (losses, state.buffers) = self._gradients(
            state.trained, state.fixed, state.buffers, images, labels
        )
        alive = state.diverged_at < 0
        total = losses.clone()
        # once a member has diverged all updates go through a mask; until then none pays for it
        mask = None if bool(alive.all()) else alive
        for name, value in state.trained.items():
            self._update(name, value, gradients[name], state.momentum[name], mask)
            total += value.flatten(1).sum(1)
        diverged = alive & ~torch.isfinite(total)
        state.diverged_at[diverged] = number
        return torch.as_tensor(losses)

    def _update(
        self, name: str, value: Tensor, gradient: Tensor, momentum: Tensor, alive: Tensor | None
    ) -> None:
        decay = 0.0 if name.endswith("bias") else self._optimizer.weight_decay
        if decay:
            gradient = gradient + decay * value
        if alive is not None:
            # torch.where, as multiplying by 0 would keep NaN; the member stays as it diverged
            shape = (-1,) + (1,) * (value.ndim - 1)
            gradient = torch.where(alive.view(shape), gradient, torch.zeros_like(gradient))
            momentum.copy_(torch.where(alive.view(shape), momentum, torch.zeros_like(momentum)))
        momentum.mul_(self._optimizer.momentum).add_(gradient)
        if self._optimizer.nesterov:
            update = gradient.add(momentum, alpha=self._optimizer.momentum)
        else:
            update = momentum
        value.sub_(update, alpha=self._learning_rate)

    def logits(self, state: MemberState, images: Tensor) -> Tensor:
        """Return logits of all members on shared images, (members, images, classes)."""
        self._network.eval()
        with torch.no_grad():
            parts = [
                self._forward(state.trained, state.fixed, state.buffers, chunk)
                for chunk in torch.split(images, EVALUATION_CHUNK)
            ]
        return torch.cat(parts, dim=1)

    def correct(self, state: MemberState, images: Tensor, labels: Tensor) -> Tensor:
        """Return which of shared images each member classifies correctly, (members, images).

        A member that has diverged has none correct.
        """
        hits = self.logits(state, images).argmax(-1) == labels
        return hits & (state.diverged_at < 0)[:, None]


def named_state(state: MemberState) -> Mapping[str, Tensors | Tensor]:
    """Return the state as plain tensors by name, for a checkpoint."""
    return {
        "trained": state.trained,
        "fixed": state.fixed,
        "momentum": state.momentum,
        "buffers": state.buffers,
        "diverged_at": state.diverged_at,
    }
