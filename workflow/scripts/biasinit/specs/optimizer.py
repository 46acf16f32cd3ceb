"""How gradients become updates, and how the learning rate changes from step to step.

Keys alone: jobs get every value, so this module is no part of what decides whether a shard is
trained again (``plugins.digest``).
"""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from biasinit.specs.keys import Keys, key
from biasinit.specs.limits import Count, Limits, Name, NotNegative, Positive

OptimizerKind = Literal["sgd", "adamw"]
ScheduleKind = Literal["constant", "cosine", "step", "multi_step", "one_cycle"]
Share = Annotated[float, Limits(ge=0, lt=1)]
InnerShare = Annotated[float, Limits(gt=0, lt=1)]
Divisor = Annotated[float, Limits(ge=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule(Keys):
    """How the learning rate changes from step to step, from the cell's learning rate."""

    kind: ScheduleKind = field(
        default="constant",
        metadata=key(
            "'cosine' falls to 0 over the whole training; 'step' falls by step_factor every "
            "step_epochs epochs, 'multi_step' after the epochs of milestones; 'one_cycle' rises "
            "to the learning rate and falls again, along half cosines."
        ),
    )
    step_epochs: Count = field(default=1, metadata=key("step: epochs between two falls."))
    milestones: tuple[Count, ...] = field(
        default=(),
        metadata=key(
            "multi_step: epochs after which the learning rate falls, in order.", left_out_at=()
        ),
    )
    step_factor: InnerShare = field(
        default=0.1, metadata=key("step, multi_step: what the learning rate is multiplied with.")
    )
    rise: InnerShare = field(
        default=0.3,
        metadata=key("one_cycle: share of the steps in which the learning rate rises."),
    )
    start_divisor: Divisor = field(
        default=25.0,
        metadata=key("one_cycle: the first learning rate is the highest one divided by this."),
    )
    end_divisor: Divisor = field(
        default=10_000.0,
        metadata=key("one_cycle: the last learning rate is the first one divided by this."),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimizer(Keys):
    """How weights and biases are updated; the learning rate is a factor of its own."""

    name: Name = field(metadata=key("Name of the optimiser in paths and tables."))
    kind: OptimizerKind = field(
        default="sgd",
        metadata=key(
            "'sgd' is stochastic gradient descent with momentum, 'adamw' Adam with decoupled decay."
        ),
    )
    momentum: Share = field(
        default=0.9, metadata=key("sgd: share of the previous update that is kept.")
    )
    nesterov: bool = field(
        default=False,
        metadata=key("sgd: whether the gradient is taken after the momentum step."),
    )
    beta1: Share = field(
        default=0.9, metadata=key("adamw: share of the running mean of gradients that is kept.")
    )
    beta2: Share = field(
        default=0.999,
        metadata=key("adamw: share of the running mean of squared gradients that is kept."),
    )
    epsilon: Positive = field(
        default=1e-8, metadata=key("adamw: added to the root of the mean square.")
    )
    weight_decay: NotNegative = field(
        default=0.0,
        metadata=key(
            "Decay of weights (and batch norm's scale): an L2 penalty for sgd, decoupled for adamw."
        ),
    )
    decay_biases: bool = field(
        default=False,
        metadata=key("Whether biases (and batch norm's shift) are decayed too."),
    )
    bias_rate: Positive = field(
        default=1.0,
        metadata=key(
            "What the learning rate is multiplied with for biases (and batch norm's shift); in "
            "Caffe's examples 2.",
            left_out_at=1.0,
        ),
    )
    gradient_clip: Positive | None = field(
        default=None,
        metadata=key(
            "Largest norm of a run's gradient over all its parameters; null clips nothing."
        ),
    )
    schedule: Schedule = field(
        default=Schedule(),
        metadata=key("How the learning rate changes during training."),
    )
