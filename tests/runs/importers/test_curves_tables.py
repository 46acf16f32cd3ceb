"""Learning curves in a table beside the table of runs."""

import re

import pandas as pd
import pytest
from brought import bring, said

from biasinit.errors import RunsTableError

RUNS = pd.DataFrame(
    {
        "scheme": ["zeros", "zeros", "1.0", "1.0"],
        "seed": [0, 1, 0, 1],
        "learning_rate": [0.1] * 4,
        "final_accuracy": [97.0, 97.5, 96.0, 96.5],
    }
)
CURVES = pd.DataFrame(
    [
        {"scheme": scheme, "seed": seed, "epoch": epoch, "validation_accuracy": accuracy}
        for scheme, shift in [("zeros", 0.0), ("1.0", -41.0)]
        for seed in (0, 1)
        for epoch, accuracy in enumerate([50.0, 91.0 + shift, 92.0 + shift / 50], start=1)
    ]
)


def brought(tmp_path, *, runs=RUNS, curves=CURVES, **keys):
    runs.to_csv(tmp_path / "runs.csv", index=False)
    curves.to_csv(tmp_path / "curves.csv", index=False)
    return bring(tmp_path, **{"runs_table": "runs.csv", "curves_table": "curves.csv", **keys})


def test_curves_give_runs_their_speed(tmp_path):
    found = brought(tmp_path)
    runs = found.runs.set_index(["scheme", "seed"])
    assert runs.loc[("zeros", 0), "epochs_to_threshold"] == 2.0
    assert not runs.loc[("1.0", 1), "reached"]
    assert runs.loc[("1.0", 1), "restricted_epochs"] == 3.0
    assert runs.loc[("zeros", 1), "validation_accuracy"] == 92.0
    assert len(found.curves) == 12
    assert set(found.curves) == {
        *("scheme", "seed", "learning_rate"),
        *("epoch", "validation_accuracy"),
    }


def test_names_and_shares_hold_for_both_tables(tmp_path):
    names = {"scheme": "method", "validation_accuracy": "acc", "final_accuracy": "acc"}
    runs = RUNS.assign(final_accuracy=RUNS["final_accuracy"] / 100)
    curves = CURVES.assign(validation_accuracy=CURVES["validation_accuracy"] / 100)
    runs = runs.rename(columns={"scheme": "method", "final_accuracy": "test_acc"})
    curves = curves.rename(columns={"scheme": "method", "validation_accuracy": "acc"})
    found = brought(
        tmp_path,
        runs=runs,
        curves=curves,
        unit="share",
        columns={**names, "final_accuracy": "test_acc"},
    )
    pd.testing.assert_frame_equal(found.runs, brought(tmp_path).runs)


def test_curves_of_other_schemes_and_runs_are_left_out_and_named(tmp_path):
    other = CURVES.assign(scheme="other")
    beyond = CURVES.assign(seed=7)
    lines = said(brought(tmp_path, curves=pd.concat([CURVES, other, beyond])))
    assert any("of schemes that the study does not name" in line for line in lines)
    assert any("of 2 runs that the table of runs does not have" in line for line in lines)


WRONG = {
    "curves without epochs": (
        {"curves": CURVES.drop(columns="epoch")},
        "has no column 'epoch'. It has scheme, seed, validation_accuracy.",
    ),
    "a point of a curve twice": (
        {"curves": pd.concat([CURVES, CURVES.iloc[:1]])},
        "1 point of curves stand there twice, such as epoch 1 of row 1. Keep one of each.",
    ),
    "a run without points": (
        {"curves": CURVES[CURVES["scheme"] == "zeros"]},
        "2 runs have a learning curve of less than two points (rows 3, 4). Bring the curves of all "
        "runs, or of none.",
    ),
    "curves beyond the length of training": (
        {"epochs": 2},
        "'epoch' of curves must be between 0 and the 'epochs' of the study (2), got 3 (row 1).",
    ),
    "curves in shares beside runs in percent": (
        {"curves": CURVES.assign(validation_accuracy=970.0)},
        "'validation_accuracy' of curves must be between 0 and 100 percent, got 970 (row 1).",
    ),
    "a point of a curve that is no number": (
        {"curves": CURVES.assign(validation_accuracy="good")},
        "'validation_accuracy' of the table of curves must be numbers, got 'good' (row 1).",
    ),
    "a seed of a curve that is none": (
        {"curves": CURVES.assign(seed=0.5)},
        "'seed' of the table of curves must be whole numbers from 0 on, got '0.5' (row 1).",
    ),
    "curves that do not say the factor": (
        {
            "runs": pd.concat([RUNS, RUNS.assign(learning_rate=0.2)]),
        },
        "the table of curves has no column 'learning_rate', which tells runs apart in the table of "
        "runs. Give both the same factors.",
    ),
    "times beside curves": (
        {"runs": RUNS.assign(epochs_to_threshold=2.0, reached=True)},
        "'epochs_to_threshold', 'reached' would be worked out from the curves, and the table of "
        "runs has it.",
    ),
    "several thresholds without a data set": (
        {"analysis": {"margins": {"any": 0.5}, "thresholds": {"any": 90, "other": 80}}},
        "'analysis.thresholds' are for 'any', 'other', and runs have no 'dataset'.",
    ),
    "a data set with curves and no threshold": (
        {
            "runs": RUNS.assign(dataset="digits"),
            "analysis": {"margins": {"digits": 0.5, "any": 1}, "thresholds": {"any": 90}},
        },
        "'analysis.thresholds' says nothing of the data set 'digits', whose runs have curves.",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_bad_input_in_curves(case, tmp_path):
    options, expected = WRONG[case]
    with pytest.raises(RunsTableError, match=re.escape(expected)):
        brought(tmp_path, **options)


def test_curves_that_are_not_there_are_named(tmp_path):
    RUNS.to_csv(tmp_path / "runs.csv", index=False)
    with pytest.raises(RunsTableError, match=r"gone\.csv cannot be read: they are not there"):
        bring(tmp_path, runs_table="runs.csv", curves_table="gone.csv")
