"""Verdicts on a table of runs without Snakemake: the same as with it, from a file or a frame."""

import numpy as np
import pandas as pd
import pytest
import yaml

import biasinit
from biasinit.errors import ConfigurationError, RunsTableError
from biasinit.study.reading import parse_any_study, read_study_file
from biasinit.tables import read_table
from repository import REPOSITORY
from workspace import Workspace

EXAMPLE = REPOSITORY / "docs" / "examples" / "brought_runs.csv"
FEW = {"calibration_tables": 20, "resamples": 1000}


@pytest.fixture(scope="module")
def runs():
    return pd.read_csv(EXAMPLE, dtype={"scheme": str})


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    folder = tmp_path_factory.mktemp("judged")
    return biasinit.judge(EXAMPLE, folder=folder, epochs=12, analysis=FEW)


def test_the_verdicts_are_a_frame_and_beside_the_page(judged):
    assert set(judged["scheme"]) >= {"0.01", "1.0", "xavier"}
    assert judged.page.name == "report.html"
    folder = judged.page.parent
    assert "Equivalent to zeros" in judged.page.read_text(encoding="utf-8")
    assert parse_any_study(read_study_file(folder / "study.yaml")).study == "judged"
    assert (folder / "answer.md").read_text(encoding="utf-8")
    pd.testing.assert_frame_equal(
        pd.DataFrame(judged), read_table(folder / "analysis" / "verdicts.parquet")
    )


def test_a_notebook_shows_the_answer_and_where_the_page_is(judged):
    shown = judged._repr_html_()
    assert "Without batch normalisation" in shown
    assert "<caption>" in shown
    assert str(judged.page) in shown


def test_what_is_selected_of_verdicts_is_a_frame_like_any_other(judged):
    some = judged[judged["scheme"] == "1.0"]
    assert type(some) is pd.DataFrame
    assert "<caption>" not in some._repr_html_()


@pytest.mark.slow
def test_a_frame_is_judged_as_its_file_is(judged, runs, tmp_path):
    again = biasinit.judge(runs, folder=tmp_path, epochs=12, analysis=FEW)
    pd.testing.assert_frame_equal(pd.DataFrame(again), pd.DataFrame(judged))


@pytest.mark.slow
def test_columns_and_shares_are_read_as_the_study_says(judged, runs, tmp_path):
    theirs = runs.rename(columns={"scheme": "method", "final_accuracy": "test_acc"})
    theirs["test_acc"] /= 100
    again = biasinit.judge(
        theirs,
        folder=tmp_path,
        epochs=12,
        analysis=FEW,
        unit="share",
        columns={"scheme": "method", "final_accuracy": "test_acc"},
    )
    assert list(again["verdict"]) == list(judged["verdict"])


@pytest.mark.slow
def test_the_a_a_arm_is_known_by_its_name(runs, tmp_path):
    again = runs[runs["scheme"] == "zeros"].assign(scheme="zeros_again")
    judged = biasinit.judge(pd.concat([runs, again]), folder=tmp_path, epochs=12, analysis=FEW)
    assert "zeros_again" not in set(judged["scheme"])
    study = yaml.safe_load((tmp_path / "study.yaml").read_text(encoding="utf-8"))
    assert study["replicate"] == "zeros"


def test_what_cannot_be_judged_is_said_with_its_mend(runs, tmp_path):
    with pytest.raises(ConfigurationError, match=r"reference: names the scheme 'none'.*Use one of"):
        biasinit.judge(runs, reference="none", folder=tmp_path, epochs=12)
    with pytest.raises(ConfigurationError, match=r"epoch: is not a key of a study. Did you mean"):
        biasinit.judge(runs, epoch=12, folder=tmp_path)
    with pytest.raises(ConfigurationError, match="runs_table: is an argument of its own"):
        biasinit.judge(runs, runs_table="x.csv", folder=tmp_path)
    with pytest.raises(RunsTableError, match="no column 'seed'"):
        biasinit.judge(runs.drop(columns="seed"), folder=tmp_path, epochs=12)
    with pytest.raises(ConfigurationError, match="margin: must be given for another metric"):
        biasinit.judge(runs, folder=tmp_path, metric={"name": "a", "better": "lower", "unit": "b"})
    mixed = runs.assign(final_accuracy=[*runs["final_accuracy"][1:], {"a": 1}])
    with pytest.raises(RunsTableError, match="cannot be kept as Parquet"):
        biasinit.judge(mixed, folder=tmp_path, epochs=12)
    assert not (tmp_path / "report.html").exists()


@pytest.mark.slow
def test_the_workflow_judges_the_same(tmp_path):
    workspace = Workspace.fresh(
        tmp_path / "workflow", REPOSITORY / "docs/examples/brought_runs.yaml"
    )
    study = workspace.folder / "brought_runs.yaml"
    keys = yaml.safe_load(study.read_text(encoding="utf-8"))
    keys["runs_table"] = str(EXAMPLE)
    study.write_text(yaml.safe_dump(keys), encoding="utf-8")
    done = workspace.snakemake(study="brought_runs.yaml")
    assert done.returncode == 0, done.stdout
    folder = workspace.folder / "results" / "brought"
    judged = biasinit.judge(
        EXAMPLE,
        schemes=keys["schemes"],
        name="brought",
        margin=keys["analysis"]["margins"],
        epochs=keys["epochs"],
        folder=tmp_path / "judged",
    )
    tables = sorted(path.relative_to(folder) for path in folder.rglob("*.parquet"))
    assert len(tables) > 10
    for table in tables:
        theirs, ours = read_table(folder / table), read_table(judged.page.parent / table)
        pd.testing.assert_frame_equal(ours, theirs)


def test_logs_of_a_tool_are_judged_with_their_curves(tmp_path):
    keys = yaml.safe_load((REPOSITORY / "docs/examples/keras_logs.yaml").read_text("utf-8"))
    logs = REPOSITORY / "docs/examples" / keys.pop("runs_table")
    del keys["study"]
    asked = {"reference": keys.pop("reference"), "schemes": keys.pop("schemes")}
    analysis = keys.pop("analysis") | FEW
    asked["margin"] = analysis.pop("margins")
    judged = biasinit.judge(logs, folder=tmp_path, **asked, **keys, analysis=analysis)
    assert "speed" in set(judged["outcome"])
    assert (tmp_path / "curves.parquet").exists()
    with pytest.raises(ConfigurationError, match="schemes: must be named for logs"):
        biasinit.judge(logs, folder=tmp_path, reference=asked["reference"], **keys)


def test_numbers_of_numpy_are_numbers(tmp_path):
    margin, epochs = np.float64(1), np.int64(12)
    biasinit.judge(EXAMPLE, margin=margin, epochs=epochs, analysis=FEW, folder=tmp_path)
    study = yaml.safe_load((tmp_path / "study.yaml").read_text("utf-8"))
    assert study["epochs"] == 12
    assert study["analysis"]["margins"] == {"runs": 1.0}


def test_a_table_that_decides_nothing_has_a_page_and_shows_itself(runs, tmp_path):
    few = runs[runs["seed"] == 0]
    judged = biasinit.judge(few, epochs=12, analysis=FEW, folder=tmp_path)
    assert str(judged.page) in judged._repr_html_()
