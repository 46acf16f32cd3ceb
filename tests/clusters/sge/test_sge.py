"""A real Grid Engine runs the study, on both hosts, to the bytes of a local run."""

import re

import pytest
from cluster_study import ClusterStudy

pytestmark = [pytest.mark.slow, pytest.mark.sge]


def test_a_study_on_two_hosts_with_gpus_gives_the_bytes_of_a_local_one(
    cluster, undisturbed, tmp_path
):
    study = ClusterStudy(tmp_path / "whole", cluster)
    study.start()
    study.finish()
    study.assert_equal_tables(undisturbed)
    assert (study.workspace.results / "report.html").exists()

    names = re.findall(r"with external jobid '(\S+)'", study.log())
    jobs = {name: cluster.accounted(name) for name in names}
    assert {job["failed"] + job["exit_status"] for job in jobs.values()} == {"00"}
    trained = [job for name, job in jobs.items() if name.startswith("train-")]
    assert len(trained) == 4
    assert {job["hostname"] for job in trained} == {"n1", "n2"}
    for job in trained:
        assert "-l gpu=1,h_rt=1800,mem_free=500M" in job["category"]
    # cheap rules stay on the login node, whose network and patience they need least
    assert {name.rpartition("-")[0] for name in jobs} == {
        "train", "analyse_accuracy", "analyse_speed", "analyse_sensitivity", "calibrate",
    }  # fmt: skip
