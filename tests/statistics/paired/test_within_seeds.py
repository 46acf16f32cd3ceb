"""Whether accuracy goes with a quantity of the start, from scheme to scheme within seeds."""

import math

import numpy as np
import pandas as pd
import pytest
import scipy.stats
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


def test_it_is_the_t_test_of_slopes_that_scipy_fits_seed_by_seed(rng):
    guesses, accuracy = frames(rng, seeds=12, slope=-0.05)
    found = within_seeds(guesses, accuracy)
    slopes = np.array(
        [
            scipy.stats.linregress(guesses.loc[seed], accuracy.loc[seed]).slope
            for seed in guesses.index
        ]
    )
    way = guesses.mean().max() - guesses.mean().min()
    theirs = scipy.stats.ttest_1samp(slopes * way, 0)
    assert found.change == pytest.approx(slopes.mean() * way)
    assert found.interval() == pytest.approx(tuple(theirs.confidence_interval()))
    assert found.p_different() == pytest.approx(theirs.pvalue)
    lower = scipy.stats.ttest_1samp(slopes * way, -5, alternative="greater").pvalue
    upper = scipy.stats.ttest_1samp(slopes * way, 5, alternative="less").pvalue
    assert found.p_equivalent(5) == pytest.approx(max(lower, upper))
    assert (found.seeds, found.left_out, found.schemes) == (12, 0, 5)


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


def test_seeds_that_lack_a_scheme_or_differ_in_nothing_are_left_out_and_counted(rng):
    guesses, accuracy = frames(rng, seeds=6, slope=-0.05)
    accuracy.loc[0, "b"] = np.nan
    guesses.loc[1] = 100.0
    found = within_seeds(guesses, accuracy)
    assert (found.seeds, found.left_out) == (4, 2)
    assert math.isfinite(found.change)


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
