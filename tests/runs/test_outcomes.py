import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from biasinit.runs.outcomes import (
    early_thresholds,
    failure_kinds,
    speed_outcomes,
    summarise_runs,
)
from biasinit.runs.tables import RUNS

KEY = {
    "dataset": "digits",
    "architecture": "small_cnn",
    "normalization": "none",
    "weight_init": "he",
    "input_scaling": "standardized",
    "optimizer": "sgd",
    "learning_rate": 0.1,
    "scheme": "zeros",
}


def curve(accuracies, *, seed=0, per_epoch=1):
    steps = range(len(accuracies))
    frame = pd.DataFrame(
        {
            "seed": seed,
            "step": list(steps),
            "epoch": [step / per_epoch for step in steps],
            "validation_accuracy": accuracies,
        }
    )
    return frame.assign(**KEY)


def outcomes(curves, *, epochs=10):
    return speed_outcomes(
        curves,
        thresholds={"digits": 95.0},
        early_thresholds={"digits": 52.5},
        epochs=epochs,
    )


def speed(accuracies, **options):
    table = outcomes(curve(accuracies, **options))
    assert len(table) == 1
    return table.iloc[0]


def test_the_first_of_two_points_in_a_row_at_the_threshold_counts():
    assert speed([10, 96, 90, 95, 97, 50])["epochs_to_threshold"] == 3


def test_a_single_point_above_the_threshold_does_not_count_even_at_the_end():
    row = speed([10, 96, 90, 97])
    assert not row["reached"]
    assert np.isnan(row["epochs_to_threshold"])
    assert row["restricted_epochs"] == 10


def test_time_is_in_epochs_on_a_finer_grid():
    assert speed([10, 90, 95, 95, 99], per_epoch=4)["epochs_to_threshold"] == 0.5


def test_the_point_before_training_does_not_count():
    assert speed([96, 97, 98])["epochs_to_threshold"] == 1
    assert not speed([96, 97, 90])["reached"]
    assert not speed([96, 97])["reached"]


def test_early_is_half_way_from_chance_to_the_threshold():
    assert early_thresholds({"digits": 95.0, "pairs": 80.0}, {"digits": 10, "pairs": 2}) == {
        "digits": 52.5,
        "pairs": 65.0,
    }
    row = speed([10, 52, 52.5, 60, 90, 96, 97])
    assert (row["epochs_to_early_threshold"], row["epochs_to_threshold"]) == (2, 5)


def test_a_run_may_pass_the_early_threshold_and_never_the_other():
    row = speed([10, 60, 20, 60, 60])
    assert row["epochs_to_early_threshold"] == 3
    assert not row["reached"]
    assert np.isnan(speed([10, 20, 30])["epochs_to_early_threshold"])


def test_points_of_one_run_never_count_for_the_next():
    table = outcomes(pd.concat([curve([10, 96], seed=0), curve([96, 10], seed=1)]))
    assert table["reached"].tolist() == [False, False]


def test_area_is_the_mean_accuracy_over_the_epochs():
    uneven = curve([0, 100, 100]).assign(epoch=[0.0, 1.0, 4.0])
    table = outcomes(uneven, epochs=4)
    assert table["curve_area"].tolist() == [(50 * 1 + 100 * 3) / 4]


@settings(max_examples=20)
@given(st.permutations(range(12)))
def test_the_order_of_rows_does_not_matter(order):
    curves = pd.concat([curve([10, 95, 96, 97], seed=seed) for seed in range(3)])
    expected = outcomes(curves, epochs=3)
    shuffled = curves.iloc[list(order)]
    got = outcomes(shuffled, epochs=3)
    pd.testing.assert_frame_equal(got, expected)


@pytest.mark.parametrize(
    ("accuracy", "loss", "diverged_at", "kind"),
    [
        (98.0, 0.01, pd.NA, "none"),
        (12.0, 2.0, pd.NA, "never learned"),
        (12.1, 2.0, pd.NA, "none"),
        (50.0, np.log(10), pd.NA, "never learned"),
        (10.0, np.nan, 7, "diverged"),
        (98.0, 0.01, 7, "diverged"),
    ],
)
def test_failure_is_divergence_or_nothing_learned(accuracy, loss, diverged_at, kind):
    runs = pd.DataFrame(
        {
            "final_accuracy": [accuracy],
            "final_loss": [loss],
            "classes": [10],
            "diverged_at": pd.array([diverged_at], dtype="Int64"),
        }
    )
    assert failure_kinds(runs).tolist() == [kind]


def test_a_run_that_reached_the_threshold_and_then_diverged_is_fast_and_failed():
    runs = pd.DataFrame(
        {
            "seed": [21],
            "final_accuracy": [10.0],
            "final_loss": [np.nan],
            "validation_accuracy": [10.0],
            "initial_loss": [2.5],
            "commonest_first_guess": [30.0],
            "diverged_at": pd.array([3], dtype="Int64"),
            "classes": [10],
            "weights_hash": ["a"],
            "order_hash": ["b"],
            "test_hash": ["c"],
        }
    ).assign(**KEY)
    table = summarise_runs(
        runs,
        curve([10, 96, 97, 10], seed=21),
        study="test",
        thresholds={"digits": 95.0},
        epochs=3,
        seeds_per_shard=20,
    )
    assert tuple(table.columns) == RUNS.column_names
    row = table.iloc[0]
    assert (row["reached"], row["epochs_to_threshold"], row["failed"]) == (True, 1, True)
    assert (row["failure_kind"], row["shard"]) == ("diverged", 1)
    assert row["epochs_to_early_threshold"] == 1
