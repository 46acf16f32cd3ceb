"""Which points of a metric count, where a run was restarted or logged a step more than once."""

from collections.abc import Sequence
from dataclasses import dataclass

from biasinit.runs.importers.contract import Point


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The points of a metric that count.

    Attributes:
        points: in the order of their steps, one for each.
        replaced: how many others were written, and written over.

    """

    points: Sequence[Point]
    replaced: int

    @property
    def last(self) -> Point:
        """The point at the last step."""
        return self.points[-1]


def series_of(written: Sequence[Point]) -> Series:
    """Return the points that count of those that were written, in the order of writing.

    A point at an earlier step, or at the same one, than the point before it was written by a run
    that started again from there: what had been written from that step on belongs to no run that
    went on to its end. TensorBoard takes such points out in the same way.
    """
    kept: list[Point] = []
    for point in written:
        while kept and kept[-1].step >= point.step:
            kept.pop()
        kept.append(point)
    return Series(points=kept, replaced=len(written) - len(kept))
