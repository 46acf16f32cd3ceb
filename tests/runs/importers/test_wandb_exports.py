"""CSV files in the form in which W&B exports runs and charts, written by hand.

Exports are made in a browser, so no library can write them here.
"""

import re

import pandas as pd
import pytest
from brought import bring, said

from biasinit.errors import RunsTableError

KEYS = {
    "format": "wandb",
    "runs_table": "runs.csv",
    "curves_table": "chart.csv",
    "columns": {
        "scheme": "bias_init",
        "seed": "seed",
        "final_accuracy": "test_acc",
        "validation_accuracy": "val_acc",
    },
    "steps_per_epoch": 1,
    "steps_from": 1,
}
RUNS = pd.DataFrame(
    [
        {
            "Name": f"run-{scheme}-{seed}",
            "State": "finished",
            "Notes": "-",
            "Runtime": 12,
            "bias_init": scheme,
            "seed": seed,
            "test_acc": 95.5,
            "val_acc": 92,
        }
        for scheme in ("zeros", "1.0")
        for seed in (0, 1)
    ]
)
CHART = pd.DataFrame(
    {
        "Step": [1, 2, 3],
        **{
            f"{name} - val_acc{end}": [50, 91, 92]
            for name in RUNS["Name"]
            for end in ("", "__MIN", "__MAX")
        },
    }
)


def exported(folder, *, runs=RUNS, chart=CHART, **keys):
    runs.to_csv(folder / "runs.csv", index=False, quoting=1)
    if chart is not None:
        chart.to_csv(folder / "chart.csv", index=False, quoting=1)
    return bring(folder, **{**KEYS, **keys})


def test_runs_and_their_chart_are_read(tmp_path):
    found = exported(tmp_path)
    assert found.runs["final_accuracy"].tolist() == [95.5] * 4
    assert found.runs["epochs_to_threshold"].tolist() == [2.0] * 4
    assert any("W&B's summary, which is the last value unless" in line for line in said(found))


def test_runs_without_a_chart_have_no_speed(tmp_path):
    found = exported(tmp_path, chart=None, curves_table=None)
    assert "reached" not in found.runs
    assert found.runs["validation_accuracy"].tolist() == [92.0] * 4


def changed(column, value):
    table = RUNS.astype(object)
    table.loc[0, column] = value
    return table


AVERAGED = CHART.assign(**{"run-zeros-0 - val_acc__MAX": [50, 91, 93]})
CASES = {
    "a crashed run": (
        {"runs": changed("State", "crashed")},
        "1 run did not finish: 'run-zeros-0 (crashed)'.",
    ),
    "a table of runs that W&B did not export": (
        {"runs": RUNS.drop(columns="State")},
        "It has no column 'State', as the table of runs that W&B exports.",
    ),
    "two runs of one name": (
        {"runs": changed("Name", "run-zeros-1")},
        "Several runs have the name 'run-zeros-1'. Rename them in W&B",
    ),
    "a chart of another metric": (
        {"columns": {**KEYS["columns"], "validation_accuracy": "acc"}},
        "It has no column 'NAME - acc', as a chart of 'acc' that W&B exports.",
    ),
    "a chart of means": (
        {"chart": AVERAGED},
        "'run-zeros-0 - val_acc' at Step 3 is a mean of several points, or smoothed.",
    ),
    "a summary that is not the last value": (
        {"runs": changed("val_acc", 99)},
        "'val_acc' of the summary is not the last point of the chart in 1 run ('run-zeros-0')",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_input_of_wandb(case, tmp_path):
    options, expected = CASES[case]
    with pytest.raises(RunsTableError, match=re.escape(expected)):
        exported(tmp_path, **options)
