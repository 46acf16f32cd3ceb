"""One member after another, as a careful user trains a single network.

The layers, their gradients and the optimisers are PyTorch's; parameters and the optimiser's state
are views of the stacked state of the members, so that records, probes and checkpoints are those of
every engine. Weights of convolutions are channels-last in memory, which PyTorch is fastest with.
A shard's blocks hold one member each.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from biasinit.networks.loss import ClassLoss
from biasinit.networks.network import Network
from biasinit.networks.seeding import seed_all
from biasinit.specs.optimizer import Optimizer
from biasinit.training.engines.members import (
    Examples,
    GradientsAndValues,
    LossAndUnits,
    MemberState,
    StepInputs,
    run_network,
)
from biasinit.training.engines.optimizers import Tensors, decay_of, rate_factor

# what PyTorch's optimisers call the states that ``optimizer_state`` makes
STATES = {
    "momentum": "momentum_buffer",
    "mean": "exp_avg",
    "square": "exp_avg_sq",
    "updates": "step",
}
RATE_FACTOR = "rate_factor"  # our name among what PyTorch keeps of a group of parameters
SEED_OF_EVALUATIONS = 0  # what draws in probes and evaluations draws alike in all of them


@dataclass(slots=True)
class _Bound:
    """The one member of a state as PyTorch's optimiser sees it."""

    state: MemberState
    leaves: dict[str, nn.Parameter]
    optimizer: torch.optim.Optimizer


class _TensorsOf:
    """Where the parameters and buffers of a network stand, by name: shared ones in several places.

    A step takes them from there. Handing them over anew at each step, as evaluations do, took a
    hundredth of a step of a small network.
    """

    def __init__(self, network: nn.Module) -> None:
        self._places: dict[str, list[tuple[dict[str, Tensor | None], str]]] = {}
        for every, first, kind in (
            (network.named_parameters, dict(network.named_parameters()), "_parameters"),
            (network.named_buffers, dict(network.named_buffers()), "_buffers"),
        ):
            names = {id(value): name for name, value in first.items()}
            for name, value in every(remove_duplicate=False):
                owner, _, child = name.rpartition(".")
                place = getattr(network.get_submodule(owner), kind)
                self._places.setdefault(names[id(value)], []).append((place, child))

    def put(self, leaves: Mapping[str, nn.Parameter], fixed: Tensors, buffers: Tensors) -> None:
        """Let the network compute with these tensors from now on."""
        frozen = {name: nn.Parameter(value, requires_grad=False) for name, value in fixed.items()}
        for name, value in {**leaves, **frozen, **buffers}.items():
            for place, child in self._places[name]:
                place[child] = value


class SerialMembers:
    """Runs steps and evaluations of single members; a state has one."""

    def __init__(
        self,
        network: Network,
        optimizer: Optimizer,
        *,
        loss: ClassLoss,
        precision: torch.dtype,
        measured: frozenset[int],
    ) -> None:
        self.network = network
        self.activations = precision
        self._optimizer = optimizer
        self.loss = loss
        self._measured = measured
        self._tensors = _TensorsOf(network)
        self._bound: _Bound | None = None

    def step(
        self,
        state: MemberState,
        data: Examples,
        inputs: StepInputs,
        *,
        all_alive: bool,
        updates: Tensors | None = None,
    ) -> Tensor:
        """Update ``state`` in place by one step and return the loss before it, (1,).

        The arguments are those of ``FusedMembers.step``, without ``updates``; layers that draw,
        such as dropout, draw from generators that start at ``inputs.random``.
        """
        if not all_alive and state.diverged_at.device.type == "cpu":
            return torch.full_like(inputs.rates, torch.nan)  # a GPU would be waited for
        bound = self._bound_to(state)
        if inputs.random is not None:
            seed_all(int(inputs.random[0]))
        network = self.network if self.network.training else self.network.train()
        images = data.scaled(inputs.batch, inputs.draws)[0]
        labels = data.labels[inputs.batch[0]]
        loss = network.loss(network(images), labels, self.loss)
        on_cpu = loss.device.type == "cpu"
        if on_cpu and not torch.isfinite(loss) and not bool(_sum_is_finite(bound)):
            # reading all parameters at every step would cost more than a few percent of it: those
            # that a step broke make the loss of the next one break
            state.diverged_at.fill_(max(1, int(inputs.number) - 1))
            return loss.detach()[None]
        bound.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self._update(bound, rate=float(inputs.rates[0]))
        self._note_divergence(bound, loss.detach(), inputs.number)
        return loss.detach()[None]

    def _note_divergence(self, bound: _Bound, loss: Tensor, number: Tensor) -> None:
        state = bound.state
        if loss.device.type == "cpu" and torch.isfinite(loss) and int(number) not in self._measured:
            return
        finite = torch.isfinite(loss) & _sum_is_finite(bound)
        diverged = (state.diverged_at < 0) & ~finite
        state.diverged_at.copy_(torch.where(diverged, number, state.diverged_at))

    def _update(self, bound: _Bound, *, rate: float) -> None:
        clip = self._optimizer.gradient_clip
        if clip is not None:
            nn.utils.clip_grad_norm_(bound.leaves.values(), clip)
        for group in bound.optimizer.param_groups:
            group["lr"] = rate * group[RATE_FACTOR]
        bound.optimizer.step()

    def _bound_to(self, state: MemberState) -> _Bound:
        if self._bound is None or self._bound.state is not state:
            self._bound = _bind(state, self._optimizer)
            self._tensors.put(self._bound.leaves, _only(state.fixed), _only(state.buffers))
        return self._bound

    def forward(self, parameters: Tensors, buffers: Tensors, images: Tensor) -> Tensor:
        """Return logits of the member on its images, (1, images, classes)."""
        self.network.eval()
        if self.network.draws:
            seed_all(SEED_OF_EVALUATIONS)
        with torch.no_grad():
            found = run_network(
                self.network,
                _only(parameters),
                _only(buffers),
                images[0],
                activations=self.activations,
            )
        return found[None]

    def gradients_of(self, function: LossAndUnits) -> GradientsAndValues:
        """Return a function of stacked tensors that differentiates one of a single member."""

        def gradients(
            parameters: Tensors, buffers: Tensors, images: Tensor, labels: Tensor
        ) -> tuple[Tensors, tuple[Tensor, Tensors]]:
            seed_all(SEED_OF_EVALUATIONS)
            leaves = {
                name: value[0].detach().requires_grad_() for name, value in parameters.items()
            }
            loss, units = function(leaves, _only(buffers), images[0], labels)
            found = torch.autograd.grad(loss, list(leaves.values()), allow_unused=True)
            given = {
                name: (torch.zeros_like(leaf) if gradient is None else gradient)[None]
                for (name, leaf), gradient in zip(leaves.items(), found, strict=True)
            }
            return given, (
                loss.detach()[None],
                {name: value[None] for name, value in units.items()},
            )

        return gradients


def _sum_is_finite(bound: _Bound) -> Tensor:
    with torch.no_grad():
        sums = [leaf.sum() for leaf in bound.leaves.values()]
    return torch.isfinite(torch.stack(sums).sum()) if sums else torch.tensor(True)


def _only(stacked: Tensors) -> Tensors:
    """Return the tensors of the one member, as views."""
    return {name: value[0] for name, value in stacked.items()}


def _dense(stacked: Tensor) -> Tensor:
    """Return the tensor of the one member, channels-last where it is a weight of images."""
    value = stacked[0]
    layout = torch.channels_last if value.dim() == 4 else torch.contiguous_format
    return value.contiguous(memory_format=layout)


def _bind(state: MemberState, optimizer: Optimizer) -> _Bound:
    """Let PyTorch's optimiser work on the state, whose tensors become views of its own."""
    leaves = {}
    for name, stacked in state.trained.items():
        kept = _dense(stacked)
        state.trained[name] = kept[None]
        leaves[name] = nn.Parameter(kept)
    bound = _Bound(state, leaves, _stock_optimizer(optimizer, leaves))
    for name, leaf in leaves.items():
        states = {}
        for ours, theirs in STATES.items():
            if ours in state.optimizer:
                kept = _dense(state.optimizer[ours][name])
                state.optimizer[ours][name] = kept[None]
                states[theirs] = kept
        bound.optimizer.state[leaf] = states
    return bound


def _stock_optimizer(
    optimizer: Optimizer, leaves: dict[str, nn.Parameter]
) -> torch.optim.Optimizer:
    """Return PyTorch's optimiser, in its fused form; its learning rate is set at every step."""
    alike: defaultdict[tuple[float, float], list[nn.Parameter]] = defaultdict(list)
    for name, leaf in leaves.items():
        alike[decay_of(optimizer, name), rate_factor(optimizer, name)].append(leaf)
    groups = [
        {"params": parameters, "weight_decay": decay, RATE_FACTOR: factor}
        for (decay, factor), parameters in alike.items()
    ]
    if optimizer.kind == "adamw":
        betas = (optimizer.beta1, optimizer.beta2)
        return torch.optim.AdamW(groups, lr=0.0, betas=betas, eps=optimizer.epsilon, fused=True)
    return torch.optim.SGD(
        groups, lr=0.0, momentum=optimizer.momentum, nesterov=optimizer.nesterov, fused=True
    )
