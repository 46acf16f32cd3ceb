"""Tests of one number per seed, alone and in a family, with few seeds and with gaps."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from biasinit.statistics.inference.sign_flips import FlipPlan
from biasinit.statistics.paired.seed_tests import family_table, one_sample

PLAN = FlipPlan(alpha=0.05, resamples=500, analysis_seed=1)


def table_of(differences, *, any_failed=False, fewest=None):
    return family_table(
        differences,
        PLAN,
        any_failed=any_failed,
        name="test",
        fewest=None if fewest is None else np.array(fewest),
    )


def test_each_column_is_the_one_sample_t_of_scipy(rng):
    values = rng.normal([0.5, 0.0, -3.0], [1.0, 0.1, 5.0], size=(14, 3))
    values[:5, 1] = np.nan
    found = one_sample(values)
    for column in range(3):
        sample = values[np.isfinite(values[:, column]), column]
        test = scipy.stats.ttest_1samp(sample, 0.0)
        interval = test.confidence_interval(0.95)
        row = found.iloc[column]
        assert (row["t"], row["p"]) == pytest.approx((test.statistic, test.pvalue))
        assert (row["lower"], row["upper"]) == pytest.approx((interval.low, interval.high))
        assert row["seeds"] == len(sample)


def test_the_degrees_of_freedom_are_those_of_the_part_that_is_known_least(rng):
    values = rng.normal(size=(20, 1))
    plain, careful = one_sample(values), one_sample(values, fewest=np.array([5]))
    assert (plain["df"].item(), careful["df"].item()) == (19, 4)
    assert careful["seeds"].item() == 5
    assert careful["estimate"].item() == plain["estimate"].item()
    ratio = (careful["upper"] - careful["lower"]) / (plain["upper"] - plain["lower"])
    assert ratio.item() == pytest.approx(scipy.stats.t.isf(0.025, 4) / scipy.stats.t.isf(0.025, 19))


@pytest.mark.parametrize("few", [2, 3, 5])
@pytest.mark.parametrize("any_failed", [False, True])
def test_few_seeds_beside_contrasts_of_twenty_can_never_reject(rng, few, any_failed):
    """The flips of the family are many; those of the contrast are 2, 4 or 16."""
    values = rng.normal(size=(20, 4))
    values[few:, 0] = np.nan
    values[:few, 0] = 50.0 + rng.normal(0, 1e-3, few)  # t of tens of thousands
    values[:, 1] += 5.0
    found = table_of(values, any_failed=any_failed)
    assert found["p_adjusted"][0] >= 2.0 ** (1 - few) > 0.05
    assert np.isinf(found["critical"][0])
    assert np.isinf(found.loc[0, ["simultaneous_lower", "simultaneous_upper"]].astype(float)).all()
    assert found["p_adjusted"][1] <= 0.05


def test_few_pairs_of_one_cell_bind_a_mean_over_cells_too(rng):
    values = 10 + rng.normal(size=(20, 1))
    assert table_of(values)["p_adjusted"].item() < 0.05
    careful = table_of(values, fewest=[5])
    assert careful["p_adjusted"].item() == 2.0**-4
    assert np.isinf(careful["critical"].item())


def test_six_seeds_are_the_fewest_that_can_reject(rng):
    values = 10 + rng.normal(size=(6, 1))
    assert table_of(values)["p_adjusted"].item() == 2.0**-5


@settings(max_examples=60)
@given(
    seed=st.integers(0, 10_000),
    units=st.integers(2, 22),
    contrasts=st.integers(1, 4),
    effect=st.floats(0, 3),
    gaps=st.floats(0, 0.6),
    any_failed=st.booleans(),
    skewed=st.booleans(),
)
def test_the_family_never_says_more_than_the_contrast_alone(
    seed, units, contrasts, effect, gaps, any_failed, skewed
):
    """Its interval is as wide or wider, and it rejects exactly where its interval excludes 0."""
    rng = np.random.default_rng(seed)
    values = rng.exponential(size=(units, contrasts)) if skewed else (
        rng.normal(size=(units, contrasts))
    )  # fmt: skip
    values[:, 0] += effect
    values[rng.uniform(size=values.shape) < gaps] = np.nan
    fewest = np.minimum(np.isfinite(values).sum(axis=0), rng.integers(1, units + 1, contrasts))
    found = table_of(values, any_failed=any_failed, fewest=fewest)
    known = found[found["p"].notna()]
    assert (known["simultaneous_lower"] <= known["lower"]).all()
    assert (known["simultaneous_upper"] >= known["upper"]).all()
    assert (known["p_adjusted"] >= known["p"]).all()
    excluded = (known["simultaneous_lower"] > 0) | (known["simultaneous_upper"] < 0)
    assert (excluded == (known["p_adjusted"] <= 0.05)).all()
    unknown = found[found["p"].isna()]
    assert unknown[["p_adjusted", "simultaneous_lower", "critical"]].isna().all(axis=None)
