"""Random effects: closed forms, R's metafor, and coverage in simulation."""

import math

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from hypothesis import example, given
from hypothesis import strategies as st
from r_results import REFERENCE

from biasinit.statistics.synthesis.moderators import meta_slope
from biasinit.statistics.synthesis.random_effects import one_setting, random_effects


def test_equal_errors_give_the_plain_mean_and_its_t_interval():
    """With equal errors s the Paule-Mandel variance is that of the effects less s², Hartung and
    Knapp's interval the t interval of the plain mean."""
    effects = np.array([0.3, -0.5, 1.2, 0.1, 0.9, -1.4])
    errors = np.full(6, 0.2)
    found = random_effects(effects, errors)
    assert found.mean == pytest.approx(effects.mean())
    assert found.between**2 == pytest.approx(effects.var(ddof=1) - 0.04, abs=1e-9)
    half = scipy.stats.t.ppf(0.975, 5) * effects.std(ddof=1) / math.sqrt(6)
    assert found.interval() == pytest.approx((effects.mean() - half, effects.mean() + half))


def test_with_equal_errors_that_are_small_a_new_condition_is_students_t():
    """Then the confidence distribution of τ² is that of S² (k − 1) / χ², and the rest is known."""
    effects = np.array([0.3, -0.5, 1.2, 0.1, 0.9, -1.4])
    found = random_effects(effects, np.full(6, 1e-4))
    half = scipy.stats.t.ppf(0.975, 5) * effects.std(ddof=1) * math.sqrt(1 + 1 / 6)
    assert found.prediction() == pytest.approx(
        (effects.mean() - half, effects.mean() + half), rel=0.01
    )


def test_a_measured_effect_has_a_wider_interval_than_a_true_one():
    found = random_effects(np.array([0.3, -0.5, 1.2, 0.1]), np.full(4, 0.2))
    assert found.prediction(error=0.0) == found.prediction()
    narrow, wide = found.prediction(), found.prediction(error=2.0)
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_effects_that_agree_too_well_do_not_shrink_the_error():
    found = random_effects(np.array([0.10, 0.11, 0.09, 0.10]), np.full(4, 0.5))
    assert found.between == 0
    assert found.standard_error == pytest.approx(0.25)


def test_chances_are_those_of_the_predictive_distribution():
    found = random_effects(np.array([0.5, 1.5, -0.5, 2.5]), np.array([0.3, 0.4, 0.2, 0.5]))
    lower, upper = found.prediction()
    assert lower < 0 < upper
    assert found.chances(-lower)[0] == pytest.approx(0.025)
    assert found.chances(upper)[2] == pytest.approx(0.025)
    assert sum(found.chances(1.0)) == pytest.approx(1)


@pytest.mark.parametrize("count", [1, 2])
def test_too_few_conditions_have_no_interval(count):
    found = random_effects(np.arange(count, dtype=float), np.ones(count))
    assert all(map(math.isnan, (*found.interval(), *found.prediction(), *found.chances(1.0))))
    assert math.isnan(found.p())


@pytest.mark.parametrize(
    ("effects", "errors"), [([], []), ([1.0], [0.0]), ([math.nan], [1.0]), ([1.0], [math.inf])]
)
def test_effects_without_an_error_are_refused(effects, errors):
    with pytest.raises(ValueError, match="errors above 0"):
        random_effects(np.array(effects), np.array(errors))


@given(
    effects=st.lists(st.floats(-5, 5), min_size=3, max_size=12),
    seed=st.integers(0, 99),
    shift=st.floats(-3, 3),
    scale=st.floats(0.1, 10),
)
@example(effects=[0.0, 0.0, 3e-158], seed=0, shift=0.0, scale=1.0)  # squares that underflow
def test_another_unit_or_origin_changes_nothing_else(effects, seed, shift, scale):
    errors = np.random.default_rng(seed).uniform(0.1, 1, len(effects))
    first = random_effects(np.array(effects), errors)
    second = random_effects(np.array(effects) * scale + shift, errors * scale)
    assert second.mean == pytest.approx(first.mean * scale + shift, abs=1e-6 * scale)
    assert second.between == pytest.approx(first.between * scale, rel=1e-3, abs=1e-3 * scale)
    assert second.standard_error == pytest.approx(first.standard_error * scale, rel=1e-3)
    assert second.prediction() == pytest.approx(
        tuple(end * scale + shift for end in first.prediction()), abs=1e-3 * scale
    )


@pytest.mark.slow
@pytest.mark.parametrize("between", [0.0, 0.15, 0.3, 1.0, 3.0])
@pytest.mark.parametrize("conditions", [6, 8, 12])
def test_the_prediction_interval_covers_a_new_condition(conditions, between):
    """With errors that are estimated from ten seeds, and differ by a factor of four.

    Without any spread between conditions it covers too much, as the spread cannot be known to be
    none.
    """
    rng = np.random.default_rng(conditions)
    hits = np.array([_covers(rng, conditions, between) for _ in range(3000)])
    prediction, mean = hits.mean(axis=0)
    assert 0.93 < prediction < (0.98 if between else 1)
    assert 0.93 < mean < (0.97 if between >= 0.3 else 0.99)


def _covers(rng, conditions, between, seeds=10):
    true_errors = rng.uniform(0.15, 0.6, conditions)
    effects = rng.normal(0.5, between, conditions) + rng.normal(0, true_errors)
    errors = true_errors * np.sqrt(rng.chisquare(seeds - 1, conditions) / (seeds - 1))
    found = random_effects(effects, errors)
    lower, upper = found.prediction()
    inner, outer = found.interval()
    return lower <= rng.normal(0.5, between) <= upper, inner <= 0.5 <= outer


def test_studies_of_one_setting_are_weighted_by_their_precision():
    estimate, error, df = one_setting(
        np.array([1.0, 3.0]), np.array([0.5, 1.0]), np.array([9.0, 19.0])
    )
    assert estimate == pytest.approx((4 * 1 + 1 * 3) / 5)
    assert error == pytest.approx(1 / math.sqrt(5))
    assert df == pytest.approx(1 / (0.8**2 / 9 + 0.2**2 / 19))
    alone = one_setting(np.array([1.0]), np.array([0.5]), np.array([9.0]))
    assert alone == pytest.approx((1.0, 0.5, 9.0))


def test_a_slope_with_equal_errors_is_least_squares():
    covariate = np.array([1.0, 2, 3, 4, 5, 6])
    effects = np.array([0.1, 1.3, 0.9, 2.6, 1.8, 3.9])
    slope, error, df = meta_slope(effects, np.full(6, 0.1), covariate)
    plain = scipy.stats.linregress(covariate, effects)
    assert (slope, error, df) == (pytest.approx(plain.slope), pytest.approx(plain.stderr), 4)


@pytest.mark.slow
def test_a_slope_covers_what_it_estimates():
    rng = np.random.default_rng(5)
    covariate = np.log2([4.0, 8, 16, 32, 5, 6, 13, 8])
    hits = 0
    for _ in range(2000):
        errors = rng.uniform(0.15, 0.6, len(covariate))
        effects = 0.4 * covariate + rng.normal(0, np.hypot(0.7, errors))
        slope, error, df = meta_slope(effects, errors, covariate)
        hits += abs(slope - 0.4) <= scipy.stats.t.ppf(0.975, df) * error
    assert 0.93 < hits / 2000 < 0.97


CONDITIONS = pd.read_csv(REFERENCE / "r_conditions.csv")
METAFOR = pd.read_csv(REFERENCE / "r_random_effects.csv").set_index("set")


@pytest.mark.parametrize("number", METAFOR.index)
def test_metafor_finds_the_same(number):
    """R 4.2.2, metafor 3.8: rma(method = "PM", test = "adhoc"), with and without a covariate."""
    part, expected = CONDITIONS[CONDITIONS["set"] == number], METAFOR.loc[number]
    effects, errors = part["effect"].to_numpy(), part["error"].to_numpy()
    found = random_effects(effects, errors)
    assert found.between**2 == pytest.approx(expected["tau2"], rel=1e-4, abs=1e-6)
    assert found.mean == pytest.approx(expected["mean"], rel=1e-5, abs=1e-7)
    assert found.standard_error == pytest.approx(expected["se"], rel=1e-5)
    assert found.interval() == pytest.approx((expected["lower"], expected["upper"]), rel=1e-5)
    assert found.p() == pytest.approx(expected["p"], rel=1e-4)
    slope, error, df = meta_slope(effects, errors, part["covariate"].to_numpy())
    assert slope == pytest.approx(expected["slope"], rel=1e-4)
    assert error == pytest.approx(expected["slope_se"], rel=1e-4)
    assert df == len(part) - 2
