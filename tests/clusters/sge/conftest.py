import pytest
from daemons import running
from grid_engine import GridEngine


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """Two hosts of a real Grid Engine."""
    yield from running(GridEngine, tmp_path_factory.mktemp("cluster"))
