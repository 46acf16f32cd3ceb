import pytest
from daemons import ClusterUnavailableError
from slurm_cluster import SlurmCluster


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """Two nodes of a real SLURM; tests that need it are skipped where there can be none."""
    try:
        cluster = SlurmCluster(tmp_path_factory.mktemp("cluster"))
    except ClusterUnavailableError as error:
        pytest.skip(f"There is no SLURM to test with. {error}")
    try:
        cluster.up()
        yield cluster
    except ClusterUnavailableError as error:
        pytest.skip(f"There is no SLURM to test with. {error}")
    finally:
        cluster.down()
