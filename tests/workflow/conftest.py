import os

import pytest
from filelock import FileLock

from workspace import Workspace


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Workspace:
    """The tiny study, run to its end once; tests must not change it.

    Test processes side by side run it once between them and copy it.
    """
    own = tmp_path_factory.mktemp("finished")
    common = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        common = common.parent
    original = Workspace(common / "original")
    with FileLock(common / "original.lock"):
        if not (common / "original.done").exists():
            Workspace.fresh(original.folder)
            done = original.snakemake()
            assert done.returncode == 0, done.stdout
            (common / "original.done").touch()
    return original.copy(own / "copy")


@pytest.fixture
def workspace(finished, tmp_path) -> Workspace:
    """A copy of the finished study, to be changed."""
    return finished.copy(tmp_path / "copy")
