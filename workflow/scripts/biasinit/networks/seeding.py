"""A module of a user's own draws from global generators: here they are set, and set back."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

LARGEST_SEED = 2**63 - 1


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Let the global generators of PyTorch, NumPy and Python start at a seed; afterwards, go on.

    Args:
        seed: from 0 to 2⁶³ - 1.

    """
    of_numpy, of_python = np.random.get_state(), random.getstate()  # noqa: NPY002  # users' code
    started = torch.cuda.is_initialized()  # type: ignore[no-untyped-call]
    devices = list(range(torch.cuda.device_count())) if started else []
    with torch.random.fork_rng(devices=devices):
        if started:
            torch.cuda.manual_seed_all(seed)  # before CUDA has started, it would be kept for later
        torch.default_generator.manual_seed(seed)
        _seed_others(seed)
        try:
            yield
        finally:
            np.random.set_state(of_numpy)  # noqa: NPY002
            random.setstate(of_python)


def seed_all(seed: int) -> None:
    """Start the global generators of PyTorch, NumPy and Python at a seed from 0 to 2⁶³ - 1."""
    torch.manual_seed(seed)
    _seed_others(seed)


def _seed_others(seed: int) -> None:
    np.random.seed(seed % 2**32)  # noqa: NPY002  # users' code draws from it
    random.seed(seed)
