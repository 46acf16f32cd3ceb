"""Fixtures that all tests share."""

import gc
import os
import sys
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import settings

from biasinit.data.prepared import PreparedDataset
from repository import REPOSITORY

# property tests explore anew on every run here, and are reproducible where a build depends on them
settings.register_profile("exploring", deadline=None)  # a busy machine is no failure
settings.register_profile("reproducible", deadline=None, derandomize=True)
settings.load_profile("reproducible" if os.environ.get("CI") else "exploring")


def pytest_collection_finish() -> None:
    """Keep what lives as long as the tests out of every collection: statsmodels asks for many."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.fixture
def mapping() -> dict[str, Any]:
    """The default study as a mapping, to be changed at will."""
    return yaml.safe_load((REPOSITORY / "config.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def small_digits() -> PreparedDataset:
    """A part of the real digits, small enough to train on in a test."""
    from specifications import prepared

    return prepared(kind="digits", train=128, validation=64, test=64, split_seed=0)


@pytest.fixture(autouse=True)
def _denormals():
    """Leave small numbers to the tests that follow; training turns them to zero in its process."""
    yield
    if "torch" in sys.modules:
        sys.modules["torch"].set_flush_denormal(False)
