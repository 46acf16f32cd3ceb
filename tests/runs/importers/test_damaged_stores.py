"""What is no store of MLflow's, or a damaged one: no MLflow is needed to tell."""

import re
import sqlite3

import pytest
from brought import bring

from biasinit.errors import RunsTableError

KEYS = {
    "format": "mlflow",
    "runs_table": "store",
    "columns": {"scheme": "init", "seed": "seed", "final_accuracy": "test_acc"},
    "epochs": None,
}
METRIC = "metrics/test_acc"


def write(folder, **content):
    """Write a store of one run; ``content`` stands in place of that of its files."""
    run = folder / "store" / "1" / "abc"
    files = {
        "../meta.yaml": "experiment_id: '1'\nname: biases\nlifecycle_stage: active\n",
        "meta.yaml": "run_id: abc\nrun_name: tidy\nstatus: 3\nlifecycle_stage: active\n",
        METRIC: "1000 95.0 3\n",
        "params/init": "zeros",
        "params/seed": "0",
        "tags/mlflow.runName": "tidy",
        **content,
    }
    for name, text in files.items():
        path = run / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def nothing(folder):
    """Leave the place empty."""


def empty_folder(folder):
    (folder / "store").mkdir()


def text(folder):
    (folder / "store").write_text("scheme,seed\n")


def other_database(folder):
    with sqlite3.connect(folder / "store") as database:
        database.execute("CREATE TABLE other (x)")
    database.close()


def damaged_metric(folder):
    write(
        folder,
        **{METRIC: "1000 95.0 3\n1000 9"},
    )
    write(folder, **{METRIC: "1000 95.0 3\nlost"})


def damaged_meta(folder):
    write(folder, **{"meta.yaml": "a: [1"})


CASES = {
    "no store": (nothing, "store cannot be read. It is not there. Name MLflow's folder 'mlruns'"),
    "an empty folder for a store": (
        empty_folder,
        "There are no runs of the format 'mlflow' in it. Name MLflow's folder 'mlruns', the folder",
    ),
    "a file that is no database": (text, "There are no runs of the format 'mlflow' in it."),
    "a database that is no store": (
        other_database,
        "It is no MLflow store that can be read (no such table: params). Name the store's database",
    ),
    "a damaged metric": (damaged_metric, "Line 2 is not 'time value step', got 'lost'. Restore"),
    "a damaged description of a run": (damaged_meta, "meta.yaml cannot be read. It is damaged ("),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_input_of_mlflow(case, tmp_path):
    make, expected = CASES[case]
    make(tmp_path)
    with pytest.raises(RunsTableError, match=re.escape(expected)):
        bring(tmp_path, **KEYS)
