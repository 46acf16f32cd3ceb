import pandas as pd

import biasinit
from biasinit.execution.costs.provenance import PACKAGES, provenance

JOBS = pd.DataFrame(
    {
        "runs": [20, 20, 10],
        "duration_seconds": [1800.0, 900.0, 900.0],
        "threads": [1, 2, 2],
        "device": ["cpu", "An H100", "cpu"],
        "host": ["n1", "n2", "n1"],
        "torch_version": ["2.13.0", "2.13.0", "2.12.1"],
    }
)


def test_versions_of_the_program_and_of_all_that_computes_are_told():
    told = provenance(JOBS)
    assert told["biasinit"] == biasinit.__version__
    assert set(told["packages"]) == set(PACKAGES)
    assert all(told["packages"].values())


def test_the_cost_of_training_counts_every_core_and_each_machine_once():
    assert provenance(JOBS)["training"] == {
        "runs": 50,
        "jobs": 3,
        "core hours": 1.5,
        "devices": ["An H100", "cpu"],
        "machines": 2,
        "torch": ["2.12.1", "2.13.0"],
    }


def test_nothing_is_said_of_the_training_of_runs_that_were_brought():
    assert provenance(None)["training"] == "imported runs"


def test_outside_of_git_that_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert provenance(None)["source"] == "not a git checkout"
