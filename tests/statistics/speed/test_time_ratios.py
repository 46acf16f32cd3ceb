"""Ratios of mean times, their error by leaving out seeds, and their equivalence."""

import numpy as np
import pandas as pd
import pytest

from biasinit.statistics.speed.time_ratios import jackknife_log_ratio, ratio_equivalence


def test_the_error_is_that_of_leaving_out_each_seed_in_turn(rng):
    first, second = rng.uniform(4, 6, 9), rng.uniform(3, 5, 9)
    logs = [
        np.log(np.delete(first, seed).mean() / np.delete(second, seed).mean()) for seed in range(9)
    ]
    ratio, error, df = jackknife_log_ratio(first, second)
    assert ratio == pytest.approx(first.mean() / second.mean())
    assert error == pytest.approx(np.sqrt(8 / 9 * np.var(logs) * 9))
    assert df == 8


def test_times_in_step_have_a_ratio_and_no_error():
    times = np.array([4.0, 5.0, 6.0])
    ratio, error, df = jackknife_log_ratio(2 * times, times)
    assert ratio == pytest.approx(2.0)
    assert np.isnan([error, df]).all()


@pytest.mark.parametrize("ratio", [0.9, 1.0, 1.2])
def test_the_smallest_margin_is_the_one_at_which_equivalence_is_at_five_percent(ratio):
    ratios = pd.DataFrame({"ratio": [ratio], "error": [0.1], "df": [19.0]})
    family = np.array([True])
    smallest = ratio_equivalence(ratios, (0.8, 1.25), family=family)["smallest_margin"].item()
    there = ratio_equivalence(ratios, (1 / smallest, smallest), family=family)
    assert there["p_equivalence"].item() == pytest.approx(0.05)


def test_a_margin_that_is_wider_on_one_side_is_tested_on_both():
    """1.4 lies inside 0.5 to 1.5, 0.6 as well; 1 / 1.4 of a symmetric margin would not tell."""
    ratios = pd.DataFrame({"ratio": [1.4, 0.6], "error": [0.01] * 2, "df": [19.0] * 2})
    family = np.ones(2, dtype=bool)
    inside = ratio_equivalence(ratios, (0.5, 1.5), family=family)["p_equivalence"]
    narrow = ratio_equivalence(ratios, (0.5, 1.3), family=family)["p_equivalence"]
    assert (inside < 0.05).tolist() == [True, True]
    assert (narrow < 0.05).tolist() == [False, True]
