"""How long shards are expected to train, compared with each other: the longest go first.

Where the longest jobs start first, cores end at nearly the same time (Graham 1969,
doi:10.1137/0117039); where one of them starts last, the others wait for it.
"""

from biasinit.config import Cell, Study
from biasinit.dataset_kinds import IMAGE_SIDES
from biasinit.vocabulary import Normalization

USUAL_SIDE = 28  # pixels, of images whose size the study file does not tell
WITH_BATCH_NORMALIZATION = 1.3  # times as long, measured with the compiled engine on VGG-16


def expected_work(study: Study, cell: Cell, normalization: Normalization | str) -> float:
    """Return the work of one shard of a cell, in a unit that only its own study has.

    Shards of one study have as many seeds and epochs; what differs is the number of training
    images, the network and whether it normalises. The schemes differ by less than a tenth.
    """
    dataset = study.dataset(cell.dataset)
    layout = next(item.layout for item in study.architectures if item.name == cell.architecture)
    side = dataset.size or IMAGE_SIDES.get(dataset.kind, USUAL_SIDE)
    work = dataset.train * layout.multiplications(side=side, channels=1)
    return work * (1.0 if normalization == "none" else WITH_BATCH_NORMALIZATION)
