"""Where an effect lies: against closed forms, and calibrated over repeated studies."""

import numpy as np
import pytest
import scipy.stats

from biasinit.statistics.inference.margin_probabilities import margin_probabilities


@pytest.mark.parametrize(
    ("df", "distribution"),
    [
        (1, lambda x: 0.5 + np.arctan(x) / np.pi),
        (2, lambda x: 0.5 + x / (2 * np.sqrt(2 + x**2))),
    ],
)
def test_with_one_and_two_degrees_of_freedom_they_are_those_of_the_closed_forms(df, distribution):
    estimate, error = np.array([-0.7, 0.0, 0.3]), 0.2
    found = margin_probabilities(estimate, error, df, -0.4, 0.5)
    low, high = distribution((-0.4 - estimate) / error), distribution((0.5 - estimate) / error)
    np.testing.assert_allclose(found.below, low)
    np.testing.assert_allclose(found.inside, high - low)
    np.testing.assert_allclose(found.above, 1 - high)


def test_far_from_the_margin_no_probability_is_negative_or_lost():
    found = margin_probabilities(np.array([-60.0, 60.0]), 1.0, 30, -0.5, 0.5)
    assert (np.stack(found) >= 0).all()
    assert found.inside[0] == pytest.approx(found.inside[1], rel=1e-9)
    assert 0 < found.inside[0] < found.below[1] * 2
    np.testing.assert_allclose(sum(found), 1)


@pytest.mark.parametrize(
    "unknown",
    [
        {"standard_error": np.nan},
        {"standard_error": 0.0},
        {"df": np.nan},
        {"df": 0.0},
        {"margin_upper": np.nan},
        {"estimate": np.nan},
    ],
)
def test_what_is_not_estimated_or_has_no_margin_has_no_probabilities(unknown):
    known = {
        "estimate": 0.1, "standard_error": 0.2, "df": 19.0, "margin_lower": -0.5,
        "margin_upper": 0.5,
    }  # fmt: skip
    assert np.isfinite(margin_probabilities(**known)).all()
    assert np.isnan(margin_probabilities(**(known | unknown))).all()


@pytest.mark.parametrize("truth", [-0.5, 0.5])
def test_a_true_effect_at_the_margin_gives_each_probability_equally_often(rng, truth):
    """So "probably above" is said in as many studies as it promises, of 8 seeds each."""
    values = truth + rng.normal(size=(8, 4_000))
    error = values.std(axis=0, ddof=1) / np.sqrt(8)
    found = margin_probabilities(values.mean(axis=0), error, 7, -0.5, 0.5)
    beyond = found.above if truth > 0 else found.below
    assert scipy.stats.kstest(beyond, "uniform").pvalue > 0.001
