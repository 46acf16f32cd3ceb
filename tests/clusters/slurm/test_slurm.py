"""A real SLURM runs the study, on both nodes, to the bytes of a local run."""

import pandas as pd
import pytest
from cluster_study import ClusterStudy

pytestmark = [pytest.mark.slow, pytest.mark.slurm]


def test_a_study_on_two_nodes_with_gpus_gives_the_bytes_of_a_local_one(
    cluster, undisturbed, tmp_path
):
    study = ClusterStudy(tmp_path / "whole", cluster)
    study.start()
    study.finish()
    study.assert_equal_tables(undisturbed)
    assert (study.workspace.results / "report.html").exists()

    name = study.log().split("SLURM run ID: ")[1].split()[0]
    rows = cluster.run(
        "squeue", "--states=all", "--noheader", f"--name={name}", "--format=%k|%N|%b|%T"
    )
    jobs = pd.DataFrame(
        [row.split("|") for row in rows.splitlines()], columns=["rule", "node", "gpus", "state"]
    )
    assert set(jobs["state"]) == {"COMPLETED"}
    trained = jobs["rule"].str.startswith("rule_train")
    assert trained.sum() == 4
    assert set(jobs.loc[trained, "node"]) == {"n1", "n2"}
    assert set(jobs.loc[trained, "gpus"]) == {"gres:gpu:1"}
    # cheap rules stay on the login node, whose network and patience they need least
    rules = jobs["rule"].str.removeprefix("rule_").str.replace("_wildcards.*", "", regex=True)
    assert set(rules) == {
        "train", "analyse_accuracy", "analyse_speed", "analyse_sensitivity", "calibrate",
    }  # fmt: skip
