"""Training images thinned so that classes differ in size, as rare classes do in practice."""

from dataclasses import replace

import numpy as np

from biasinit.data.prepared import PreparedDataset
from biasinit.streams import Purpose, stream


def thinned(dataset: PreparedDataset, *, ratio: float, seed: int) -> PreparedDataset:
    """Return a data set whose training classes fall off exponentially.

    Of class k of K a share of ratio^(−k/(K−1)) is kept, at least one image: the first class is
    ``ratio`` times as large as the last, if they were of one size (Cui et al. 2019, section 5.1).
    Validation and test images stay as they are.

    Args:
        dataset: the data set.
        ratio: at least 1; 1 keeps all.
        seed: keys which images are kept.

    """
    numbers = dataset.split["train"]
    labels = dataset.labels[numbers]
    last = max(dataset.classes - 1, 1)
    kept = []
    for label in range(dataset.classes):
        own = numbers[labels == label]
        count = min(len(own), max(1, round(len(own) * ratio ** (-label / last))))
        order = stream(seed, 0, Purpose.SPLIT, name=f"imbalance {label}").permutation(len(own))
        kept.append(own[order[:count]])
    return replace(dataset, split=dataset.split | {"train": np.sort(np.concatenate(kept))})
