"""The levels at which Holm's procedure decides."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from biasinit.statistics.inference.multiplicity import holm, holm_levels

p_values = st.lists(st.one_of(st.floats(0, 1), st.floats(0, 0.06)), min_size=1, max_size=12).map(
    np.array
)


@given(p_values, st.sampled_from([0.01, 0.05, 0.2]))
def test_a_p_value_is_below_its_level_exactly_where_holm_rejects(p, alpha):
    adjusted = holm(p)
    assume((np.abs(adjusted - alpha) > 1e-12).all())
    levels = holm_levels(p, alpha)
    assert ((p < levels) == (adjusted < alpha)).all()
    assert ((alpha / len(p) - 1e-15 <= levels) & (levels <= alpha)).all()


@given(p_values)
def test_all_that_are_not_rejected_have_the_level_of_the_step_that_stopped(p):
    levels = holm_levels(p, 0.05)
    rejected = holm(p) < 0.05
    left = levels[~rejected]
    if len(left):
        assert left == pytest.approx(0.05 / (~rejected).sum())


def test_levels_step_up_as_hypotheses_are_rejected():
    found = holm_levels(np.array([0.001, 0.6, 0.01, np.nan, 0.3]), 0.05)
    assert found == pytest.approx([0.0125, 0.025, 0.05 / 3, np.nan, 0.025], nan_ok=True)


def test_without_p_values_there_are_no_levels():
    assert np.isnan(holm_levels(np.array([np.nan]), 0.05)).all()
    assert len(holm_levels(np.array([]), 0.05)) == 0
