import pytest
from daemons import ClusterUnavailableError
from grid_engine import GridEngine


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """Two hosts of a real Grid Engine; tests are skipped where there can be none."""
    try:
        cluster = GridEngine(tmp_path_factory.mktemp("cluster"))
    except ClusterUnavailableError as error:
        pytest.skip(f"There is no Grid Engine to test with. {error}")
    try:
        cluster.up()
        yield cluster
    except ClusterUnavailableError as error:
        pytest.skip(f"There is no Grid Engine to test with. {error}")
    finally:
        cluster.down()
