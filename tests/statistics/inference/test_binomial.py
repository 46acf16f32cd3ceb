"""The exact interval of a share."""

import pytest

from biasinit.statistics.inference.binomial import clopper_pearson


def test_no_failure_in_thirty_runs_leaves_a_risk_of_up_to_twelve_percent():
    """binom.test(0, 30) in R: 0 to 0.1157."""
    assert clopper_pearson(0, 30) == (0.0, pytest.approx(0.1157, abs=5e-5))


@pytest.mark.parametrize(
    ("successes", "expected"),
    # binom.test(x, 20) in R
    [(1, (0.001265089, 0.2487328)), (19, (0.7512672, 0.9987349)), (20, (0.8315665, 1.0))],
)
def test_intervals_of_twenty_runs_are_those_of_r(successes, expected):
    assert clopper_pearson(successes, 20) == pytest.approx(expected, rel=1e-6)


def test_share_without_runs_is_anything():
    assert clopper_pearson(0, 0) == (0.0, 1.0)
