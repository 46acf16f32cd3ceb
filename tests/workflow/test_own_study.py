"""A study with a scheme, images and a network of a user's own: those of docs/extending.md.

The study file lies in a folder of its own with the two files, and the study is run from another.
"""

import json
import os
import re
import shutil

import pandas as pd
import pytest
import yaml

from repository import REPOSITORY
from workspace import TINY, Workspace, planned_jobs

pytestmark = pytest.mark.slow  # a whole study is trained and reported

STUDY = "studies/own.yaml"
ANALYSIS = {"thresholds": {"stripes": 80.0}, "margins": {"stripes": 2.0}}


def blocks(language):
    text = (REPOSITORY / "docs" / "extending.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


def own_study():
    """Return the tiny study with the scheme and the data set of the docs."""
    documented = {}
    for block in blocks("yaml"):
        if "kind: python" in block:
            documented |= yaml.safe_load(block)
    assert set(documented) == {"schemes", "datasets", "architectures"}
    tiny = yaml.safe_load(TINY.read_text(encoding="utf-8"))
    analysis = {**tiny["analysis"], **ANALYSIS}
    changes = {
        "study": "own",
        "normalizations": ["none", "batchnorm_shift"],
        "weight_inits": ["as_built"],
        "training": {**tiny["training"], "engine": "serial"},
        "analysis": analysis,
        "replicate": None,
    }
    return tiny | documented | changes


def files_beside_the_study():
    """Yield name and text of the files of the docs."""
    for block in blocks("python"):
        found = re.match(r"# (\w+\.py), beside the study file\n", block)
        if found:
            yield found[1], block


@pytest.fixture(scope="module")
def own(tmp_path_factory) -> Workspace:
    """The study, run to its end once; tests must not change it."""
    place = Workspace.fresh(tmp_path_factory.mktemp("own") / "original")
    folder = place.folder / "studies"
    folder.mkdir()
    for name, text in files_beside_the_study():
        (folder / name).write_text(text, encoding="utf-8")
    # what a function needs of its own stands beside it too
    (folder / "levels.py").write_text("FACTOR = 1\n", encoding="utf-8")
    scheme = folder / "my_schemes.py"
    scheme.write_text(
        scheme.read_text(encoding="utf-8").replace(
            "import numpy as np\n", "import numpy as np\nimport levels\n"
        ),
        encoding="utf-8",
    )
    (place.folder / STUDY).write_text(yaml.safe_dump(own_study()), encoding="utf-8")
    done = place.snakemake(study=STUDY)
    assert done.returncode == 0, done.stdout
    return Workspace(place.folder, "own")


@pytest.fixture
def workspace(own, tmp_path) -> Workspace:
    return own.copy(tmp_path / "copy")


def test_a_study_of_ones_own_scheme_and_images_is_trained_and_reported(own):
    runs = pd.read_parquet(own.results / "runs.parquet")
    assert set(runs["scheme"]) == {"zeros", "two-levels"}
    assert set(runs["dataset"]) == {"stripes"}
    assert runs["final_accuracy"].between(50, 100).all()
    layers = pd.read_parquet(own.results / "layers.parquet")
    start = layers[(layers["when"] == "start") & (layers["layer"] == "conv1")]
    norms = start.groupby("scheme")["bias_norm"].first()
    # 16 channels of ±0.5
    assert norms.to_dict() == {"two-levels": pytest.approx(2.0), "zeros": 0.0}
    page = (own.results / "report.html").read_text(encoding="utf-8")
    assert "two-levels" in page


def test_the_plan_says_which_code_it_was(own):
    plan = json.loads((own.results / "plan.json").read_text(encoding="utf-8"))["plan"]
    assert set(plan["code"]) == {
        "schemes.two-levels", "datasets.stripes", "architectures.mine",
    }  # fmt: skip
    assert str(own.folder) not in json.dumps(plan)


def test_another_place_and_comments_run_nothing(own, tmp_path):
    """Not even where the study file lies elsewhere than the results: its folder is no param."""
    moved = own.copy(tmp_path / "deeper" / "copy")
    moved.edit("studies/my_images.py", "    rng =", "    # a comment\n    rng =")
    shutil.move(moved.folder / "studies", tmp_path / "studies")
    for path in (tmp_path / "studies").iterdir():
        os.utime(path)
    done = moved.snakemake("-n", study=str(tmp_path / STUDY))
    # the page names the command that makes the study, and nothing else depends on the place
    assert planned_jobs(done.stdout) == {"write_report": 1}


def test_a_changed_scheme_of_ones_own_trains_its_own_shards_alone(workspace):
    workspace.edit("studies/levels.py", "FACTOR = 1", "FACTOR = 2")
    done = workspace.snakemake("-n", study=STUDY)
    planned = planned_jobs(done.stdout)
    assert planned["train"] == 2
    assert not {"prepare_data", "inspect_network"} & set(planned)
    assert set(re.findall(r"Training ([^,]+),", done.stdout)) == {"two-levels"}


@pytest.mark.slow
def test_a_changed_data_set_of_ones_own_is_made_and_trained_on_again(workspace):
    workspace.edit("studies/my_images.py", "8, axis=1", "8, axis=-1")
    planned = planned_jobs(workspace.snakemake("-n", study=STUDY).stdout)
    assert planned["prepare_data"] == 1
    assert planned["train"] == 4


def test_a_changed_network_of_ones_own_is_inspected_and_trained_again(workspace):
    workspace.edit("studies/my_network.py", "+ first)", "- first)")
    planned = planned_jobs(workspace.snakemake("-n", study=STUDY).stdout)
    assert planned["inspect_network"] == 1
    assert planned["train"] == 4
    assert "prepare_data" not in planned


def test_the_page_lists_the_places_for_biases(own):
    sites = pd.read_parquet(own.results / "sites.parquet")
    assert list(sites["name"]) == ["conv1", "conv2", "output"]
    assert list(sites["norm"]) == ["norm1 (batch norm)", "", ""]
    page = (own.results / "report.html").read_text(encoding="utf-8")
    assert "shift of batch norm; the layer&#39;s bias" in page or "shift of batch norm; the" in page


def test_a_network_that_cannot_be_trained_is_said_before_anything_is(workspace):
    workspace.edit("studies/my_network.py", "nn.Linear(16, classes)", "nn.Linear(16, 3)")
    done = workspace.snakemake(study=STUDY)
    assert done.returncode == 1
    assert "must return logits of shape (4, 2), and returns (4, 3)" in done.stdout
    assert "Training " not in done.stdout


@pytest.mark.slow
def test_a_function_that_fails_ends_its_job_with_one_sentence(workspace):
    workspace.edit("studies/my_schemes.py", "biases = np.full(", "biases = np.ful(")
    done = workspace.snakemake("--until", "train", study=STUDY)
    assert done.returncode == 1
    sentence = (
        "my_schemes.py:two_levels' failed (AttributeError: module 'numpy' has no attribute 'ful'"
    )
    assert sentence in done.stdout
    log, *_ = (workspace.results / "logs" / "train").rglob("two-levels/*.log")
    assert 'my_schemes.py", line' in log.read_text(encoding="utf-8"), "where it failed"
    deviations = (workspace.results / "plan_deviations.jsonl").read_text(encoding="utf-8")
    assert '"kind": "changed code of one\'s own"' in deviations
