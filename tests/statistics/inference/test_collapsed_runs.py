"""Which runs trained and still came to nothing, by the rule that a study registers."""

import numpy as np
import pandas as pd
import pytest

from biasinit.statistics.inference.collapsed import with_collapsed
from biasinit.statistics.inference.study_runs import read_runs

ACCURACIES = {"zeros": [97.0, 98.0, 99.0, 10.0], "one": [98.0, 97.5, 83.0, 82.9]}


def table_of(accuracies=None, *, failed=(("zeros", 3),), dataset="digits", **columns):
    rows = [
        {"scheme": scheme, "seed": seed, "final_accuracy": accuracy, "dataset": dataset}
        | {"failed": (scheme, seed) in failed}
        | columns
        for scheme, values in (accuracies or ACCURACIES).items()
        for seed, accuracy in enumerate(values)
    ]
    return pd.DataFrame(rows)


def found_in(table, *, points=15.0, margins=None):
    marked = with_collapsed(
        read_runs(table),
        reference="zeros",
        collapse_points=points,
        margins=margins or {"digits": 0.5},
    )
    return {
        name: {(str(row.scheme), int(row.seed)) for row in marked[marked[name]].itertuples()}
        for name in ("collapsed", "stray")
    }


def test_more_points_below_the_median_of_the_reference_than_the_key_says():
    """The median of the trained reference runs is 98: 83 is 15 below it, 82.9 is more."""
    assert found_in(table_of())["collapsed"] == {("one", 3)}
    assert found_in(table_of(), points=14.9)["collapsed"] == {("one", 2), ("one", 3)}
    assert found_in(table_of(), points=15.2)["collapsed"] == set()


def test_failed_runs_set_no_level_and_do_not_collapse():
    """With the failed run the median would be 97.5, and 82.9 less than 15 below it."""
    assert ("zeros", 3) not in found_in(table_of())["collapsed"]
    counted = found_in(table_of(failed=()))["collapsed"]
    assert counted == {("zeros", 3)}


def test_of_a_trained_run_beside_trained_ones_of_the_reference_it_is_known():
    rules = {"reference": "zeros", "collapse_points": 15.0, "margins": {"digits": 0.5}}
    runs = pd.concat(
        [
            table_of(failed=(("zeros", 3), ("one", 0)), learning_rate=0.1),
            table_of(failed=tuple(("zeros", seed) for seed in range(4)), learning_rate=0.2),
        ]
    )
    marked = with_collapsed(read_runs(runs), **rules)
    unknown = marked[~marked["collapse_known"]]
    assert set(unknown.loc[unknown["learning_rate"] == 0.2, "scheme"]) == {"zeros", "one"}
    assert (unknown["learning_rate"] == 0.2).sum() == 8
    known_less = unknown[unknown["learning_rate"] == 0.1]
    assert set(zip(known_less["scheme"], known_less["seed"], strict=True)) == {
        *(("zeros", 3), ("one", 0)),
    }


def test_a_stray_run_is_ten_margins_below_its_own_arm_and_has_not_collapsed():
    """The median of 'one' is 90.25 with two low runs; of four, one low run strays from 97.5."""
    arms = {"zeros": [97.0, 98.0, 99.0], "one": [98.0, 97.5, 97.6, 92.5]}
    assert found_in(table_of(arms, failed=()))["stray"] == {("one", 3)}
    arms["one"][3] = 92.56  # 97.55 - 5.0 would be 92.55
    assert found_in(table_of(arms, failed=()))["stray"] == set()
    arms["one"][3] = 60.0
    found = found_in(table_of(arms, failed=()))
    assert (found["collapsed"], found["stray"]) == ({("one", 3)}, set())


def test_each_data_set_has_the_margin_of_its_own():
    arms = {"zeros": [97.0, 97.0, 97.0, 97.0], "one": [97.0, 97.0, 97.0, 94.0]}
    both = pd.concat(
        [table_of(arms, failed=(), dataset=name) for name in ("digits", "mnist")],
        ignore_index=True,
    )
    marked = with_collapsed(
        read_runs(both), reference="zeros", collapse_points=15.0,
        margins={"digits": 0.5, "mnist": 0.2},
    )  # fmt: skip
    assert list(marked.loc[marked["stray"], "dataset"]) == ["mnist"]


def test_every_cell_and_normalisation_has_a_level_of_its_own():
    """An accuracy of 60 is a collapse where the reference has 97, and none where it has 61."""
    arms = {"zeros": [97.0] * 3, "one": [60.0] * 3}
    low = {"zeros": [61.0] * 3, "one": [60.0] * 3}
    runs = pd.concat(
        [
            table_of(arms, failed=(), normalization="none", learning_rate=0.1),
            table_of(low, failed=(), normalization="none", learning_rate=0.2),
            table_of(low, failed=(), normalization="batchnorm_shift", learning_rate=0.1),
        ]
    )
    marked = with_collapsed(
        read_runs(runs), reference="zeros", collapse_points=15.0, margins={"digits": 0.5}
    )
    hit = marked[marked["collapsed"]]
    assert set(hit["normalization"]) == {"none"}
    assert set(hit["learning_rate"]) == {0.1}
    assert len(hit) == 3


@pytest.mark.parametrize("case", ["no runs of the reference", "all of them failed"])
def test_without_a_level_no_run_is_said_to_have_collapsed(case):
    runs = table_of({"zeros": [97.0] * 3, "one": [98.0, 98.0, 20.0]}, failed=())
    if case == "no runs of the reference":
        runs = runs[runs["scheme"] != "zeros"]
    else:
        runs = runs.assign(failed=runs["scheme"] == "zeros")
    found = found_in(runs)
    assert found["collapsed"] == set()
    assert found["stray"] == {("one", 2)}  # its own arm tells


def test_a_run_without_accuracy_is_neither():
    arms = {"zeros": [97.0, 98.0], "one": [98.0, np.nan]}
    assert found_in(table_of(arms, failed=())) == {"collapsed": set(), "stray": set()}
