"""Keyed random streams: every random number of a run is a pure function of its name.

A stream is identified by (study seed, run seed, purpose, name). The four are hashed
together into the key of a Philox counter generator (Salmon et al. 2011, "Parallel random
numbers: as easy as 1, 2, 3"), so a draw depends neither on the order in which streams are
asked for, nor on the device, nor on which other seeds are trained beside it. The scheme of a
run is deliberately no part of the key of any stream but ``bias``: all schemes of one seed
start from the same weights and see the same batches.
"""

import hashlib
from enum import StrEnum

import numpy as np


class Purpose(StrEnum):
    """What the random numbers of a stream are used for."""

    WEIGHTS = "weights"
    BIAS = "bias"
    ORDER = "order"
    AUGMENT = "augment"
    DROPOUT = "dropout"
    PAIRS = "pairs"
    SPLIT = "split"
    ANALYSIS = "analysis"


def stream(
    study_seed: int, run_seed: int, purpose: Purpose, *, name: str = ""
) -> np.random.Generator:
    """Return the generator of one stream, at its first number.

    Args:
        study_seed: keys the whole study.
        run_seed: keys one seed of the study.
        purpose: what the numbers are for.
        name: tells streams of one purpose apart, for example the name of a layer.

    Returns:
        A NumPy generator over Philox-4x64-10 with a 128-bit key.

    """
    text = "\0".join(["biasinit", str(study_seed), str(run_seed), purpose.value, name])
    key = int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "little")
    return np.random.Generator(np.random.Philox(key=key))
