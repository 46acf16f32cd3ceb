"""Two one-sided tests of paired differences are those of statsmodels."""

import numpy as np
import pytest
from differences import contrasts_of
from statsmodels.stats.weightstats import ttost_paired

from biasinit.statistics.inference.equivalence import two_one_sided_p
from biasinit.statistics.inference.sign_flips import FlipPlan
from biasinit.statistics.paired.contrast_tests import Margins, contrast_tests


@pytest.mark.parametrize("shift", [0.0, 0.3, -0.45, 0.8])
def test_paired_differences_give_the_tests_of_ttost_paired(shift):
    rng = np.random.default_rng(7)
    reference = rng.normal(98, 0.6, 15)
    scheme = reference + shift + rng.normal(0, 0.5, 15)
    gap = scheme - reference
    found = two_one_sided_p(gap.mean(), gap.std(ddof=1) / np.sqrt(15), 14, -0.5, 0.5)
    assert found == pytest.approx(ttost_paired(scheme, reference, -0.5, 0.5)[0])


def test_the_smallest_margin_is_where_ttost_paired_just_rejects():
    rng = np.random.default_rng(8)
    reference = rng.normal(98, 0.6, 10)
    scheme = reference + rng.normal(0.1, 0.5, 10)
    plan = FlipPlan(alpha=0.05, resamples=100, analysis_seed=1)
    differences = contrasts_of((scheme - reference)[None, :])
    margins = Margins.around_zero(np.array([0.5]))
    margin = contrast_tests(differences, plan, margins, name="x")["smallest_margin"].item()
    assert ttost_paired(scheme, reference, -margin, margin)[0] == pytest.approx(0.05)


@pytest.mark.parametrize("shift", [0.0, -0.4])
def test_the_tests_that_decide_are_those_of_ttost_paired_too(shift):
    """In a table of contrasts, with a margin that is not symmetric."""
    rng = np.random.default_rng(9)
    reference = rng.normal(98, 0.6, 12)
    scheme = reference + shift + rng.normal(0, 0.5, 12)
    margins = Margins(lower=np.array([-0.6]), upper=np.array([0.4]))
    plan = FlipPlan(alpha=0.05, resamples=100, analysis_seed=1)
    differences = contrasts_of((scheme - reference)[None, :])
    found = contrast_tests(differences, plan, margins, name="accuracy")
    expected = ttost_paired(scheme, reference, -0.6, 0.4)[0]
    assert found["p_equivalence"].item() == pytest.approx(expected)
