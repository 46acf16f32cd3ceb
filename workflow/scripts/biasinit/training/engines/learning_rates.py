"""Learning-rate schedules: the factor on the learning rate of each step, in closed form.

Steps are counted from 0 to S − 1. The factors are those of PyTorch's ``CosineAnnealingLR``
(T_max = S), ``StepLR``, ``MultiStepLR`` and ``OneCycleLR`` (cosine, two phases), one step of
the schedule for each step of training (tested against them).
"""

import math
from bisect import bisect_right

from biasinit.specs.optimizer import Schedule


def learning_rate_factor(
    schedule: Schedule, *, step: int, steps: int, steps_per_epoch: int
) -> float:
    """Return what the learning rate of one step is multiplied with.

    ``cosine``: (1 + cos(π · step / S)) / 2 (Loshchilov and Hutter 2017, eq. 5, one period).
    ``step``: step_factor ^ ⌊epoch / step_epochs⌋; ``multi_step``: step_factor ^ (milestones
    that the epoch has reached). ``one_cycle`` (Smith and Topin 2018): up from 1/start_divisor
    to 1 over the share ``rise`` of the steps, then down to 1/(start_divisor · end_divisor),
    both along a half cosine.

    Args:
        schedule: which schedule.
        step: from 0.
        steps: number of steps of the whole training.
        steps_per_epoch: number of steps in an epoch.

    """
    if schedule.kind == "constant":
        return 1.0
    if schedule.kind == "cosine":
        return (1 + math.cos(math.pi * step / steps)) / 2
    if schedule.kind == "step":
        return float(schedule.step_factor ** (step // steps_per_epoch // schedule.step_epochs))
    if schedule.kind == "multi_step":
        passed = bisect_right(schedule.milestones, step // steps_per_epoch)
        return float(schedule.step_factor**passed)
    if schedule.kind == "one_cycle":
        return _one_cycle(schedule, step=step, steps=steps)
    raise ValueError(f"'schedule' has no kind {schedule.kind!r}.")


def _one_cycle(schedule: Schedule, *, step: int, steps: int) -> float:
    start = 1 / schedule.start_divisor
    end = start / schedule.end_divisor
    peak = schedule.rise * steps - 1  # the step of the highest rate; below 0 there is no rise
    if step <= peak:
        return _half_cosine(start, 1.0, step / peak if peak > 0 else 1.0)
    return _half_cosine(1.0, end, (step - peak) / (steps - 1 - peak))


def _half_cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2
