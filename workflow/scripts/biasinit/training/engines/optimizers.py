"""Updates of stacked parameters: stochastic gradient descent with momentum, and AdamW.

Tensors have a leading axis of members. Nothing here mixes members: learning rates are a
vector, and gradients are clipped member by member.

Symbols: θ parameter, g gradient, η learning rate, λ weight decay, t step from 1.
"""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from biasinit.specs.optimizer import Optimizer

Tensors = dict[str, Tensor]

CLIP_EPSILON = 1e-6  # added to the norm, as torch.nn.utils.clip_grad_norm_ does


def over(vector: Tensor, like: Tensor) -> Tensor:
    """Return one number for each member, shaped to multiply a stacked parameter."""
    return vector.view(-1, *(1,) * (like.ndim - 1)).to(like.dtype)


def optimizer_state(
    optimizer: Optimizer, trained: Tensors, *, counts_updates: bool = False
) -> dict[str, Tensors]:
    """Return the zeros that an optimiser starts from, by name and parameter.

    Args:
        optimizer: which optimiser.
        trained: parameters, stacked.
        counts_updates: whether AdamW counts the updates of each parameter, (members,), as PyTorch
            does: a layer that a step leaves out has fewer than there are steps.

    """
    names = {"sgd": ("momentum",), "adamw": ("mean", "square")}[optimizer.kind]
    state = {
        name: {parameter: torch.zeros_like(value) for parameter, value in trained.items()}
        for name in names
    }
    if counts_updates and optimizer.kind == "adamw":
        state["updates"] = {
            parameter: torch.zeros(len(value), dtype=torch.float32, device=value.device)
            for parameter, value in trained.items()
        }
    return state


def decay_of(optimizer: Optimizer, name: str) -> float:
    """Return the decay of a parameter: biases have one where the optimiser says so."""
    return 0.0 if _is_bias(name) and not optimizer.decay_biases else optimizer.weight_decay


def rate_factor(optimizer: Optimizer, name: str) -> float:
    """Return what the learning rate is multiplied with for a parameter."""
    return optimizer.bias_rate if _is_bias(name) else 1.0


def _is_bias(name: str) -> bool:
    return name.endswith("bias")


def clipped(gradients: Tensors, largest: float) -> Tensors:
    """Return gradients whose norm over all parameters of a member is at most ``largest``.

    A member's gradient is multiplied with min(1, largest / (‖g‖ + 1e-6)) (Pascanu et al.
    2013, algorithm 1), which leaves the other members alone.
    """
    squares = [gradient.flatten(1).square().sum(1) for gradient in gradients.values()]
    norms = torch.stack(squares).sum(0).sqrt()
    factors = (largest / (norms + CLIP_EPSILON)).clamp(max=1.0)
    return {name: gradient * over(factors, gradient) for name, gradient in gradients.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """One step of an optimiser for all members.

    Attributes:
        optimizer: which optimiser, and its constants.
        rates: learning rate of each member, (members,).
        number: the step's number from 1, a tensor without axes.
        alive: members that are updated, (members,); None updates all.
        updates: by name, whether a parameter is updated at all, without axes; those that are not
            named are. Gradients are not clipped beside it: that counts those of all parameters.

    """

    optimizer: Optimizer
    rates: Tensor
    number: Tensor
    alive: Tensor | None
    updates: Tensors = field(default_factory=dict)

    def apply(self, trained: Tensors, state: dict[str, Tensors], gradients: Tensors) -> None:
        """Change parameters and the optimiser's state in place."""
        if self.optimizer.gradient_clip is not None:
            gradients = clipped(gradients, self.optimizer.gradient_clip)
        change = self._sgd if self.optimizer.kind == "sgd" else self._adamw
        for name, value in trained.items():
            change(name, value, gradients[name], state)

    def _rates(self, name: str) -> Tensor:
        factor = rate_factor(self.optimizer, name)
        return self.rates if factor == 1 else self.rates * factor

    def _sgd(self, name: str, value: Tensor, gradient: Tensor, state: dict[str, Tensors]) -> None:
        """Momentum: v ← μ v + g + λ θ, θ ← θ − η v; Nesterov's: θ ← θ − η (g + λ θ + μ v)."""
        momentum, decay = self.optimizer.momentum, decay_of(self.optimizer, name)
        decayed = gradient + decay * value if decay else gradient
        velocity = torch.add(decayed, state["momentum"][name], alpha=momentum)
        if self.optimizer.nesterov:
            direction = torch.add(decayed, velocity, alpha=momentum)
        else:
            direction = velocity
        changed = torch.addcmul(value, over(self._rates(name), value), direction, value=-1)
        self._assign(name, value, changed)
        self._assign(name, state["momentum"][name], velocity)

    def _adamw(self, name: str, value: Tensor, gradient: Tensor, state: dict[str, Tensors]) -> None:
        """Decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2).

        θ ← θ − η λ θ − η m̂ / (√v̂ + ε), m̂ and v̂ without the bias of their start at zero.
        """
        beta1, beta2 = self.optimizer.beta1, self.optimizer.beta2
        decay = decay_of(self.optimizer, name)
        rates = over(self._rates(name), value)
        number = self.number.to(torch.float64)  # 1 - 0.999 has five digits in float32
        mean = beta1 * state["mean"][name] + (1 - beta1) * gradient
        square = beta2 * state["square"][name] + (1 - beta2) * gradient.square()
        scale = (square / (1 - beta2**number)).sqrt() + self.optimizer.epsilon
        decayed = value - rates * decay * value if decay else value
        self._assign(name, value, decayed - rates * (mean / (1 - beta1**number)) / scale)
        self._assign(name, state["mean"][name], mean)
        self._assign(name, state["square"][name], square)

    def _assign(self, name: str, place: Tensor, value: Tensor) -> None:
        # torch.where, as multiplying by 0 would keep not-a-number; the dead stay as they died
        if self.alive is not None:
            chosen = self.alive & self.updates[name] if name in self.updates else self.alive
            value = torch.where(_mask(chosen, value), value, place)
        place.copy_(value)


def _mask(alive: Tensor, like: Tensor) -> Tensor:
    return alive.view(-1, *(1,) * (like.ndim - 1))
