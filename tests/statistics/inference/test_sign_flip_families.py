"""The sign-flip family: exactness, consistency, and the failed run that max-|t| cannot see."""

import itertools

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from biasinit.statistics.inference.sign_flips import FlipMethod, FlipPlan, flip_family
from biasinit.statistics.paired.seed_tests import family_table, one_sample


def _family(differences, *, any_failed=False, resamples=2_000):
    plan = FlipPlan(alpha=0.05, resamples=resamples, analysis_seed=1)
    return family_table(differences, plan, any_failed=any_failed, name="test")


def test_all_flips_of_a_small_family_are_counted_by_hand():
    differences = np.random.default_rng(1).normal(0.5, 1, (6, 2))
    t = np.abs(one_sample(differences)["t"].to_numpy())
    largest = []
    for signs in itertools.product([1, -1], repeat=6):
        flipped = differences * np.array(signs)[:, None]
        largest.append(np.abs(one_sample(flipped)["t"].to_numpy()).max())
    expected = [(np.array(largest) >= value - 1e-9).mean() for value in t]
    assert _family(differences)["p_adjusted"].to_numpy() == pytest.approx(expected)


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    units=st.integers(2, 24),
    any_failed=st.booleans(),
    effect=st.floats(0, 2),
)
@example(seed=224, units=6, any_failed=False, effect=0.75)  # the interval touches 0 exactly
def test_adjusted_p_value_and_simultaneous_interval_always_agree(seed, units, any_failed, effect):
    rng = np.random.default_rng(seed)
    differences = rng.normal(0, 1, (units, 4)) * [1, 5, 0.1, 1] + [effect, 0, 0.05, 0]
    if any_failed:
        differences[rng.integers(units), 0] += 80
    table = _family(differences, any_failed=any_failed, resamples=500)
    excluded = (table["simultaneous_lower"] > 0) | (table["simultaneous_upper"] < 0)
    assert (excluded == (table["p_adjusted"] <= 0.05)).all()


def test_five_seeds_cannot_reject_and_say_so_with_an_endless_interval():
    table = _family(np.random.default_rng(2).normal(10, 0.1, (5, 2)))
    assert (table["p_adjusted"] >= 2 / 2**5).all()
    assert np.isinf(table["simultaneous_lower"]).all()


def test_ten_seeds_reach_the_smallest_exact_p_value():
    table = _family(np.random.default_rng(3).normal(10, 0.1, (10, 1)))
    assert table["p_adjusted"].item() == 2 / 2**10


def test_one_lost_run_hides_an_effect_from_the_largest_t_and_not_from_the_smallest_p():
    """The contrast with the lost run keeps its own flip distribution under min-p."""
    rng = np.random.default_rng(4)
    differences = rng.normal(0, 0.5, (20, 8))
    differences[:, 0] -= 1.0
    differences[7, 0] -= 88.0
    hidden, found = (
        flip_family(
            differences, method=method, alpha=0.05, resamples=2_000, rng=np.random.default_rng(4)
        ).p_adjusted[0]
        for method in (FlipMethod.LARGEST_T, FlipMethod.SMALLEST_P)
    )
    assert hidden > 0.5
    assert found < 0.05


def test_what_students_t_does_not_reject_alone_no_family_rejects():
    """Failed runs are set apart; a mean that one run of 88 points makes is not established."""
    rng = np.random.default_rng(4)
    differences = rng.normal(-1.0, 0.5, (20, 1))
    differences[7, 0] -= 88.0
    row = _family(differences, any_failed=True).iloc[0]
    assert row["p"] > 0.2
    assert row["p_adjusted"] == row["p"]
    assert row["simultaneous_upper"] > 0


def test_scaling_one_contrast_changes_no_p_value():
    differences = np.random.default_rng(5).normal(0.3, 1, (12, 3))
    first = _family(differences)["p_adjusted"].to_numpy()
    scaled = _family(differences * [1e12, 1e-9, 1])["p_adjusted"].to_numpy()
    assert scaled == pytest.approx(first)


def test_a_contrast_that_does_not_vary_is_left_out_of_the_family():
    rng = np.random.default_rng(6)
    differences = np.column_stack([rng.normal(0.6, 1, 12), np.full(12, 0.3), np.zeros(12)])
    table = _family(differences)
    assert np.isnan(table["p_adjusted"].to_numpy()[1:]).all()
    assert table["estimate"].to_numpy()[1:] == pytest.approx([0.3, 0.0])
    alone = _family(differences[:, :1])
    assert table["p_adjusted"][0] == alone["p_adjusted"][0]


@pytest.mark.parametrize("method", list(FlipMethod))
def test_family_wise_error_of_unequal_arms_stays_near_its_level(method):
    """2,000 null families of 4 with 1:5 spread; 99.9 % binomial band around .05."""
    rng = np.random.default_rng(7)
    rejected = 0
    for _ in range(2_000):
        base = rng.normal(0, 1, (10, 1))
        differences = rng.normal(0, 1, (10, 4)) * [1, 1, 1, 5] - base
        family = flip_family(differences, method=method, alpha=0.05, resamples=1, rng=rng)
        rejected += bool((family.p_adjusted <= 0.05).any())
    assert 0.034 < rejected / 2_000 < 0.066


def test_the_flips_are_a_function_of_the_registered_seed_alone():
    differences = np.random.default_rng(8).normal(0.3, 1, (20, 3))
    assert _family(differences).equals(_family(differences))
