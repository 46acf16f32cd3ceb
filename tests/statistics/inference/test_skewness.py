"""Hall's transformed t: what it is without skewness, and what it repairs with it."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import assume, given
from hypothesis import strategies as st

from biasinit.statistics.inference.binomial import clopper_pearson
from biasinit.statistics.inference.skewness import hall_statistic, skewness

values = st.lists(st.integers(-1000, 1000), min_size=3, max_size=25).map(
    lambda found: np.array(found, dtype=float) / 8
)


def hall(sample, null=0.0):
    return hall_statistic(np.asarray(sample, dtype=float)[:, None], np.array([null])).item()


@given(values)
def test_the_skewness_is_the_third_standardised_moment(sample):
    assume(np.ptp(sample) > 0.1)
    assert skewness(sample[:, None]).item() == pytest.approx(scipy.stats.skew(sample), abs=1e-9)


@given(values, st.floats(-100, 100))
def test_without_skewness_it_is_students_t(half, null):
    sample = np.concatenate([5 + half, 5 - half])
    assume(np.ptp(sample) > 0.1)
    expected = scipy.stats.ttest_1samp(sample, null).statistic
    assert hall(sample, null) == pytest.approx(expected, rel=1e-6, abs=1e-6)


@given(values, st.floats(-200, 200), st.floats(0.01, 200))
def test_it_falls_as_the_hypothesis_rises(sample, null, step):
    assume(np.ptp(sample) > 0.1)
    assert hall(sample, null) >= hall(sample, null + step) - 1e-9


@given(values, st.floats(-50, 50), st.floats(0.1, 10))
def test_it_has_no_unit_and_turns_with_the_sign(sample, null, factor):
    assume(np.ptp(sample) > 0.1)
    found = hall(sample, null)
    assert hall(factor * sample, factor * null) == pytest.approx(found, rel=1e-6, abs=1e-6)
    assert hall(-sample, -null) == pytest.approx(-found, rel=1e-6, abs=1e-6)


def test_an_example_by_hand():
    """0, 0, 0, 4: mean 1, SD 2, third moment 6 over 3 ** 1.5, of which four show 1 in 3.5."""
    sample, seen = [0.0, 0.0, 0.0, 4.0], 6 / 3**1.5
    w, skew = 0.5, 3.5 * seen
    expected = 2 * (w + skew * w**2 / 3 + skew**2 * w**3 / 27 + skew / 24)
    assert skewness(np.array(sample)[:, None]).item() == pytest.approx(seen)
    assert hall(sample) == pytest.approx(expected)


def test_units_that_do_not_enter_change_nothing(rng):
    sample = rng.exponential(size=12)
    with_gaps = np.concatenate([[np.nan], sample, [np.nan]])
    assert hall(with_gaps, 0.7) == pytest.approx(hall(sample, 0.7))


@pytest.mark.parametrize("sample", [[1.0], [2.0, 2.0, 2.0]], ids=["one", "constant"])
def test_without_variation_there_is_none(sample):
    assert not np.isfinite(hall(sample))


def error_rates(draw, seeds, samples):
    """Shares of samples of mean 0 that each test rejects at 5 %, two-sided."""
    table = draw((seeds, samples))
    limit = scipy.stats.t.isf(0.025, seeds - 1)
    t = scipy.stats.ttest_1samp(table, 0.0).statistic
    return [
        int((np.abs(found) > limit).sum())
        for found in (t, hall_statistic(table, np.zeros(samples)))
    ]


def test_it_keeps_its_level_at_an_exponential_where_students_t_does_not():
    """20 seeds with a skewness of 2 and a mean of exactly 0."""
    rng = np.random.default_rng(20)
    by_t, by_hall = error_rates(lambda size: rng.exponential(size=size) - 1, 20, 4_000)
    assert clopper_pearson(by_t, 4_000)[0] > 0.065
    low, high = clopper_pearson(by_hall, 4_000)
    assert low <= 0.06
    assert high >= 0.045
    assert by_hall < 0.8 * by_t


def test_it_costs_nothing_where_values_are_normal():
    rng = np.random.default_rng(21)
    _, by_hall = error_rates(lambda size: rng.normal(size=size), 20, 4_000)
    low, high = clopper_pearson(by_hall, 4_000)
    assert low <= 0.055
    assert high >= 0.045


@pytest.mark.parametrize("seeds", [8, 20, 40])
def test_it_doubts_what_skewness_alone_makes_significant(seeds):
    """Rejections of a skewed mean of 0 that both tests share; without doubt there are 6 to 11 %."""
    values = np.random.default_rng(22).exponential(size=(seeds, 20_000)) - 1
    limit = scipy.stats.t.isf(0.025, seeds - 1)
    t = scipy.stats.ttest_1samp(values, 0.0).statistic
    both = (np.abs(t) > limit) & (np.abs(hall_statistic(values, np.zeros(20_000))) > limit)
    assert both.mean() < 0.045
