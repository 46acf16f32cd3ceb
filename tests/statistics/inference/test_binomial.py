"""The exact interval of a share."""

import pytest

from biasinit.statistics.inference.binomial import clopper_pearson


def test_no_failure_in_thirty_runs_leaves_a_risk_of_up_to_twelve_percent():
    """binom.test(0, 30) in R: 0 to 0.1157."""
    assert clopper_pearson(0, 30) == (0.0, pytest.approx(0.1157, abs=5e-5))


def test_share_without_runs_is_anything():
    assert clopper_pearson(0, 0) == (0.0, 1.0)
