"""The simulated power of a difference is the power that statsmodels computes."""

import numpy as np
import pytest
from statsmodels.stats.power import TTestPower

from biasinit.statistics.accuracy.planning import decision_power


@pytest.mark.parametrize("comparisons", [1, 8])
def test_the_power_of_a_difference_is_that_of_the_one_sample_t(comparisons):
    """40,000 studies: a standard error of at most 0.25 %."""
    seeds = [6, 10, 20, 40]
    found = decision_power(
        seeds,
        effect=0.3,
        deviation=0.5,
        margin=float("nan"),
        comparisons=comparisons,
        alpha=0.05,
        draws=40_000,
        rng=np.random.default_rng(3),
    )
    power = [TTestPower().power(0.6, number, 0.05 / comparisons) for number in seeds]
    assert found == pytest.approx(power, abs=0.01)
