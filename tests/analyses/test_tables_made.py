"""Each analysis makes the tables that it declares, whatever the runs."""

import pytest

from biasinit.analyses.contract import analysis_named
from biasinit.analyses.index import all_analyses
from biasinit.metric import ACCURACY
from biasinit.quantities import ASYMMETRY, TWIN_BIAS_DISTANCE
from biasinit.runs.tables import BROUGHT_TABLES
from declared_tables import wrong_kinds
from generated_study import (
    EPOCHS,
    SCHEMES,
    TEST_IMAGES,
    generated_correct,
    generated_curves,
    generated_layers,
    generated_runs,
)

PLAN = {
    "reference": "zeros",
    "schemes": list(SCHEMES),
    "replicate": "zeros",
    "epochs": EPOCHS,
    "thresholds": {"digits": 95.0},
    "margins": {"digits": 0.5},
    "metric": ACCURACY.to_mapping(),
    "speed_margin": (0.8, 1.25),
    "collapse_points": 15.0,
    "alpha": 0.05,
    "resamples": 1_000,
    "analysis_seed": 1,
    "calibration_tables": 20,
    "calibration_resamples": 1_000,
    "calibration_effect": 0.5,
    "questions": [
        {
            "normalization": "none",
            "scheme": "zeros",
            "factor": "learning_rate",
            "level": "0.02",
            "against": "0.005",
            "reference": "",
        }
    ],
    "architectures": ["small_cnn"],
    "test_images": {"digits": TEST_IMAGES},
}

NAMES = tuple(analysis.name for analysis in all_analyses())


def made_from(tables, only=NAMES):
    """Return the tables that the analyses make one after the other, by analysis."""
    tables, found = dict(tables), {}
    for name in only:
        analysis = analysis_named(name)
        read = {*analysis.reads, *analysis.reads_if_there} & set(tables)
        found[name] = analysis.run({table: tables[table] for table in read}, analysis.keys(PLAN))
        tables |= found[name]
    return found


@pytest.fixture(scope="module")
def trained():
    """What all analyses make of a study of six seeds in which runs failed."""
    runs = generated_runs(seeds=6)
    runs = runs.assign(epochs_to_early_threshold=runs["epochs_to_threshold"] / 2)
    return made_from(
        {
            "runs": runs,
            "curves": generated_curves(runs).assign(**{ASYMMETRY: 0.0}),
            "layers": generated_layers(runs).assign(**{TWIN_BIAS_DISTANCE: 0.5}),
            "correct": generated_correct(runs),
        }
    )


@pytest.fixture(scope="module")
def brought():
    """What some analyses make of the smallest table that one may bring."""
    table = BROUGHT_TABLES[0]
    needed = [column.name for column in table.columns if not column.optional]
    runs = generated_runs(seeds=3, normalizations=("none",), rates=(0.02,), failing=False)
    names = [name for name in NAMES if analysis_named(name).reads == ("runs",)]
    asking_more = {"analyse_speed", "analyse_tuned", "judge_early_speed"}
    without_levels = [name for name in names if name not in asking_more]
    return made_from({table.name: runs[needed]}, without_levels)


@pytest.mark.parametrize("name", NAMES)
def test_the_tables_of_a_trained_study_are_as_declared(name, trained):
    analysis = analysis_named(name)
    assert set(trained[name]) == {table.name for table in analysis.makes}
    for table in analysis.makes:
        frame = table.checked(trained[name][table.name])
        assert len(frame), table.name
        assert wrong_kinds(frame, table) == []


def test_the_tables_of_the_smallest_brought_study_are_as_declared(brought):
    assert len(brought) > 4
    for name, made in brought.items():
        for table in analysis_named(name).makes:
            assert wrong_kinds(table.checked(made[table.name]), table) == []
