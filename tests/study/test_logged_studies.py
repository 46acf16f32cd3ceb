"""What a study says of the logs that it brings."""

import re
from typing import get_args

import pytest

from biasinit.errors import ConfigurationError
from biasinit.runs.importers.contract import Importer, importer_named
from biasinit.study.reading import parse_any_study
from biasinit.vocabulary import RunsFormat
from repository import REPOSITORY

STUDY = {
    "study": "mine",
    "runs_table": "logs",
    "format": "mlflow",
    "columns": {"final_accuracy": "test_acc", "validation_accuracy": "val_acc"},
    "schemes": ["zeros", "1.0"],
    "epochs": 12,
    "steps_per_epoch": 1,
    "analysis": {"margins": {"any": 0.5}, "thresholds": {"any": 90}},
}
SHARED = {"contract", "csv_logs", "log_columns", "logged", "points", "run_names"}
SHARED |= {"unfinished", "__init__"}


@pytest.mark.parametrize("name", [name for name in get_args(RunsFormat) if name != "table"])
def test_every_format_has_an_importer(name):
    assert isinstance(importer_named(name), Importer)


def test_every_importer_is_a_format():
    folder = REPOSITORY / "workflow" / "scripts" / "biasinit" / "runs" / "importers"
    names = {path.stem for path in folder.glob("*.py")} - SHARED
    parts = {name for name in names if name.startswith("mlflow_")}  # of one store each
    assert names - parts == set(get_args(RunsFormat)) - {"table"}


def test_a_study_of_logs_has_curves_where_they_can_be_judged():
    assert parse_any_study(STUDY).has_curves
    without = {**STUDY, "analysis": {"margins": {"any": 0.5}}}
    assert not parse_any_study(without).has_curves
    assert not parse_any_study({**STUDY, "columns": {"final_accuracy": "acc"}}).has_curves


def test_one_metric_may_be_final_accuracy_and_curve():
    columns = {"final_accuracy": "val_acc", "validation_accuracy": "val_acc"}
    assert parse_any_study({**STUDY, "columns": columns}).has_curves


CASES = {
    "curves of another metric": (
        {"metric": {"name": "loss", "better": "lower", "unit": "nats"}},
        "metric: is not accuracy, and learning curves are judged by thresholds of accuracy. Leave",
    ),
    "a format that is not known": (
        {"format": "mlfow"},
        "format: must be 'table', 'mlflow', 'tensorboard', 'lightning', 'keras' or 'wandb', got "
        "'mlfow'.",
    ),
    "an experiment of another tool": (
        {"format": "tensorboard", "experiment": "a"},
        "experiment: has no meaning for the format 'tensorboard'. Leave it out; it belongs to "
        "'mlflow'.",
    ),
    "names of runs of a table": (
        {"format": "table", "run_name": "{scheme}", "steps_per_epoch": None},
        "run_name: has no meaning for the format 'table'. Leave it out; it belongs to 'mlflow', ",
    ),
    "a pattern with an unknown name": (
        {"run_name": "{scheme}/{sed}"},
        "run_name: has {sed}, which is no column of runs. Use names of docs/extending.md, such as",
    ),
    "a pattern whose braces do not belong together": (
        {"run_name": "{scheme/{seed}"},
        "run_name: has braces that do not belong together, got '{scheme/{seed}'. Write",
    ),
    "a pattern that names a thing twice": (
        {"run_name": "{scheme}/{scheme}"},
        "run_name: has 'scheme' more than once. Write {_} for one of them.",
    ),
    "a pattern without braces": (
        {"run_name": "scheme/seed"},
        "run_name: says nothing of a run, got 'scheme/seed'. Write '{scheme}/seed={seed}'",
    ),
    "a thing that names of runs and columns both say": (
        {"run_name": "{seed}", "columns": {**STUDY["columns"], "seed": "seed"}},
        "columns: says where 'seed' stands, and 'run_name' does too. Leave it out in one of them.",
    ),
    "curves without the length of training": (
        {"epochs": None},
        "epochs: is missing, and speed is judged from learning curves. Add the length of training",
    ),
    "curves in steps of unknown length": (
        {"steps_per_epoch": None},
        "steps_per_epoch: is missing, and curves of 'mlflow' have steps. Add how many of them make "
        "an epoch: 1 where a step is an epoch.",
    ),
    "times and curves": (
        {"columns": {**STUDY["columns"], "reached": "reached"}},
        "columns.reached: is worked out from the learning curves. Leave it out; or",
    ),
    "a table of curves without a threshold": (
        {
            "format": "table",
            "curves_table": "curves.csv",
            "steps_per_epoch": None,
            "analysis": {"margins": {"any": 0.5}},
        },
        "analysis.thresholds: says nothing, and 'curves_table' brings curves. Add the validation",
    ),
    "a chart of no metric": (
        {"format": "wandb", "curves_table": "chart.csv", "columns": {"final_accuracy": "acc"}},
        "columns.validation_accuracy: is missing, and 'curves_table' is its chart.",
    ),
    "a table of curves with braces in its name": (
        {"format": "wandb", "curves_table": "ch{a}rt.csv"},
        "curves_table: must have no braces, which Snakemake takes for wildcards, got",
    ),
    "failures that are said twice": (
        {"unfinished": "failed", "columns": {**STUDY["columns"], "failed": "failed"}},
        "unfinished: says which runs failed, and 'columns.failed' does too. Leave one of them out.",
    ),
    "unfinished runs that become something else": (
        {"unfinished": "dropped"},
        "unfinished: must be 'refused', 'left out', 'kept' or 'failed', got 'dropped'.",
    ),
    "steps from 2": ({"steps_from": 2}, "steps_from: must be 0 or 1, got 2."),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_input_in_studies_of_logs(case):
    keys, expected = CASES[case]
    study = {name: value for name, value in {**STUDY, **keys}.items() if value is not None}
    with pytest.raises(ConfigurationError, match=re.escape(expected)):
        parse_any_study(study)
