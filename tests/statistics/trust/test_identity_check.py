"""When the identity check fails: a mean beyond the margin that is more than noise."""

import numpy as np
import pandas as pd
import pytest

from biasinit.statistics.trust.controls import check_controls, fails_identity

PLAN = {"reference": "zeros", "schemes": ["zeros", "one"], "replicate": None, "alpha": 0.05}
PLAN |= {"margins": {"digits": 0.5}, "resamples": 1_000, "analysis_seed": 1}


@pytest.mark.parametrize(
    ("gaps", "fails"),
    [
        ([3.5, 3.7, 3.6], True),
        ([-3.6], True),
        ([2.0, 2.0], True),
        ([0.0] * 20, False),
        ([0.4, 0.4, 0.4], False),  # within the margin
        ([3.0, -2.0, 1.5], False),  # of either sign
        ([0.503, -0.503, 0.0, 0.168], False),  # as measured in docs/measured/digits
    ],
)
def test_it_fails_where_the_mean_lies_beyond_the_margin_and_is_no_noise(gaps, fails):
    assert fails_identity(np.array(gaps), 0.5) is fails


def test_without_a_margin_nothing_fails():
    assert not fails_identity(np.array([3.5, 3.7]), float("nan"))


def test_chaos_of_training_hardly_ever_fails_it():
    """Null: differences of either sign, as rounding makes them, with an SD of a margin."""
    rng = np.random.default_rng(5)
    failed = [fails_identity(rng.normal(0, 0.5, size=seeds), 0.5) for seeds in [3, 6, 20] * 300]
    assert np.mean(failed) < 0.05


def test_the_table_says_which_scheme_fails_and_by_how_much():
    rows = [
        {"scheme": scheme, "seed": seed, "final_accuracy": 97 + 0.1 * seed + effect}
        for scheme, effect in (("zeros", 0.0), ("one", -3.0))
        for seed in range(4)
    ]
    runs = pd.concat(
        [pd.DataFrame(rows).assign(normalization=level) for level in ("none", "batchnorm")]
    )
    (row,) = check_controls(runs, None, **PLAN).identity.to_dict("records")
    assert (row["scheme"], row["fails"], row["seeds"]) == ("one", True, 4)
    assert row["mean_accuracy_difference"] == pytest.approx(-3.0)
    assert row["margin"] == 0.5
