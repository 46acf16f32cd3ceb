"""Judging a study more than once, and planning how many seeds will decide it."""

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from biasinit.statistics.accuracy.planning import decision_power, seeds_for_contrast
from biasinit.statistics.accuracy.power_curves import power_curves, seed_numbers
from biasinit.statistics.inference.binomial import clopper_pearson
from biasinit.statistics.mixed.fitting import fit_mixed
from biasinit.statistics.paired.arrangement import arrange
from biasinit.statistics.paired.seed_tests import one_sample
from biasinit.study.parts import Analysis

LOOKS = (20, 30, 40, 60)
STUDIES = 8_000


def _rejected_at_any_look(alphas):
    values = np.random.default_rng(5).normal(size=(max(LOOKS), STUDIES))
    rejected = np.zeros(STUDIES, dtype=bool)
    for seeds, alpha in zip(LOOKS, alphas, strict=True):
        rejected |= one_sample(values[:seeds])["p"].to_numpy() <= alpha
    return clopper_pearson(int(rejected.sum()), STUDIES)


def test_adding_seeds_until_p_is_small_doubles_the_error():
    """Hence verdicts after unplanned seeds are exploratory; 12 % in the literature."""
    lower, upper = _rejected_at_any_look([0.05] * 4)
    assert 0.10 < lower < upper < 0.14


def test_planned_looks_keep_the_error_of_all_looks_together():
    looks = [{"seeds": seeds, "alpha": 0.0125} for seeds in LOOKS]
    analysis = Analysis(margins={"digits": 0.5}, looks=looks)
    lower, upper = _rejected_at_any_look([analysis.alpha_at(seeds) for seeds in LOOKS])
    assert upper < 0.05
    assert lower > 0.02  # Bonferroni gives some of it away, not all


def _runs(rng, seeds, *, effect):
    """Two arms in two cells, one three times noisier, with an intercept for each block."""
    rows = []
    for cell in ("slow", "fast"):
        block = rng.normal(0, 0.4, seeds)
        for scheme, mean, deviation in (("zeros", 98.0, 0.3), ("one", 98.0 + effect, 0.9)):
            outcome = mean + block + rng.normal(0, deviation, seeds)
            rows.append(
                pd.DataFrame(
                    {
                        "scheme": scheme,
                        "cell": cell,
                        "seed": range(seeds),
                        "accuracy": outcome,
                    }
                )
            )
    return pd.concat(rows, ignore_index=True)


def _contrast(runs, seeds):
    """Estimate of 'one' minus 'zeros' over both cells in the mixed model, and its SD by seed."""
    fit = fit_mixed(runs, "accuracy ~ scheme * cell", ["seed:cell"], residual_by=["scheme"])
    means = fit.grid(["scheme"])[1]
    row = fit.tests(means[:1] - means[1:]).iloc[0]
    return row["estimate"], row["standard_error"] * np.sqrt(seeds)


OPTIONS = {"comparisons": 1, "alpha": 0.05, "power": 0.8, "draws": 20_000}


@pytest.mark.slow
def test_a_study_of_the_recommended_size_has_the_promised_power():
    """Fit a large study, ask for the seeds, and simulate studies of that size afresh."""
    rng, effect = np.random.default_rng(6), 0.35
    estimate, deviation = _contrast(_runs(rng, 400, effect=effect), 400)
    assert estimate == pytest.approx(effect, abs=0.1)
    assert deviation**2 == pytest.approx((0.3**2 + 0.9**2) / 2, rel=0.12)  # over two cells
    seeds = seeds_for_contrast(
        effect=estimate, deviation=deviation, margin=np.nan, rng=rng, **OPTIONS
    )
    rejected, studies = 0, 600
    for _ in range(studies):
        runs = _runs(rng, int(seeds), effect=estimate)
        array = arrange(runs, "accuracy")
        differences = array.cell_mean(array.differences("one", "zeros"))
        rejected += bool(one_sample(differences[:, None])["p"].iloc[0] <= 0.05)
    lower, upper = clopper_pearson(rejected, studies)
    assert lower < 0.83
    assert upper > 0.77


@pytest.mark.parametrize("scale", [0.1, 1.0, 30.0])
def test_planned_seeds_follow_the_normal_formula(scale):
    """S = 7.85 (sd / effect)^2 + 2 for a difference, whatever the unit."""
    found = seeds_for_contrast(
        effect=0.2 * scale,
        deviation=0.5 * scale,
        margin=np.nan,
        rng=np.random.default_rng(9),
        **OPTIONS,
    )
    assert found == pytest.approx(7.85 * 2.5**2 + 2, abs=3)


def test_equivalence_has_the_chance_of_the_normal_formula():
    """8.56 (sd / margin)^2 + 1 seeds show equivalence of nothing in 80 %, and 5 % differ."""
    seeds = round(8.56 * (0.5 / 0.15) ** 2 + 1)
    found = decision_power(
        [seeds],
        effect=0.0,
        deviation=0.5,
        margin=0.15,
        comparisons=1,
        alpha=0.05,
        draws=100_000,
        rng=np.random.default_rng(7),
    )
    assert found == pytest.approx(0.85, abs=0.01)


@pytest.mark.parametrize("margin", [np.nan, 1e-3])
def test_no_affordable_number_of_seeds_shows_that_nothing_is_something(margin):
    found = seeds_for_contrast(
        effect=0.0, deviation=1.0, margin=margin, rng=np.random.default_rng(10), **OPTIONS
    )
    assert np.isnan(found)


def test_the_chance_of_a_difference_is_that_of_the_noncentral_t():
    numbers, effect, deviation = [6, 12, 25, 50], 0.4, 0.8
    found = decision_power(
        numbers,
        effect=effect,
        deviation=deviation,
        margin=np.nan,
        comparisons=3,
        alpha=0.05,
        draws=40_000,
        rng=np.random.default_rng(8),
    )
    level = 0.05 / 3
    for power, seeds in zip(found, numbers, strict=True):
        limit, shift = scipy.stats.t.isf(level / 2, seeds - 1), effect / deviation * np.sqrt(seeds)
        exact = scipy.stats.nct.sf(limit, seeds - 1, shift)
        exact += scipy.stats.nct.cdf(-limit, seeds - 1, shift)
        assert power == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 40_000) + 1e-4)


@pytest.mark.parametrize(("effect", "margin"), [(0.4, np.nan), (0.0, 0.5), (0.2, 0.5)])
def test_the_curve_passes_the_wanted_chance_at_the_seeds_needed(effect, margin):
    options = {
        "effect": effect, "deviation": 0.9, "margin": margin, "comparisons": 2, "alpha": 0.05,
        "draws": 2_000,
    }  # fmt: skip
    needed = seeds_for_contrast(**options, power=0.8, rng=np.random.default_rng(9))
    below, at = decision_power(
        [int(needed) - 1, int(needed)], **options, rng=np.random.default_rng(9)
    )
    assert below < 0.8 <= at


def test_a_contrast_that_does_not_vary_has_no_curve():
    found = decision_power(
        [6, 12], effect=0.1, deviation=0.0, margin=0.5, comparisons=1, alpha=0.05, draws=100,
        rng=np.random.default_rng(1),
    )  # fmt: skip
    assert np.isnan(found).all()


def test_curves_are_those_of_the_family_and_have_the_seeds_of_the_study():
    row = {
        "family": "accuracy", "normalization": "none", "scheme": "one", "reference": "zeros",
        "cell": "all", "seeds": 20, "estimate": -0.6, "standard_error": 0.2, "margin": 0.5,
        "mixed_standard_error": np.nan,
    }  # fmt: skip
    others = [{"cell": "digits, 0.02"}, {"family": "interaction"}, {"scheme": "two"}]
    table = pd.DataFrame([row, *(row | other for other in others)])
    found = power_curves(table, alpha=0.05, analysis_seed=0)
    assert set(found["scheme"]) == {"one", "two"}
    assert found.groupby("scheme")["present"].sum().eq(1).all()
    assert found.loc[found["present"], "seeds"].eq(20).all()
    curve = found[found["scheme"] == "one"].set_index("seeds")["power"]
    alone = power_curves(table.head(3), alpha=0.05, analysis_seed=0).set_index("seeds")["power"]
    assert (alone >= curve).all(), "fewer contrasts in the family leave each more of alpha"
    assert (alone > curve).any()


def test_numbers_of_seeds_hold_the_present_one_and_grow():
    assert 23 in seed_numbers(23)
    assert seed_numbers(2)[0] == 6
    assert seed_numbers(23) == sorted(set(seed_numbers(23)))
