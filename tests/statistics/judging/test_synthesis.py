"""One contrast over several studies: closed forms, R's answer, coverage."""

import numpy as np
import pytest
import scipy.stats

from biasinit.errors import NotEstimableError
from biasinit.statistics.judging.synthesis import combined_effect


def test_studies_of_equal_error_that_scatter_more_give_the_t_interval_of_their_means():
    effects = np.array([-0.9, -0.1, 0.4, 0.8, -0.5])
    found = combined_effect(effects, np.full(5, 0.1))
    expected = scipy.stats.ttest_1samp(effects, 0).confidence_interval()
    assert (found.lower, found.upper) == pytest.approx((expected.low, expected.high))
    assert found.df == 4
    assert found.between_sd == pytest.approx(np.sqrt(effects.var(ddof=1) - 0.01), rel=1e-3)
    assert found.homogeneity_p < 1e-6


def test_studies_that_agree_by_chance_keep_the_error_of_their_variances():
    found = combined_effect(np.array([-0.30, -0.31, -0.29]), np.array([0.1, 0.2, 0.15]))
    assert found.between_sd == 0
    assert found.standard_error == pytest.approx(
        (1 / np.array([0.1, 0.2, 0.15]) ** 2).sum() ** -0.5
    )


def test_the_variance_between_studies_solves_the_equation_of_paule_and_mandel():
    effects, errors = np.array([-0.4, -0.1, -0.9]), np.array([0.1, 0.2, 0.15])
    found = combined_effect(effects, errors)
    weights = 1 / (errors**2 + found.between_sd**2)
    mean = (weights * effects).sum() / weights.sum()
    assert found.estimate == pytest.approx(mean)
    assert (weights * (effects - mean) ** 2).sum() == pytest.approx(2, rel=1e-3)


@pytest.mark.parametrize("between", [0.0, 0.5])
def test_intervals_over_five_studies_cover_the_mean_effect(between):
    """1,500 sets of studies; the interval of equal effects is wider than needed, never narrower."""
    rng = np.random.default_rng(2)
    covered = 0
    for _ in range(1_500):
        errors = rng.uniform(0.1, 0.4, 5)
        effects = 0.3 + between * rng.normal(size=5) + errors * rng.normal(size=5)
        found = combined_effect(effects, errors)
        covered += found.lower <= 0.3 <= found.upper
    assert covered / 1_500 == pytest.approx(0.97 if between == 0 else 0.95, abs=0.03)
    assert covered / 1_500 > 0.935


@pytest.mark.parametrize(
    ("effects", "errors"), [([0.1], [0.2]), ([0.1, np.nan], [0.2, 0.2]), ([0.1, 0.2], [0.2, 0.0])]
)
def test_what_cannot_be_combined_is_said(effects, errors):
    with pytest.raises(NotEstimableError, match="two studies or more"):
        combined_effect(np.array(effects), np.array(errors))
