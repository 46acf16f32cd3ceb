"""The tiny study from one command to its report."""

import json
import os
import re

import pandas as pd
import pytest

from biasinit.reporting.index import CAPTIONS, FIGURES
from biasinit.runs.tables import RUNS
from biasinit.study.reading import parse_study
from declared_tables import DECLARED, wrong_kinds
from workspace import Workspace, planned_jobs


def test_the_study_ends_with_its_tables_and_its_report(finished):
    runs = pd.read_parquet(finished.results / "runs.parquet")
    assert tuple(runs.columns) == RUNS.column_names
    assert len(runs) == 8 * 4
    assert (finished.results / "report.html").stat().st_size > 10_000
    verdicts = pd.read_parquet(finished.results / "analysis" / "verdicts.parquet")
    assert set(verdicts["scheme"]) == {"1.0"}
    for name in FIGURES:
        assert (finished.results / "figures" / f"{name}.svg").read_text().startswith("<svg")
        assert (finished.results / "figures" / f"{name}.csv").exists()
    for name in CAPTIONS:
        assert (finished.results / "captions" / f"{name}.rst").read_text().strip()


def test_every_table_of_the_study_is_as_declared(finished):
    files = [*finished.results.glob("*.parquet"), *finished.results.glob("analysis/*.parquet")]
    made = {path.stem: pd.read_parquet(path) for path in files}
    made["costs"] = pd.read_csv(finished.results / "costs.csv")
    assert {"runs", "curves", "layers", "correct", "jobs", "predictions", "verdicts"} < set(made)
    for name, frame in made.items():
        table = DECLARED[name]
        assert (finished.results / table.path).exists()
        assert wrong_kinds(table.checked(frame), table) == []


def test_the_plan_was_registered_before_the_first_run(finished):
    plan = json.loads((finished.results / "plan.json").read_text())
    registered = pd.Timestamp(plan["registered_at"]).timestamp()
    shards = list((finished.results / "runs").rglob("*.parquet"))
    assert len(shards) == 8
    assert all(path.stat().st_mtime > registered for path in shards)
    assert not (finished.results / "plan_deviations.jsonl").exists()


def test_the_seeds_are_paired_across_schemes_and_normalisations(finished):
    runs = pd.read_parquet(finished.results / "runs.parquet")
    original = runs[runs["scheme"] != "zeros_again"]
    for column in ("weights_hash", "order_hash"):
        assert (original.groupby("seed")[column].nunique() == 1).all()
        assert original[column].nunique() == 4
    replicate = runs[runs["scheme"] == "zeros_again"]
    assert set(replicate["weights_hash"]) == set(original["weights_hash"])
    assert set(replicate["order_hash"]).isdisjoint(original["order_hash"])


def test_shards_that_train_longer_are_trained_first(finished):
    """Those with batch normalisation, whatever the order in which Snakemake finds them."""
    shards = sorted(
        (finished.results / "runs").rglob("*.parquet"), key=lambda path: path.stat().st_mtime_ns
    )
    levels = [path.relative_to(finished.results / "runs").parts[2] for path in shards]
    assert levels[0] != "none"
    assert levels[-1] == "none"


def test_the_identity_check_finds_no_effect(finished):
    identity = pd.read_parquet(finished.results / "analysis" / "identity.parquet")
    assert len(identity) == 1
    row = identity.iloc[0]
    assert row["share_identical_predictions"] > 0.97
    assert row["largest_accuracy_difference"] <= 3


def test_nothing_is_left_behind_by_finished_jobs(finished):
    assert not list((finished.results / "checkpoints").rglob("*.checkpoint*"))
    assert [path.name for path in (finished.results / "progress").rglob("*.json")] == ["size.json"]


@pytest.mark.slow
def test_one_core_and_two_give_equal_bytes(finished, tmp_path):
    again = Workspace.fresh(tmp_path / "one core")
    # the later --cores wins
    done = again.snakemake("--cores", "1", "results/tiny/runs.parquet")
    assert done.returncode == 0, done.stdout
    for name in ("runs", "curves", "layers", "correct"):
        table = f"{name}.parquet"
        assert (again.results / table).read_bytes() == (finished.results / table).read_bytes(), name


@pytest.mark.slow
def test_changing_the_analysis_is_a_deviation_that_the_report_lists(workspace):
    workspace.edit("tiny.yaml", "margins: {digits: 2.0}", "margins: {digits: 1.5}")
    done = workspace.snakemake()
    assert done.returncode == 0, done.stdout
    lines = (workspace.results / "plan_deviations.jsonl").read_text().splitlines()
    assert [json.loads(line)["kind"] for line in lines] == ["changed analysis"]
    page = (workspace.results / "report.html").read_text()
    assert "study.analysis.margins.digits" in page
    assert "exploratory" in page


@pytest.mark.slow
def test_the_report_of_snakemake_carries_the_same_items_offline(workspace):
    done = workspace.snakemake("--report", "report.html")
    assert done.returncode == 0, done.stdout
    page = (workspace.folder / "report.html").read_text()
    for category in ("1. Answer", "2. Accuracy", "3. Speed", "4. Why", "5. Can it be trusted"):
        assert category in page, category
    assert not re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=[\"']https?:", page)


@pytest.mark.slow  # make lint says it too
def test_the_workflow_is_clean(tmp_path):
    done = Workspace.fresh(tmp_path / "lint").snakemake("--lint", study=None)
    assert done.returncode == 0, done.stdout
    assert "Congratulations" in done.stdout


@pytest.mark.parametrize(
    ("old", "new", "messages"),
    [
        (
            "seeds: 4\n",
            "seeds: 5\n",
            ["seeds: must be a multiple of seeds_per_shard (4), got 5. The next valid numbers"],
        ),
        (
            "learning_rates: [0.02]",
            "learning_rates: [-1]\nbatchsize: 3",
            ["learning_rates[0]: must be greater than 0, got -1.", "batchsize: is not a key"],
        ),
    ],
)
def test_a_bad_study_gets_all_its_problems_and_no_traceback(old, new, messages, tmp_path):
    workspace = Workspace.fresh(tmp_path / "bad")
    workspace.edit("tiny.yaml", old, new)
    done = workspace.snakemake("-n")
    assert done.returncode != 0
    for message in messages:
        assert message in done.stdout
    assert "Traceback" not in done.stdout
    assert not (workspace.folder / "results").exists()


def test_a_study_stands_alone_and_takes_nothing_from_the_default(tmp_path):
    """Snakemake would merge config.yaml below it: four schemes instead of two."""
    workspace = Workspace.fresh(tmp_path / "alone")
    done = workspace.snakemake("-n")
    assert done.returncode == 0, done.stdout
    assert planned_jobs(done.stdout)["train"] == 8
    assert "xavier" not in done.stdout


@pytest.mark.slow
def test_a_failed_job_says_why_and_keeps_the_finished_ones(workspace):
    data = workspace.results / "data" / "digits.npz"
    times = data.stat().st_atime_ns, data.stat().st_mtime_ns
    data.write_bytes(b"damaged")
    os.utime(data, ns=times)  # a newer file would rightly train everything again
    workspace.edit("tiny.yaml", "seeds: 4\n", "seeds: 8\n")
    before = set((workspace.results / "runs").rglob("*.parquet"))
    done = workspace.snakemake()
    assert done.returncode != 0
    assert "digits.npz cannot be read" in done.stdout
    assert "Delete the file; the workflow makes it again." in done.stdout
    assert set((workspace.results / "runs").rglob("*.parquet")) == before


def test_the_registered_study_can_be_read_back(finished):
    plan = json.loads((finished.results / "plan.json").read_text())
    assert parse_study(plan["plan"]["study"]).study == "tiny"


@pytest.mark.slow
def test_a_network_of_ones_own_is_one_block(tmp_path):
    workspace = Workspace.fresh(tmp_path / "own")
    workspace.edit(
        "tiny.yaml",
        "architectures: [small_cnn]",
        "architectures:\n"
        "  - {name: mine, kind: convolutional, layers: [6, pool, 8], dense: [12]}\n"
        "  - {name: deep-5, kind: plain_cnn, depth: 5, channels: 4}",
    )
    done = workspace.snakemake()
    assert done.returncode == 0, done.stdout
    runs = pd.read_parquet(workspace.results / "runs.parquet")
    assert set(runs["architecture"]) == {"mine", "deep-5"}
    layers = pd.read_parquet(workspace.results / "layers.parquet")
    assert set(layers.loc[layers["architecture"] == "mine", "layer"]) == {
        "conv1",
        "conv2",
        "dense1",
    }
    assert (workspace.results / "report.html").exists()
