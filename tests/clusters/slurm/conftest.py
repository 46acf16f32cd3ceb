import pytest
from daemons import running
from slurm_cluster import SlurmCluster


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """Two nodes of a real SLURM."""
    yield from running(SlurmCluster, tmp_path_factory.mktemp("cluster"))
