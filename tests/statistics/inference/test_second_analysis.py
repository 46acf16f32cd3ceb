"""What stands beside a decision: adjusted p-values, and where the two disagree."""

import numpy as np
import pytest

from biasinit.statistics.inference.second_analysis import adjusted_beside, fragile

NAN = float("nan")


def test_the_family_is_adjusted_by_holm_and_the_others_by_benjamini_hochberg():
    found = adjusted_beside(
        np.array([0.01, 0.04, 0.03, 0.02, NAN]), np.array([True, True, False, False, False])
    )
    assert found == pytest.approx([0.02, 0.04, 0.03, 0.03, NAN], nan_ok=True)


@pytest.mark.parametrize(
    ("first", "second", "opposite", "expected"),
    [
        (0.01, 0.02, False, False),
        (0.01, 0.02, True, True),
        (0.01, 0.20, False, True),
        (0.20, 0.01, False, True),
        (0.20, 0.30, True, False),
        (0.05, 0.05, False, False),
        (NAN, 0.01, False, False),
        (0.01, NAN, True, False),
    ],
)
def test_two_analyses_disagree_in_decision_or_in_the_sign_of_what_both_found(
    first, second, opposite, expected
):
    found = fragile(np.array([first]), np.array([second]), np.array([opposite]), alpha=0.05)
    assert found.tolist() == [expected]
