import pytest
from cluster_study import QUICK, ClusterStudy

from faults import FAULTS, Strike, finished_shards
from workspace import Workspace


@pytest.fixture(scope="session")
def undisturbed(cluster, tmp_path_factory):
    """The quick study, trained on this machine without a cluster."""
    workspace = Workspace.fresh(tmp_path_factory.mktemp("undisturbed"), QUICK)
    done = workspace.snakemake("--until", "collect", study=QUICK.name)
    assert done.returncode == 0, done.stdout
    return workspace


@pytest.fixture
def start(cluster, tmp_path):
    """What starts the study, and stops one of its four shards in the middle of its training."""
    studies = []

    def start(*, others_finish: int = 3, **options):
        study = ClusterStudy(tmp_path / "struck", cluster, **options)
        studies.append(study)
        study.start("--until", "collect")
        frozen = study.freeze_a_shard()
        # the others finish: what is kept of them is then known
        study.wait_until(lambda: len(finished_shards(study.workspace)) == others_finish)
        return study, frozen

    yield start
    for study in studies:
        study.stop()


@pytest.fixture
def strike(cluster, undisturbed):
    """What looks at a study when a fault of docs/faults.md strikes."""

    def strike(name, study):
        return Strike(FAULTS[f"{cluster.place}: {name}"], study.workspace)

    return strike
