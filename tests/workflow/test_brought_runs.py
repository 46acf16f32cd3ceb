"""A study of runs that were trained elsewhere."""

import shutil

import pandas as pd
import pytest

from repository import REPOSITORY
from workspace import Workspace

STUDY = "docs/examples/brought_runs.yaml"


@pytest.fixture
def brought(tmp_path) -> Workspace:
    workspace = Workspace.fresh(tmp_path / "brought")
    shutil.copytree(REPOSITORY / "docs" / "examples", workspace.folder / "docs" / "examples")
    return workspace


@pytest.mark.slow
def test_the_example_gives_verdicts_and_a_report_without_training(brought):
    done = brought.snakemake(study=STUDY)
    assert done.returncode == 0, done.stdout
    assert "train" not in done.stdout
    results = brought.folder / "results" / "brought"
    verdicts = pd.read_parquet(results / "analysis" / "verdicts.parquet")
    found = verdicts.set_index(["outcome", "normalization", "scheme"])["verdict"]
    assert found["accuracy", "none", "1.0"] == "worse beyond the margin"
    assert found["speed", "none", "1.0"] == "worse beyond the margin"
    page = (results / "report.html").read_text(encoding="utf-8")
    assert "not in this table" in page
    assert "brought from outside" in page
    assert "confirmatory</" not in page


@pytest.mark.slow
def test_a_table_without_speed_has_no_speed_in_its_workflow(brought):
    path = brought.folder / "docs" / "examples" / "brought_runs.csv"
    table = pd.read_csv(path, dtype={"scheme": str})
    table[["scheme", "seed", "final_accuracy"]][table["normalization"] == "none"].to_csv(
        path, index=False
    )
    done = brought.snakemake(study=STUDY)
    assert done.returncode == 0, done.stdout
    assert "analyse_speed" not in done.stdout
    results = brought.folder / "results" / "brought"
    outcomes = set(pd.read_parquet(results / "analysis" / "verdicts.parquet")["outcome"])
    assert "speed" not in outcomes
    assert (results / "report.html").exists()


def test_an_impossible_table_says_what_to_mend(brought):
    path = brought.folder / "docs" / "examples" / "brought_runs.csv"
    path.write_text(path.read_text().replace("final_accuracy", "accuracy"))
    done = brought.snakemake(study=STUDY)
    assert done.returncode != 0
    assert "it has no column 'final_accuracy'" in done.stdout
    assert not (brought.folder / "results" / "brought" / "runs.parquet").exists()


def test_a_missing_table_is_named_without_a_traceback(brought):
    (brought.folder / "docs" / "examples" / "brought_runs.csv").unlink()
    done = brought.snakemake("-n", study=STUDY)
    assert done.returncode != 0
    assert "brought_runs.csv cannot be read" in done.stdout
    assert "Traceback" not in done.stdout
