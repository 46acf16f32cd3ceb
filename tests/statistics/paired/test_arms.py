"""Differences by cell: what a failed run takes away, and what it leaves."""

import numpy as np
import pandas as pd
import pytest
from differences import contrasts_of
from hypothesis import given, settings
from hypothesis import strategies as st

from biasinit.statistics.inference.study_runs import read_runs, treatments
from biasinit.statistics.paired.arms import arm_differences, crossed_differences
from biasinit.statistics.paired.available_pairs import seed_values

SCHEMES = ("zeros", "one")
RATES = (0.005, 0.02, 0.05)
SEEDS = 10


def runs_of(rng, *, normalizations=("none",)):
    rows = [
        (normalization, rate, scheme, seed, 97 + rng.normal(), False)
        for normalization in normalizations
        for rate in RATES
        for scheme in SCHEMES
        for seed in range(SEEDS)
    ]
    names = ["normalization", "learning_rate", "scheme", "seed", "final_accuracy", "failed"]
    return pd.DataFrame(rows, columns=names)


def of(runs, *, lost="failed", schemes=SCHEMES):
    return arm_differences(
        treatments(read_runs(runs)),
        "final_accuracy",
        family="accuracy",
        reference="zeros",
        schemes=schemes,
        lost=lost,
    )


def wide(runs, rate, normalization="none"):
    part = runs[(runs["learning_rate"] == rate) & (runs["normalization"] == normalization)]
    table = part[~part["failed"]].pivot(index="seed", columns="scheme", values="final_accuracy")
    return (table["one"] - table["zeros"]).reindex(range(SEEDS))


def fail(runs, rate, seeds, scheme="one", normalization="none"):
    hit = (runs["learning_rate"] == rate) & runs["seed"].isin(seeds)
    hit &= (runs["scheme"] == scheme) & (runs["normalization"] == normalization)
    return runs.assign(failed=runs["failed"] | hit)


def columns(found):
    return dict(zip(found.labels["cell"], found.values.T, strict=True))


def test_each_cell_has_its_own_pairs_and_all_stands_before_them(rng):
    runs = runs_of(rng)
    found = of(runs)
    assert list(found.labels["cell"]) == ["all", *(f"learning_rate {rate}" for rate in RATES)]
    assert found.cells_behind(0).tolist() == [1, 2, 3]
    values = columns(found)
    for rate in RATES:
        np.testing.assert_allclose(values[f"learning_rate {rate}"], wide(runs, rate))
    np.testing.assert_allclose(values["all"], sum(wide(runs, rate) for rate in RATES) / 3)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_failure_in_one_cell_never_deletes_the_seed_from_another(rng, scheme):
    runs = fail(runs_of(rng), 0.02, [3, 4, 8], scheme)
    found = of(runs)
    values = columns(found)
    for rate in RATES:
        np.testing.assert_allclose(values[f"learning_rate {rate}"], wide(runs, rate))
    assert np.isfinite(values["all"]).all()
    assert found.fewest.tolist() == [7, 10, 7, 10]
    assert found.apart.tolist() == [True, False, True, False]
    assert list(found.labels["basis"]) == [
        "seeds where both trained", "all seeds", "seeds where both trained", "all seeds",
    ]  # fmt: skip


def test_the_mean_over_cells_is_that_of_the_cells_own_estimates(rng):
    runs = fail(fail(runs_of(rng), 0.02, range(6)), 0.05, [0], "zeros")
    values = columns(of(runs))
    means = [wide(runs, rate).mean() for rate in RATES]
    assert values["all"].mean() == pytest.approx(np.mean(means))


@settings(max_examples=50)
@given(st.integers(0, 10_000), st.floats(0, 0.5))
def test_the_seed_values_have_the_mean_of_the_cells_means_whatever_is_missing(key, share):
    rng = np.random.default_rng(key)
    values = rng.normal(size=(3, 12)) * [[1], [5], [0.1]] + [[0], [3], [9]]
    complete = seed_values(values)
    np.testing.assert_allclose(complete, values.mean(axis=0))
    values[rng.uniform(size=values.shape) < share] = np.nan
    values[:, 0] = 1.0  # no cell is empty
    found = seed_values(values)
    assert np.nanmean(found) == pytest.approx(np.nanmean(values, axis=1).mean())
    assert (np.isnan(found) == np.isnan(values).all(axis=0)).all()


def test_their_spread_is_that_of_whole_seeds():
    """4,000 tables: with a third of the pairs missing, the error is right to a tenth."""
    rng = np.random.default_rng(8)
    shape = (4_000, 3, 20)
    values = rng.normal(0, 1, (4_000, 1, 20)) + rng.normal(0, [[0.3], [1.0], [2.0]], shape)
    values[rng.uniform(size=shape) < [[0.0], [0.3], [0.6]]] = np.nan
    values = values[(np.isfinite(values).sum(axis=2) >= 4).all(axis=1)]
    found = np.array([seed_values(table) for table in values])
    units = np.isfinite(found).sum(axis=1)
    errors = np.nanstd(found, axis=1, ddof=1) / np.sqrt(units)
    means = np.nanmean(found, axis=1)
    assert np.sqrt(np.mean(errors**2)) == pytest.approx(means.std(), rel=0.1)


@pytest.mark.parametrize("left", [0, 1])
def test_a_cell_with_fewer_than_two_pairs_is_no_part_of_the_mean(rng, left):
    runs = fail(runs_of(rng), 0.02, range(SEEDS - left))
    found = of(runs)
    values = columns(found)
    others = (wide(runs, 0.005) + wide(runs, 0.05)) / 2
    np.testing.assert_allclose(values["all"], others)
    assert found.fewest.tolist() == [10, 10, left, 10]
    assert found.apart[0]


def test_where_no_cell_has_two_pairs_the_mean_says_so(rng):
    runs = runs_of(rng)
    for rate in RATES:
        runs = fail(runs, rate, range(1, SEEDS))
    assert of(runs).fewest.tolist() == [1, 1, 1, 1]


def test_every_run_counts_where_none_is_lost_by_rule(rng):
    runs = fail(runs_of(rng), 0.02, range(4))
    found = of(runs, lost=None)
    assert found.fewest.tolist() == [10] * 4
    assert not found.apart.any()
    assert set(found.labels["basis"]) == {"all seeds"}


def test_a_single_cell_stands_for_all(rng):
    runs = runs_of(rng)
    found = of(runs[runs["learning_rate"] == 0.02])
    assert list(found.labels["cell"]) == ["all"]
    assert found.cells_behind(0).tolist() == []


def test_a_cell_without_runs_of_an_arm_is_no_part_of_the_contrast(rng):
    runs = runs_of(rng)
    runs = runs[~((runs["scheme"] == "one") & (runs["learning_rate"] == 0.05))]
    found = of(runs)
    assert list(found.labels["cell"]) == ["all", "learning_rate 0.005", "learning_rate 0.02"]


def test_an_arm_without_runs_is_kept_as_an_empty_column(rng):
    found = of(runs_of(rng), schemes=(*SCHEMES, "absent"))
    place = list(found.labels["scheme"]).index("absent")
    assert np.isnan(found.values[:, place]).all()
    assert found.fewest[place] == 0


BOTH = ("none", "batchnorm_shift")


def test_effects_are_crossed_within_each_cell(rng):
    runs = fail(runs_of(rng, normalizations=BOTH), 0.02, [1], normalization="batchnorm_shift")
    found = crossed_differences(of(runs), family="interaction")
    assert set(found.labels["normalization"]) == {"batchnorm_shift - none"}
    values = columns(found)
    for rate in RATES:
        expected = wide(runs, rate, "batchnorm_shift") - wide(runs, rate)
        np.testing.assert_allclose(values[f"learning_rate {rate}"], expected)
    assert found.fewest.tolist() == [9, 10, 9, 10]
    assert found.apart.tolist() == [True, False, True, False]
    means = [np.nanmean(values[f"learning_rate {rate}"]) for rate in RATES]
    assert values["all"].mean() == pytest.approx(np.mean(means))


def test_a_cell_that_only_one_normalisation_has_is_not_crossed(rng):
    runs = runs_of(rng, normalizations=BOTH)
    gone = (runs["normalization"] == "batchnorm_shift") & (runs["learning_rate"] == 0.05)
    found = crossed_differences(of(runs[~gone]), family="interaction")
    assert list(found.labels["cell"]) == ["all", "learning_rate 0.005", "learning_rate 0.02"]
    only_one = runs["learning_rate"] == 0.02
    single = crossed_differences(of(runs[only_one]), family="interaction")
    assert list(single.labels["cell"]) == ["all"]
    none = crossed_differences(of(runs[runs["normalization"] == "none"]), family="interaction")
    assert none.labels.empty


def test_given_differences_are_those_of_runs(rng):
    """The tables that other tests are given have the form of those that come from runs."""
    values = rng.normal(size=(2, 8))
    values[1, 3] = np.nan
    found = contrasts_of(values)
    assert found.fewest.tolist() == [7, 8, 7]
    assert found.apart.tolist() == [True, False, True]
