"""A study of runs that were trained elsewhere."""

import json
import shutil

import pandas as pd
import pytest
import yaml

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


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_folder_of_odd_files_and_names_gives_the_verdicts_of_the_table(brought):
    """Names go through rules, jobs and pages: none is taken for a wildcard, or by a shell."""
    names = {"zeros": "zeros", "0.01": "{a} b", "1.0": 'c\'d "e" $f'}
    runs = pd.read_csv(brought.folder / "docs/examples/brought_runs.csv", dtype={"scheme": str})
    runs = runs[(runs["normalization"] == "none") & runs["scheme"].isin(names)]
    folder = brought.folder / "my runs"
    folder.mkdir()
    for number, row in enumerate(runs.to_dict("records")):
        told = {
            "method": names[row["scheme"]],
            "run seed": row["seed"],
            "acc": row["final_accuracy"] / 100,
        }
        (folder / f"run {number}.json").write_text(json.dumps(told))
    (folder / "notes.md").touch()
    study = {
        "study": "odd",
        "runs_table": "my runs",
        "columns": {"scheme": "method", "seed": "run seed", "final_accuracy": "acc"},
        "unit": "share",
        "schemes": list(names.values()),
        "analysis": {"margins": {"any": 0.5}, "calibration_tables": 20, "resamples": 1000},
    }
    (brought.folder / "odd.yaml").write_text(yaml.safe_dump(study))
    done = brought.snakemake(study="odd.yaml")
    assert done.returncode == 0, done.stdout
    results = brought.folder / "results" / "odd"
    found = pd.read_parquet(results / "analysis" / "verdicts.parquet")
    verdict = found.set_index(["outcome", "scheme"]).loc[("accuracy", names["1.0"])]
    assert verdict["verdict"] == "worse beyond the margin"
    assert set(found["outcome"]) == {"accuracy", "collapse"}
    notes = pd.read_parquet(results / "import_notes.parquet")
    assert "Files that are no tables by their names: 'notes.md'." in set(notes["said"])
    log = (results / "logs" / "import_runs.log").read_text()
    page = (results / "report.html").read_text(encoding="utf-8")
    for said in notes["said"]:
        assert said in log
    assert "What was done to the table of runs" in page
    assert f"read as: {len(runs)} values of final_accuracy" in page


@pytest.mark.slow
def test_a_study_of_losses_is_judged_by_less(brought):
    """The errors of the example, in another unit: what was worse is worse, and differs by more."""
    path = brought.folder / "docs" / "examples" / "brought_runs.csv"
    runs = pd.read_csv(path, dtype={"scheme": str})
    errors = runs.assign(test_error=(100 - runs["final_accuracy"]) / 100)
    errors.drop(columns="final_accuracy").to_csv(path, index=False)
    study = yaml.safe_load((REPOSITORY / STUDY).read_text())
    study |= {
        "study": "losses",
        "columns": {"final_accuracy": "test_error"},
        "metric": {"name": "test error", "better": "lower", "unit": "parts"},
    }
    study["analysis"] |= {"margins": {"digits": 0.005}, "collapse_points": 0.15}
    (brought.folder / "losses.yaml").write_text(yaml.safe_dump(study))
    for name in (STUDY, "losses.yaml"):
        if name == STUDY:
            runs.to_csv(path, index=False)
        else:
            errors.drop(columns="final_accuracy").to_csv(path, index=False)
        done = brought.snakemake(study=name)
        assert done.returncode == 0, done.stdout
    results = brought.folder / "results"
    found, accuracy = (
        pd.read_parquet(results / name / "analysis" / "verdicts.parquet")
        for name in ("losses", "brought")
    )
    assert found["verdict"].tolist() == accuracy["verdict"].tolist()
    measured = found["outcome"].isin(["accuracy", "interaction"])
    assert found.loc[measured, "estimate"].to_numpy() == pytest.approx(
        -accuracy.loc[measured, "estimate"].to_numpy() / 100, abs=1e-9
    )
    page = (results / "losses" / "report.html").read_text(encoding="utf-8")
    assert "Test error against zeros, in parts (lower is better); margin ±0.005" in page


@pytest.mark.slow
def test_shares_are_refused_without_a_traceback(brought):
    path = brought.folder / "docs" / "examples" / "brought_runs.csv"
    table = pd.read_csv(path, dtype={"scheme": str})
    table.assign(final_accuracy=table["final_accuracy"] / 100).to_csv(path, index=False)
    done = brought.snakemake(study=STUDY)
    assert done.returncode != 0
    assert "which looks like shares of 1." in done.stdout
    assert "Traceback" not in done.stdout
