"""Which steps of training are measured: a pure function of the study."""

from dataclasses import dataclass

from biasinit.specs.training import Training


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A step after which the members are measured; step 0 is before the first."""

    step: int
    epoch: float
    test: bool


def measurement_points(training: Training, *, steps_per_epoch: int) -> tuple[Point, ...]:
    """Return all points in order, from step 0 to the last step.

    The first ``dense_epochs`` epochs have ``points_per_epoch`` points each, so that a time to
    threshold of a few epochs is not rounded to whole ones.
    """
    points = [Point(step=0, epoch=0.0, test=False)]
    for epoch in range(training.epochs):
        parts = training.points_per_epoch if epoch < training.dense_epochs else 1
        parts = min(parts, steps_per_epoch)
        for part in range(1, parts + 1):
            step = epoch * steps_per_epoch + -(-part * steps_per_epoch // parts)
            is_end = part == parts
            points.append(
                Point(
                    step=step,
                    epoch=step / steps_per_epoch,
                    test=is_end and epoch >= training.epochs - training.test_epochs,
                )
            )
    return tuple(points)
