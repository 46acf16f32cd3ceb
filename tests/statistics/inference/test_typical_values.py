"""Intervals from sign flips: exact, in agreement with the test, and right where runs fail."""

import itertools

import numpy as np
import pytest
from biasinit.statistics.inference.typical_values import typical_interval
from hypothesis import assume, given
from hypothesis import strategies as st

from biasinit.statistics.inference.binomial import clopper_pearson
from biasinit.statistics.inference.sign_flips import FlipMethod, flip_family

values = st.lists(
    st.floats(-100, 100, allow_nan=False).map(lambda x: round(x, 3)), min_size=6, max_size=9
)


def interval(first, second=None, *, key=0, **options):
    options = {"resamples": 2_000, **options}
    return typical_interval(np.array(first), second, rng=np.random.default_rng(key), **options)


def test_the_ends_are_order_statistics_of_the_subset_means():
    sample = np.array([0.4, 1.9, -0.3, 2.5, 0.8, 1.1, 3.0])
    means = sorted(
        np.mean(subset) for size in range(1, 8) for subset in itertools.combinations(sample, size)
    )
    # 2.5 % of 128 pieces are 3.2: three pieces lie below the lower end
    found = interval(sample)
    assert found.lower == pytest.approx(means[2])
    assert found.upper == pytest.approx(means[-3])


@given(values, st.floats(-50, 50).map(lambda x: round(x, 2)))
def test_the_interval_excludes_the_null_value_exactly_when_p_is_small(sample, null):
    found = interval(sample, null=null)
    tie = 1e-9 * (1 + max(map(abs, sample)))
    assume(abs(found.lower - null) > tie and abs(found.upper - null) > tie)
    assert (found.p <= 0.05) == (not found.lower <= null <= found.upper)


@given(values)
def test_its_p_value_is_that_of_the_sign_flip_test(sample):
    assume(np.ptp(sample) >= 1e-3 and abs(np.mean(sample)) >= 1e-3)
    family = flip_family(
        np.array(sample)[:, None],
        method=FlipMethod.LARGEST_T,
        alpha=0.05,
        resamples=1_000,
        rng=np.random.default_rng(0),
    )
    assert interval(sample).p == pytest.approx(family.single[0])


@given(values, st.floats(-5, 5), st.floats(0.1, 10))
def test_it_moves_and_scales_with_the_values(sample, shift, factor):
    one = interval(sample)
    other = interval(shift + factor * np.array(sample))
    assert other.lower == pytest.approx(shift + factor * one.lower, abs=1e-8)
    assert other.upper == pytest.approx(shift + factor * one.upper, abs=1e-8)


def test_a_ratio_of_equal_sums_is_one_and_it_inverts():
    rng = np.random.default_rng(3)
    first, second = rng.uniform(4, 6, 20), rng.uniform(4, 6, 20)
    there = interval(first, second, null=1.0)
    back = interval(second, first, null=1.0)
    assert there.lower < 1 < there.upper
    assert back.lower == pytest.approx(1 / there.upper)
    assert back.upper == pytest.approx(1 / there.lower)
    assert back.p == there.p


def test_few_units_give_no_interval_rather_than_a_wrong_one():
    found = interval([0.1, 0.2, 0.3, 0.4, 0.5])
    assert (found.lower, found.upper) == (-np.inf, np.inf)
    assert found.p == pytest.approx(2 / 32)


@pytest.mark.parametrize("failing", [0.0, 0.05])
def test_its_coverage_is_95_percent_with_outliers_where_the_t_interval_covers_more(failing):
    rng = np.random.default_rng(11)
    covered, tables = 0, 1_500
    for key in range(tables):
        sample = rng.normal(size=20)
        sample += 10 * (rng.uniform(size=20) < failing) - 10 * (rng.uniform(size=20) < failing)
        found = interval(sample, key=key, resamples=1_000)
        covered += found.lower <= 0 <= found.upper
    lower, upper = clopper_pearson(covered, tables)
    assert lower <= 0.95 <= upper
