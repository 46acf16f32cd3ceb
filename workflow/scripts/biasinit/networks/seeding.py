"""A module of a user's own draws from global generators: here they are set, and set back."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Let the global generators of PyTorch, NumPy and Python start at a seed; afterwards, go on.

    Args:
        seed: from 0 to 2⁶³ - 1.

    """
    of_numpy, of_python = np.random.get_state(), random.getstate()  # noqa: NPY002  # users' code
    with torch.random.fork_rng(devices=[]):
        seed_all(seed)
        try:
            yield
        finally:
            np.random.set_state(of_numpy)  # noqa: NPY002
            random.setstate(of_python)


def seed_all(seed: int) -> None:
    """Start the global generators of PyTorch, NumPy and Python at a seed from 0 to 2⁶³ - 1."""
    torch.manual_seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002  # users' code draws from it
    random.seed(seed)
