"""The same runs, brought in every way: one answer."""

import pandas as pd
import pytest
import yaml

import written_logs
from workspace import Workspace

pytestmark = pytest.mark.slow
SEEDS = 50
WAYS = {
    "csv": written_logs.write_csv,
    "parquet": written_logs.write_parquet,
    "json-lines": written_logs.write_json_lines,
    "mlflow-files": written_logs.write_mlflow_files,
    "mlflow-sqlite": written_logs.write_mlflow_sqlite,
    "tensorboard": written_logs.write_tensorboard,
}
NEEDED = {"mlflow-files": "mlflow", "mlflow-sqlite": "alembic", "tensorboard": "tensorboard"}


@pytest.fixture(scope="module")
def runs():
    """Five hundred runs: five schemes, two normalisations, fifty seeds."""
    runs, curves = written_logs.made_runs(seeds=SEEDS)
    assert len(runs) == 500
    return runs, curves


def brought(folder, runs, way, *arguments):
    """Bring runs in one way in a folder of its own, and return the folder of their results."""
    place = folder / "brought"
    workspace = Workspace.fresh(folder)
    place.mkdir()
    keys = WAYS[way](place, *runs)
    study = {
        "study": "same",
        "schemes": list(written_logs.SCHEMES),
        "epochs": written_logs.EPOCHS,
        "analysis": {
            "margins": {"any": 0.5},
            "thresholds": {"any": written_logs.THRESHOLD},
            "calibration_tables": 20,
            "resamples": 1000,
        },
        **keys,
    }
    (place / "study.yaml").write_text(yaml.safe_dump(study))
    done = workspace.snakemake(*arguments, study="brought/study.yaml")
    assert done.returncode == 0, done.stdout
    return folder / "results" / "same"


VERDICTS = ("--until", "judge_schemes")


@pytest.fixture(scope="module")
def answer(runs, tmp_path_factory):
    results = brought(tmp_path_factory.mktemp("csv"), runs, "csv", *VERDICTS)
    return pd.read_parquet(results / "analysis" / "verdicts.parquet")


def test_the_answer_is_one_of_accuracy_and_of_speed(answer):
    found = answer.set_index(["outcome", "normalization", "scheme"])["verdict"]
    assert found["accuracy", "none", "1.0"] == "worse beyond the margin"
    assert {"accuracy", "speed"} <= set(answer["outcome"])
    assert found.nunique() >= 3


@pytest.mark.parametrize("way", [way for way in WAYS if way != "csv"])
@pytest.mark.filterwarnings("ignore")  # of the tools that write
def test_the_same_runs_have_the_same_verdicts(way, runs, answer, tmp_path):
    needed = NEEDED.get(way)
    if needed:
        pytest.importorskip(needed, reason=f"{needed} is not installed")
    results = brought(tmp_path, runs, way, *VERDICTS)
    found = pd.read_parquet(results / "analysis" / "verdicts.parquet")
    pd.testing.assert_frame_equal(found, answer, check_exact=True)


def test_the_page_shows_the_learning_curves_of_brought_runs(runs, tmp_path):
    results = brought(tmp_path, runs, "parquet")
    drawn = pd.read_csv(results / "figures" / "learning_curves.csv")
    assert set(drawn["epoch"]) == set(range(1, written_logs.EPOCHS + 1))
    page = (results / "report.html").read_text(encoding="utf-8")
    assert "The first of two consecutive points at the threshold or above" in page
