import pytest
from workspace import Workspace


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Workspace:
    """The tiny study, run to its end once; tests must not change it."""
    workspace = Workspace.fresh(tmp_path_factory.mktemp("finished"))
    done = workspace.snakemake()
    assert done.returncode == 0, done.stdout
    return workspace


@pytest.fixture
def workspace(finished, tmp_path) -> Workspace:
    """A copy of the finished study, to be changed."""
    return finished.copy(tmp_path / "copy")
