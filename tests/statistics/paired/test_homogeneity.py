"""Whether a contrast is the same in all cells."""

import itertools

import numpy as np
import pytest
import scipy.stats
from differences import contrasts_of

from biasinit.statistics.inference.binomial import clopper_pearson
from biasinit.statistics.inference.sign_flips import FlipPlan
from biasinit.statistics.paired.homogeneity import homogeneity_p

OPPOSITE = np.array([[0.75], [-0.75]])
PLAN = FlipPlan(alpha=0.05, resamples=1_000, analysis_seed=1)


def p_of(*contrasts):
    """The p-value of each contrast, from differences by cell of (cells, seeds) each."""
    found = homogeneity_p(contrasts_of(*contrasts), PLAN, name="test")
    whole = contrasts_of(*contrasts).over_all_cells
    assert np.isnan(found[~whole]).all()
    return found[whole]


def test_all_flips_of_the_distances_between_two_cells_are_counted_by_hand(rng):
    """Distances from the mean of two cells are half their difference, with either sign."""
    values = rng.normal([[0.0], [0.8]], 1.0, (2, 8))
    half = (values[0] - values[1]) / 2

    def t(sample):
        return abs(sample.mean()) / (sample.std(ddof=1) / np.sqrt(8))

    flipped = [t(half * signs) for signs in itertools.product([1, -1], repeat=8)]
    by_flips = np.mean(np.array(flipped) >= t(half) - 1e-9)
    (found,) = p_of(values)
    assert found == pytest.approx(max(by_flips, scipy.stats.ttest_1samp(half, 0.0).pvalue))


def test_opposite_effects_are_found_and_equal_ones_are_not(rng):
    noise = rng.normal(0, 0.3, (2, 20))
    assert p_of(noise + OPPOSITE)[0] < 0.01
    assert p_of(noise + 0.75)[0] > 0.05


def test_an_effect_of_the_seed_that_all_cells_share_is_no_difference_between_them(rng):
    noise = rng.normal(0, 0.3, (3, 12))
    shared = rng.normal(0, 30.0, (1, 12))
    assert p_of(noise + shared) == pytest.approx(p_of(noise))


def test_all_contrasts_of_a_family_are_adjusted_together(rng):
    one = rng.normal([[0.5], [-0.5]], 1.0, (2, 12))
    others = [rng.normal(0, 1.0, (2, 12)) for _ in range(4)]
    alone, together = p_of(one)[0], p_of(one, *others)[0]
    assert alone < together


def test_a_change_in_one_of_many_cells_is_found(rng):
    values = rng.normal(0, 0.3, (6, 20))
    values[4] += 1.0
    assert p_of(values)[0] < 0.01


def test_a_pair_that_is_missing_in_one_cell_keeps_the_seed_in_the_others(rng):
    """Seed 0 lacks a cell of three; its distances come from the two that it has."""
    values = rng.normal([[0.4], [0.4], [-0.8]], 0.3, (3, 12))
    complete = p_of(values)[0]
    values[2, 0] = np.nan
    assert np.isfinite(p_of(values)[0])
    assert p_of(values)[0] == pytest.approx(complete, abs=0.02)
    without = values.copy()
    without[:2, 0] += 50.0  # if the seed had dropped out, this would change nothing
    assert p_of(without)[0] == pytest.approx(p_of(values)[0])
    without[0, 0] += 50.0
    assert p_of(without)[0] > p_of(values)[0]


@pytest.mark.parametrize(
    "values",
    [np.ones((1, 12)), np.ones((3, 12)), np.full((2, 12), np.nan)],
    ids=["one cell", "nothing varies", "no pairs"],
)
def test_where_nothing_can_be_said_there_is_no_p_value(values):
    assert np.isnan(p_of(values)).all()


def test_seeds_that_have_one_cell_each_say_nothing(rng):
    values = rng.normal(0, 1, (2, 12))
    values[0, ::2] = values[1, 1::2] = np.nan
    assert np.isnan(p_of(values)).all()


@pytest.mark.slow
@pytest.mark.parametrize("failing", [0.0, 0.05])
def test_equal_effects_are_said_to_differ_no_more_often_than_alpha(failing):
    """400 families of two contrasts in three cells, of unequal spread, with a mean effect."""
    rng = np.random.default_rng(5)
    rejected, families = 0, 400
    for _ in range(families):
        contrasts = []
        for _ in range(2):
            values = rng.normal(0.5, [[0.2], [0.4], [1.0]], (3, 14))
            values[rng.uniform(size=values.shape) < failing] = np.nan
            contrasts.append(values)
        rejected += bool((p_of(*contrasts) <= 0.05).any())
    assert clopper_pearson(rejected, families)[0] <= 0.05
    assert rejected / families <= 0.08
