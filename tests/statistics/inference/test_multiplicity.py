"""Adjusted p-values: by hand, against statsmodels, and where some are missing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from statsmodels.stats.multitest import multipletests

from biasinit.statistics.inference.multiplicity import (
    benjamini_hochberg,
    benjamini_yekutieli,
    holm,
)

NAN = float("nan")
METHODS = {holm: "holm", benjamini_hochberg: "fdr_bh", benjamini_yekutieli: "fdr_by"}


@pytest.mark.parametrize(
    ("adjust", "expected"),
    [
        # p.adjust(c(.01, .02, .03, .5), method) in R
        (holm, [0.04, 0.06, 0.06, 0.5]),
        (benjamini_hochberg, [0.04, 0.04, 0.04, 0.5]),
        (benjamini_yekutieli, [1 / 12, 1 / 12, 1 / 12, 1.0]),
    ],
)
def test_four_p_values_are_adjusted_as_in_r_and_a_missing_one_does_not_count(adjust, expected):
    found = adjust(np.array([0.01, NAN, 0.02, 0.03, 0.5]))
    assert found == pytest.approx([expected[0], NAN, *expected[1:]], nan_ok=True)


@pytest.mark.parametrize("adjust", METHODS)
@settings(max_examples=25)  # statsmodels collects garbage in every call, 34 ms each
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_statsmodels_says_the_same(adjust, p_values):
    """Ties and zeros too; Holm is our own for its time."""
    theirs = multipletests(p_values, method=METHODS[adjust])[1]
    assert adjust(np.array(p_values)) == pytest.approx(theirs, rel=1e-12)


@pytest.mark.parametrize("adjust", METHODS)
def test_without_p_values_there_is_nothing_to_adjust(adjust):
    assert np.isnan(adjust(np.array([NAN, NAN]))).all()
    assert len(adjust(np.array([]))) == 0


def test_the_false_discoveries_of_dependent_null_contrasts_stay_at_their_level():
    """Ten contrasts of one reference, all null: a discovery in at most 5 % of 4,000 families."""
    rng = np.random.default_rng(1)
    shared, own = rng.normal(size=(4_000, 1)), rng.normal(size=(4_000, 10))
    p_values = 2 * norm.sf(np.abs(shared + own) / np.sqrt(2))
    found = np.mean([(benjamini_yekutieli(row) <= 0.05).any() for row in p_values])
    assert found <= 0.05
