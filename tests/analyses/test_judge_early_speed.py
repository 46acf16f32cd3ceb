"""Verdicts on the time to an early threshold: the same analysis of other times."""

import pandas as pd
import pytest

from biasinit.analyses import analyse_failure, analyse_speed, judge_early_speed
from biasinit.metric import ACCURACY
from biasinit.statistics.judging.schemes import judge_schemes
from generated_study import EPOCHS, SCHEMES, generated_runs

PLAN = {
    "reference": "zeros",
    "schemes": list(SCHEMES),
    "margins": {"digits": 0.5},
    "metric": ACCURACY.to_mapping(),
    "collapse_points": 15.0,
    "speed_margin": (0.8, 1.25),
    "epochs": EPOCHS,
    "alpha": 0.05,
    "resamples": 1_000,
    "analysis_seed": 1,
}


@pytest.fixture(scope="module")
def runs():
    return generated_runs(seeds=8)


def early(runs, times):
    table = runs.assign(epochs_to_early_threshold=times)
    return judge_early_speed.run({"runs": table}, PLAN)["early_verdicts"]


def test_the_same_times_have_the_same_verdicts_as_at_the_registered_threshold(runs):
    tables = {"runs": runs}
    for module in (analyse_speed, analyse_failure):
        tables |= module.run(tables, module.ANALYSIS.keys(PLAN))
    names = ("reference", "schemes", "margins", "collapse_points", "epochs", "alpha")
    registered = judge_schemes(
        runs,
        accuracy_contrasts=None,
        speed_contrasts=tables["speed_contrasts"],
        failure_contrasts=tables["failure_contrasts"],
        **{name: PLAN[name] for name in (*names, "analysis_seed")},
    )
    kept = registered[registered["outcome"].isin(["speed", "not reached"])]
    times = runs["epochs_to_threshold"].where(runs["reached"].astype(bool))
    pd.testing.assert_frame_equal(early(runs, times), kept.reset_index(drop=True))


def test_who_is_ahead_early_need_not_be_ahead_later(runs):
    times = runs["epochs_to_threshold"].where(runs["reached"].astype(bool)) / 2
    times = times.where(runs["scheme"] != "small", times / 3)
    found = early(runs, times)
    row = found.query("outcome == 'speed' and scheme == 'small' and cell == 'all'").iloc[0]
    assert row.verdict == "better beyond the margin"
    assert row.estimate == pytest.approx(1 / 3, rel=0.1)


def test_a_run_without_an_early_time_did_not_get_there(runs):
    times = runs["epochs_to_threshold"].where(runs["reached"].astype(bool))
    never = times.where(runs["scheme"] != "xavier")
    found = early(runs, never).query("cell == 'all' and scheme == 'xavier'")
    verdicts = found.groupby("outcome")["verdict"].unique()
    assert verdicts["speed"] == ["fails"]
    assert verdicts["not reached"] == ["worse"]
