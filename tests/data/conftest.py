"""Where the real data sets are on this machine, if they are."""

import os
from pathlib import Path

import pytest

from repository import REPOSITORY

DEBIAN_FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist")


@pytest.fixture(scope="session")
def fashion_mnist_directory() -> Path:
    if not DEBIAN_FASHION_MNIST.is_dir():
        pytest.skip("Debian's package dataset-fashion-mnist is not installed")
    return DEBIAN_FASHION_MNIST


@pytest.fixture(scope="session")
def omniglot_directory() -> Path:
    named = os.environ.get("BIASINIT_OMNIGLOT")
    folder = Path(named) if named else REPOSITORY.parent / "shared" / "data" / "omniglot"
    if not folder.is_dir():
        pytest.skip("no Omniglot: name the folder of its archives in BIASINIT_OMNIGLOT")
    return folder


@pytest.fixture(autouse=True)
def own_folder_of_downloads(tmp_path, monkeypatch) -> None:
    """No test finds what another, or a person, has downloaded."""
    monkeypatch.setenv("BIASINIT_DATA", str(tmp_path / "downloads"))
