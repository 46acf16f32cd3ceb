import pytest
from cluster import Cluster, ClusterUnavailableError
from cluster_study import QUICK

from workspace import Workspace


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """Two nodes of a real SLURM; tests that need it are skipped where there can be none."""
    try:
        cluster = Cluster(tmp_path_factory.mktemp("cluster"))
        cluster.up()
    except ClusterUnavailableError as error:
        pytest.skip(f"There is no SLURM to test with. {error}")
    yield cluster
    cluster.down()


@pytest.fixture(scope="session")
def undisturbed(cluster, tmp_path_factory):
    """The quick study, trained on this machine without SLURM."""
    workspace = Workspace.fresh(tmp_path_factory.mktemp("undisturbed"), QUICK)
    done = workspace.snakemake("--until", "collect", study=QUICK.name)
    assert done.returncode == 0, done.stdout
    return workspace
