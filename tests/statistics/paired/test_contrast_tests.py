"""All tests of a table of contrasts, and the intervals that go with their decisions."""

import numpy as np
import pytest
import scipy.stats
from differences import contrasts_of
from hypothesis import example, given, settings
from hypothesis import strategies as st
from statsmodels.stats.weightstats import DescrStatsW

from biasinit.statistics.inference.binomial import clopper_pearson
from biasinit.statistics.inference.multiplicity import holm
from biasinit.statistics.inference.sign_flips import FlipPlan
from biasinit.statistics.paired.contrast_tests import COLUMNS, Margins, contrast_tests

PLAN = FlipPlan(alpha=0.05, resamples=500, analysis_seed=1)
MARGIN = 0.5


def judged(*contrasts, margin=MARGIN, lower=None):
    """The tests of contrasts from their differences by cell, with labels."""
    differences = contrasts_of(*contrasts)
    upper = np.full(len(differences.labels), margin)
    margins = Margins.around_zero(upper) if lower is None else Margins(
        lower=np.full(len(upper), lower), upper=upper
    )  # fmt: skip
    found = contrast_tests(differences, PLAN, margins, name="test")
    assert list(found.columns) == list(COLUMNS)
    return differences.labels.join(found)


def by_cell(found):
    return found.set_index("cell")


def test_two_one_sided_tests_of_one_contrast_are_those_of_statsmodels(rng):
    values = rng.normal(0.1, 0.4, (1, 20))
    row = judged(values).iloc[0]
    expected, _, _ = DescrStatsW(values[0]).ttost_mean(-MARGIN, MARGIN)
    assert row["p_equivalence"] == row["p_equivalence_adjusted"] == pytest.approx(expected)
    interval = scipy.stats.ttest_1samp(values[0], 0).confidence_interval(0.9)
    assert row["equivalence_level"] == pytest.approx(90)
    assert (row["equivalence_lower"], row["equivalence_upper"]) == pytest.approx(
        (interval.low, interval.high)
    )
    assert row["smallest_margin"] == pytest.approx(max(-interval.low, interval.high))


def test_a_margin_that_is_wider_on_one_side_is_tested_on_both(rng):
    """A log ratio of 0.35 lies inside -0.7 to 0.4, and one of -0.5 too."""
    high, low = rng.normal(0.35, 0.05, (1, 20)), rng.normal(-0.5, 0.05, (1, 20))
    found = judged(high, low, margin=0.4, lower=-0.7)
    assert (found["p_equivalence_adjusted"] < 0.05).all()
    found = judged(high, low, margin=0.3, lower=-0.7)
    assert list(found["p_equivalence_adjusted"] < 0.05) == [False, True]


def test_equivalence_over_all_cells_is_the_largest_p_value_of_them(rng):
    contrasts = [rng.normal(0, [[0.3], [0.6], [0.2]], (3, 20)) for _ in range(2)]
    found = judged(*contrasts)
    whole = found[found["cell"] == "all"]
    for scheme, row in whole.set_index("scheme").iterrows():
        single = found[(found["scheme"] == scheme) & (found["cell"] != "all")]
        assert row["p_equivalence"] == single["p_equivalence"].max()
    assert list(whole["p_equivalence_adjusted"]) == pytest.approx(
        list(holm(whole["p_equivalence"].to_numpy()))
    )


def test_one_cell_at_the_margin_is_enough_for_no_equivalence(rng):
    values = rng.normal([[0.0], [0.0], [MARGIN]], 0.1, (3, 20))
    found = by_cell(judged(values))
    assert found.loc["all", "p_equivalence_adjusted"] > 0.05
    assert found.loc["all", "equivalence_upper"] > MARGIN
    # the mean alone would have said it
    interval = scipy.stats.ttest_1samp(values.mean(axis=0), 0).confidence_interval(0.9)
    assert interval.high < MARGIN


@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_fewer_than_six_seeds_are_never_equivalent(rng, seeds):
    found = judged(rng.normal(0, 1e-6, (2, seeds)), np.zeros((2, seeds)))
    assert found["p_equivalence"].isna().all()
    assert found["equivalence_lower"].isna().all()
    six = judged(rng.normal(0, 1e-6, (2, 6)))
    assert (six["p_equivalence_adjusted"] < 0.05).all()


def test_a_cell_of_few_pairs_bars_equivalence_over_all(rng):
    values = rng.normal(0, 0.01, (2, 20))
    values[1, 5:] = np.nan
    found = by_cell(judged(values))
    assert np.isnan(found.loc["all", "p_equivalence"])
    assert np.isnan(found.loc["learning_rate 1", "p_equivalence"])
    assert found.loc["learning_rate 0", "p_equivalence_adjusted"] < 0.05


def test_without_a_margin_nothing_is_equivalent(rng):
    found = judged(rng.normal(0, 0.01, (2, 20)), margin=np.nan)
    assert found["p_equivalence"].isna().all()


def test_arms_of_which_no_seed_differs_are_identical_and_equivalent(rng):
    found = by_cell(judged(np.zeros((2, 12))))
    assert found["identical"].all()
    assert (found["p_equivalence_adjusted"] == 0).all()
    assert (found[["equivalence_lower", "equivalence_upper"]] == 0).all(axis=None)
    assert not found["skewed"].any()
    half = np.stack([np.zeros(12), rng.normal(0, 0.1, 12)])
    found = by_cell(judged(half))
    assert found["identical"].to_dict() == {
        "all": False, "learning_rate 0": True, "learning_rate 1": False,
    }  # fmt: skip
    assert found.loc["all", "p_equivalence_adjusted"] < 0.05


def test_a_difference_that_does_not_vary_is_neither_identical_nor_tested():
    found = judged(np.full((1, 12), 0.25)).iloc[0]
    assert not found["identical"]
    assert found["estimate"] == 0.25
    assert np.isnan([found["p"], found["p_adjusted"], found["p_equivalence"]]).all()


def test_cells_are_a_family_of_their_own(rng):
    """More cells make the single ones dearer, and those over all no dearer."""
    values = rng.normal(0.5, 0.6, (4, 20))
    few, many = judged(values[:1], values[:1]), judged(values, values)
    for found in (few, many):
        assert (found["cell"] == "all").sum() == 2
    critical = (many["simultaneous_upper"] - many["estimate"]) / many["standard_error"]
    whole = (many["cell"] == "all").to_numpy()
    assert critical[~whole].max() > critical[whole].max()


def test_skewed_values_that_decide_otherwise_are_marked():
    """A mean that Student's t finds small in values of a long tail, as Hall's test does not."""
    rng = np.random.default_rng(2)
    symmetric = rng.normal(2.0, 0.5, (1, 20))
    assert not judged(symmetric)["skewed"].item()
    marked = [
        judged(rng.exponential(size=(1, 20)) - 1)
        for _ in range(300)
    ]  # fmt: skip
    rejected = [one for one in marked if one["p_adjusted"].item() <= 0.05]
    sure = [one for one in rejected if not one["skewed"].item()]
    assert len(rejected) > 15
    assert len(sure) / 300 <= 0.06


@settings(max_examples=80)
@given(
    key=st.integers(0, 100_000),
    schemes=st.integers(1, 3),
    cells=st.integers(1, 4),
    seeds=st.integers(2, 20),
    spread=st.floats(0.01, 1.0),
    effect=st.floats(-1, 1),
    uneven=st.booleans(),
    failing=st.sampled_from([0.0, 0.0, 0.1, 0.5]),
    identical=st.booleans(),
)
@example(
    key=0, schemes=2, cells=2, seeds=20, spread=0.1, effect=0.4, uneven=False, failing=0.1,
    identical=True,
)  # fmt: skip
def test_intervals_and_decisions_never_disagree(
    key, schemes, cells, seeds, spread, effect, uneven, failing, identical
):
    rng = np.random.default_rng(key)
    contrasts = []
    for scheme in range(schemes):
        values = effect + spread * rng.normal(size=(cells, seeds))
        if uneven:
            values[0] -= 2 * effect
        values[rng.uniform(size=values.shape) < failing] = np.nan
        if identical and scheme == 0:
            values[-1] = np.where(np.isnan(values[-1]), np.nan, 0.0)
        contrasts.append(values)
    found = judged(*contrasts)
    inside = (found["equivalence_lower"] > -MARGIN) & (found["equivalence_upper"] < MARGIN)
    equivalent = found["p_equivalence_adjusted"] < 0.05
    near = (found["p_equivalence_adjusted"] - 0.05).abs() < 1e-12
    assert (inside == equivalent)[~near].all()
    assert (found["equivalence_level"].dropna() >= 90 - 1e-9).all()
    excluded = (found["simultaneous_lower"] > 0) | (found["simultaneous_upper"] < 0)
    assert (excluded == (found["p_adjusted"] <= 0.05)).all()
    known = found["p_equivalence"].notna()
    adjusted = found["p_equivalence_adjusted"] >= found["p_equivalence"] - 1e-15
    assert adjusted[known].all()
    assert (found.loc[known, "seeds"] >= 6).all()
    _what_holds_of_all_holds_of_each(found)


def _what_holds_of_all_holds_of_each(found):
    for _, rows in found.groupby("scheme"):
        whole, single = rows[rows["cell"] == "all"].iloc[0], rows[rows["cell"] != "all"]
        if single.empty:
            continue
        if whole["p_equivalence_adjusted"] < 0.05:
            assert (single["p_equivalence_adjusted"] < 0.05).all()
            assert whole["equivalence_lower"] <= single["equivalence_lower"].min() + 1e-12
            assert whole["equivalence_upper"] >= single["equivalence_upper"].max() - 1e-12
        assert single["homogeneity_p"].isna().all()


@pytest.mark.slow
@pytest.mark.parametrize("cells", [1, 3])
def test_at_the_margin_in_every_cell_equivalence_is_said_as_rarely_as_it_may(cells):
    """400 contrasts of 20 seeds whose truth is the margin in each cell, of unequal spread."""
    rng = np.random.default_rng(6)
    said = 0
    for _ in range(400):
        values = rng.normal(MARGIN, [[0.1], [0.2], [0.4]][:cells], (cells, 20))
        found = judged(values)
        said += bool(found["p_equivalence_adjusted"].iloc[0] < 0.05)
    assert clopper_pearson(said, 400)[0] <= 0.055
