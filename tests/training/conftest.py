"""Fixtures of the tests of training."""

import shutil

import pytest
import torch


@pytest.fixture(autouse=True)
def one_thread():
    """Train on one thread, as the jobs of the workflow do."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def compiled_code(tmp_path_factory):
    """Skip where there is no C++ compiler, and share compiled code between tests."""
    if not any(shutil.which(name) for name in ("c++", "g++", "clang++")):
        pytest.skip("no C++ compiler")
