"""Ratios of restricted mean times, and their error by leaving out seeds."""

import numpy as np
import pytest

from biasinit.statistics.speed.time_ratios import jackknife_log_ratio


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
