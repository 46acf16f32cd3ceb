"""Whether accuracy goes with a quantity of the start, from scheme to scheme within seeds."""

import math

import numpy as np
import pandas as pd
import pytest
import scipy.stats
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from biasinit.statistics.paired.within_seeds import within_seeds

SCHEMES = list("abcde")


def frames(rng, *, seeds, slope=0.0, spread=1.0):
    """Guesses by seed and scheme, and accuracies that follow them within each seed."""
    guesses = np.array([20, 25, 30, 60, 90]) + rng.normal(0, 3, (seeds, 5))
    levels = rng.normal(60, 5, (seeds, 1))  # of seeds, which no slope may see
    own = slope * (1 + rng.normal(0, 0.3, (seeds, 1)))
    accuracy = levels + own * (guesses - 45) + rng.normal(0, spread, (seeds, 5))
    return pd.DataFrame(guesses, columns=SCHEMES), pd.DataFrame(accuracy, columns=SCHEMES)


def test_it_is_statsmodels_slope_with_errors_clustered_by_seed(rng):
    guesses, accuracy = frames(rng, seeds=12, slope=-0.05)
    found = within_seeds(guesses, accuracy)
    seeds = np.repeat(np.arange(12), 5)
    design = np.column_stack([guesses.to_numpy().ravel(), np.eye(12)[seeds]])
    fit = sm.OLS(accuracy.to_numpy().ravel(), design).fit(
        cov_type="cluster", cov_kwds={"groups": seeds, "use_correction": False}
    )
    way = guesses.mean().max() - guesses.mean().min()
    error = fit.bse[0] * way * math.sqrt(12 / 11)
    assert found.change == pytest.approx(fit.params[0] * way)
    assert found.standard_error == pytest.approx(error)
    half = error * scipy.stats.t.ppf(0.975, 11)
    assert found.interval() == pytest.approx((found.change - half, found.change + half))
    assert found.p_different() == pytest.approx(2 * scipy.stats.t.sf(-found.change / error, 11))
    below, above = (scipy.stats.t.sf((5 + side * found.change) / error, 11) for side in (1, -1))
    assert found.p_equivalent(5) == pytest.approx(max(below, above))
    assert (found.seeds, found.left_out, found.schemes) == (12, 0, 5)


def test_a_seed_in_which_all_schemes_are_nearly_alike_does_not_rule(rng):
    guesses, accuracy = frames(rng, seeds=8, slope=-0.05, spread=0.5)
    guesses.loc[0] = 50 + np.arange(5) * 0.001
    found = within_seeds(guesses, accuracy)
    assert -0.05 * 70 - 3 < found.change < -0.05 * 70 + 3


@pytest.mark.parametrize("slope", [0.0, -0.04])
def test_its_interval_covers_on_the_null_and_off_it(slope):
    rng = np.random.default_rng(3)
    covered = 0
    for _ in range(1000):
        guesses, accuracy = frames(rng, seeds=10, slope=slope)
        found = within_seeds(guesses, accuracy)
        lower, upper = found.interval()
        covered += lower <= slope * (found.most - found.least) <= upper
    assert 0.93 < covered / 1000 < 0.97


def test_seeds_that_lack_a_scheme_are_left_out_and_counted(rng):
    guesses, accuracy = frames(rng, seeds=6, slope=-0.05)
    accuracy.loc[0, "b"] = np.nan
    found = within_seeds(guesses, accuracy)
    assert (found.seeds, found.left_out) == (5, 1)
    assert math.isfinite(found.change)


def test_schemes_that_do_not_differ_say_nothing(rng):
    guesses, accuracy = frames(rng, seeds=6)
    found = within_seeds(guesses * 0 + 100, accuracy)
    assert found.interval() == (-math.inf, math.inf)
    assert found.p_different() == found.p_equivalent(1000) == 1.0


@pytest.mark.parametrize("seeds", [0, 1])
def test_too_few_seeds_decide_nothing(rng, seeds):
    found = within_seeds(*frames(rng, seeds=seeds))
    assert found.interval() == (-math.inf, math.inf)
    assert found.p_different() == 1.0
    assert found.p_equivalent(1000) == 1.0


@given(seed=st.integers(0, 999), shift=st.floats(-50, 50), scale=st.floats(0.1, 10))
def test_neither_the_level_of_a_seed_nor_the_unit_of_the_quantity_matters(seed, shift, scale):
    guesses, accuracy = frames(np.random.default_rng(seed), seeds=5, slope=-0.02)
    levels = shift * np.arange(5)[:, None]
    first = within_seeds(guesses, accuracy)
    second = within_seeds(guesses * scale, accuracy + levels)
    assert second.change == pytest.approx(first.change, rel=1e-6, abs=1e-6)
    assert second.standard_error == pytest.approx(first.standard_error, rel=1e-6, abs=1e-6)
