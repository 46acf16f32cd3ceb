"""Which shards of a study are trained first.

Where the longest jobs start first, cores end at nearly the same time (Graham 1969,
doi:10.1137/0117039); where one of them starts last, the others wait for it.

What is compiled is kept for all jobs, but two jobs that start together both compile it. One
shard of each program to be compiled therefore comes before all others.
"""

from collections.abc import Hashable

from biasinit.specs.cell import Cell, Normalization
from biasinit.study.model import Study

MODULE = 10**9  # multiplications, more than those of VGG-16 on images of 32×32
USUAL_SIDE = 28  # pixels, of images whose size the study file does not tell
# times as long: 1.27 on VGG-16, 1.1 to 1.2 on plain networks (both compiled), 1.4 on the digits'
WITH_BATCH_NORMALIZATION = 1.3


def expected_work(study: Study, cell: Cell, normalization: Normalization | str) -> float:
    """Return the work of one shard of a cell, in a unit that only its own study has.

    Shards of one study have as many seeds and epochs; what differs is the number of training
    images, the network and whether it normalises; schemes differed by 7 % at most on VGG-16.
    """
    dataset = study.dataset(cell.dataset)
    layout = study.architecture(cell.architecture).layout
    side = dataset.side or USUAL_SIDE
    # of a module of PyTorch nothing is known before it is built; it is taken for the largest
    images = MODULE if layout is None else layout.multiplications(side=side, channels=1)
    work = dataset.train * images
    return work * (1.0 if normalization == "none" else WITH_BATCH_NORMALIZATION)


class ShardOrder:
    """The priorities of a study's shards: those of a higher one are started first."""

    def __init__(self, study: Study) -> None:
        places = study.conditions
        works = {(cell, str(level)): expected_work(study, cell, level) for cell, level in places}
        ranks = {work: rank for rank, work in enumerate(sorted(set(works.values())), start=1)}
        self._ranks = {place: ranks[work] for place, work in works.items()}
        self._highest_of_others = len(ranks)
        self._first: set[Hashable] = set()
        if study.training.engine != "compiled":
            return
        compiled: set[Hashable] = set()
        for cell, level in places:
            program = _program(cell, level)
            if program not in compiled:
                compiled.add(program)
                self._first.update((cell, level, name) for name in study.schemes_at(level)[:1])

    def priority(self, cell: Cell, normalization: str, scheme: str, shard: int) -> int:
        """Return a number from 1 that is higher, the earlier the shard is to start."""
        rank = self._ranks[cell, normalization]
        is_first = shard == 0 and (cell, normalization, scheme) in self._first
        return rank + (self._highest_of_others if is_first else 0)


def _program(cell: Cell, normalization: str) -> Hashable:
    """Return what decides which code is compiled.

    Schemes, weights, scaling and learning rate are numbers that the same code is given.
    """
    return cell.dataset, cell.architecture, cell.optimizer, normalization
