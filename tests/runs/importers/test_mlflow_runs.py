"""Stores as MLflow itself writes them, to files and to SQLite."""

import math
import os
import re
import shutil

import pytest
from brought import bring, said

from biasinit.errors import RunsTableError

mlflow = pytest.importorskip("mlflow", reason="mlflow-skinny is not installed")
pytest.importorskip("alembic", reason="alembic, by which MLflow makes a database, is not installed")
# of MLflow's own making, and of what it imports
pytestmark = pytest.mark.filterwarnings("ignore")

KEYS = {
    "format": "mlflow",
    "columns": {
        "scheme": "init",
        "seed": "seed",
        "final_accuracy": "test_acc",
        "validation_accuracy": "val_acc",
    },
    "steps_per_epoch": 1,
    "steps_from": 1,
}
CURVE = [50.0, 91.0, 92.0]


class Store:
    """A store that a test writes to by MLflow's client."""

    def __init__(self, folder, kind):
        os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
        self.path = "mlflow.db" if kind == "sqlite" else "mlruns"
        self.folder = folder
        place = folder / self.path
        self.client = client(f"sqlite:///{place}" if kind == "sqlite" else str(place))
        self.experiment = self.new_experiment("biases")

    def new_experiment(self, name):
        return self.client.create_experiment(name, artifact_location=str(self.folder / name))

    def run(self, scheme, seed, *, curve=CURVE, final=95.0, status="FINISHED", **options):
        experiment = options.get("experiment", self.experiment)
        tags = options.get("tags")
        run = self.client.create_run(experiment, run_name=options.get("name"), tags=tags)
        run_id = run.info.run_id
        if scheme is not None:
            self.client.log_param(run_id, "init", scheme)
            self.client.log_param(run_id, "seed", seed)
        for step, value in enumerate(curve, start=1):
            self.client.log_metric(run_id, "val_acc", value, timestamp=1000 + step, step=step)
        if final is not None:
            self.client.log_metric(run_id, "test_acc", final, timestamp=2000, step=len(curve))
        if status != "RUNNING":
            self.client.set_terminated(run_id, status)
        return run_id

    def four(self):
        return [self.run(scheme, seed) for scheme in ("zeros", "1.0") for seed in (0, 1)]

    def bring(self, **keys):
        return bring(self.folder, **{"runs_table": self.path, **KEYS, **keys})


def client(place):
    from mlflow import MlflowClient

    return MlflowClient(place)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory):
    """A database as MLflow makes it, in seconds; a copy of it is another one."""
    path = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    client(f"sqlite:///{path}").search_experiments()
    return path


@pytest.fixture
def database_store(empty_database, tmp_path):
    shutil.copy(empty_database, tmp_path / "mlflow.db")
    return Store(tmp_path, "sqlite")


@pytest.fixture(params=["files", "sqlite"])
def store(request, tmp_path):
    if request.param == "sqlite":
        return request.getfixturevalue("database_store")
    return Store(tmp_path, "files")


def test_runs_and_curves_are_read(store):
    store.four()
    found = store.bring()
    assert found.runs["scheme"].tolist() == ["1.0", "1.0", "zeros", "zeros"]
    assert found.runs["final_accuracy"].tolist() == [95.0] * 4
    assert found.runs["epochs_to_threshold"].tolist() == [2.0] * 4
    assert found.curves["validation_accuracy"].tolist() == CURVE * 4


def test_the_value_at_the_last_step_counts_and_not_the_best(store):
    first, *_ = store.four()
    store.client.log_metric(first, "test_acc", 99.0, timestamp=3000, step=2)
    # a restart from step 2, which went on to the end
    store.client.log_metric(first, "test_acc", 94.0, timestamp=4000, step=3)
    found = store.bring()
    assert found.runs.set_index(["scheme", "seed"]).loc[("zeros", 0), "final_accuracy"] == 94.0
    assert any("took their place, as after a restart, in 1 run" in line for line in said(found))


def test_a_nested_run_is_one_of_its_own_and_its_parent_is_named(store):
    parent = store.run(None, None, curve=(), final=None, name="sweep")
    for scheme in ("zeros", "1.0"):
        for seed in (0, 1):
            store.run(scheme, seed, tags={"mlflow.parentRunId": parent})
    found = store.bring()
    lines = said(found)
    assert len(found.runs) == 4
    assert "read as: 4 runs. Nested in 1 run, and read as runs of their own." in lines
    assert any("4 runs are nested in them: 'sweep (" in line for line in lines)


def test_deleted_runs_are_left_out_and_named(store):
    store.four()
    store.client.delete_run(store.run("zeros", 0, name="wrong"))
    lines = said(store.bring())
    assert any(line.startswith("left out: 1 run. They were deleted in MLflow") for line in lines)


@pytest.mark.slow
@pytest.mark.parametrize("status", ["FAILED", "KILLED", "RUNNING"])
def test_runs_that_did_not_finish_are_refused_with_their_status(store, status):
    store.four()
    store.run("zeros", 2, status=status, name="odd")
    with pytest.raises(RunsTableError, match=rf"1 run did not finish: 'odd \(.*\) \({status}\)'"):
        store.bring()
    assert len(store.bring(unfinished="left out").runs) == 4


def test_one_experiment_of_several_must_be_named(store):
    store.four()
    other = store.new_experiment("other")
    store.run("zeros", 0, experiment=other)
    expected = "It has runs of several experiments. There are 'biases', 'other'. Name one: "
    with pytest.raises(RunsTableError, match=re.escape(expected)):
        store.bring()
    found = store.bring(experiment="biases")
    assert len(found.runs) == 4
    assert "left out: 1 run. Of other experiments than the study names: 'other'." in said(found)
    with pytest.raises(RunsTableError, match=r"It has no runs of the experiment 'more'\. There"):
        store.bring(experiment="more")


@pytest.mark.slow
def test_values_that_are_no_number_and_infinite_ones_stay_what_they_are(store):
    store.four()
    store.run("zeros", 2, curve=[91.0, math.nan, 92.0], final=math.inf)
    with pytest.raises(RunsTableError, match=r"'final_accuracy' must be between 0 and 100"):
        store.bring()


def test_parameters_and_tags_go_by_mlflows_own_names_too(store):
    for scheme in ("zeros", "1.0"):
        store.run(scheme, 0, tags={"init": "as tagged"})
    columns = {**KEYS["columns"], "scheme": "params.init", "final_accuracy": "metrics.test_acc"}
    assert set(store.bring(columns=columns).runs["scheme"]) == {"zeros", "1.0"}
    expected = "'init', which is to be 'scheme', is logged as 'params.init', 'tags.init'."
    with pytest.raises(RunsTableError, match=re.escape(expected)):
        store.bring()


@pytest.mark.slow
def test_names_of_runs_say_what_they_are(store):
    for scheme in ("zeros", "1.0"):
        store.run(None, None, name=f"{scheme}_s3")
    columns = {name: KEYS["columns"][name] for name in ("final_accuracy", "validation_accuracy")}
    found = store.bring(run_name="{scheme}_s{seed}", columns=columns)
    assert found.runs["seed"].tolist() == [3, 3]


def test_a_store_is_not_written_to(database_store, tmp_path):
    database_store.four()
    before = (tmp_path / "mlflow.db").read_bytes()
    database_store.bring()
    assert (tmp_path / "mlflow.db").read_bytes() == before


def test_a_store_with_no_run_is_refused(store):
    expected = r"no runs of the format|All runs in it were deleted"
    with pytest.raises(RunsTableError, match=expected):
        store.bring()


def test_values_of_one_step_and_millisecond_that_differ_are_refused(database_store):
    first, *_ = database_store.four()
    database_store.client.log_metric(first, "val_acc", 93.0, timestamp=1003, step=3)
    with pytest.raises(RunsTableError, match=r"nothing says which was the last \('val_acc of "):
        database_store.bring()


def test_the_folder_of_one_experiment_will_do(tmp_path):
    store = Store(tmp_path, "files")
    store.four()
    other = store.new_experiment("other")
    store.run("zeros", 0, experiment=other)
    assert len(store.bring(runs_table=f"mlruns/{store.experiment}").runs) == 4
