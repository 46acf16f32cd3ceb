"""How many seeds decide a contrast: against closed forms, statsmodels and fresh studies."""

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from statsmodels.stats.power import TTestPower

from biasinit.statistics.accuracy.contrasts_to_plan import places_to_plan
from biasinit.statistics.accuracy.planning import (
    PlannedContrast,
    planned_family,
    planned_seeds,
)
from biasinit.statistics.accuracy.power_curves import power_curves, seed_numbers
from biasinit.statistics.inference.binomial import clopper_pearson
from biasinit.statistics.inference.equivalence import two_one_sided_p
from biasinit.statistics.inference.multiplicity import holm
from biasinit.statistics.inference.sign_flips import FlipPlan
from biasinit.statistics.paired.seed_tests import family_table

ALONE = {"effect": 0.0, "deviation": 1.0, "deviation_df": 19, "margin": np.nan}


def alone(**changes):
    """A family of one contrast, whose critical |t| is that of the t-test."""
    keys = ALONE | changes
    critical = scipy.stats.t.isf(0.025, keys["deviation_df"])
    contrast = PlannedContrast(**({"critical": critical} | keys))
    return planned_family([contrast], alpha=0.05, analysis_seed=9, name="one")


@pytest.mark.parametrize("effect", [0.3, 0.5, 1.0])
def test_the_seeds_for_a_difference_are_those_of_statsmodels(effect):
    seeds = alone(effect=effect).needed(0)
    exact = TTestPower().solve_power(effect_size=effect, power=0.8, alpha=0.05)
    assert seeds == pytest.approx(exact, rel=0.05, abs=1)


@pytest.mark.parametrize("seeds", [6, 12, 25, 50])
def test_the_chance_of_a_difference_is_that_of_statsmodels(seeds):
    exact = TTestPower().power(effect_size=0.4, nobs=seeds, alpha=0.05)
    found = alone(effect=0.4).power(0, seeds)
    assert found == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 2_000))


@pytest.mark.parametrize("scale", [0.1, 30.0])
def test_planned_seeds_do_not_depend_on_the_unit(scale):
    options = {"effect": 0.4, "deviation": 0.9, "margin": 0.5}
    scaled = {name: value * scale for name, value in options.items()}
    assert alone(**scaled).needed(0) == alone(**options).needed(0)


def test_equivalence_has_the_chance_of_the_normal_formula():
    """8.56 (sd / margin)^2 + 1 seeds show equivalence of nothing in 80 %, and 5 % differ."""
    seeds = round(8.56 * (0.5 / 0.15) ** 2 + 1)
    found = alone(deviation=0.5, margin=0.15).power(0, seeds)
    assert found == pytest.approx(0.85, abs=0.03)


@pytest.mark.parametrize("margin", [np.nan, 1e-3])
def test_no_affordable_number_of_seeds_shows_that_nothing_is_something(margin):
    found = planned_seeds(alone(margin=margin), 0, usable_share=1.0)
    assert np.isnan([found.seeds, found.low, found.high]).all()


@pytest.mark.parametrize(
    "unknown", [{"deviation": 0.0}, {"deviation": np.nan}, {"effect": np.nan}, {"deviation_df": 0}]
)
def test_what_was_not_estimated_cannot_be_planned(unknown):
    family = alone(**unknown)
    assert np.isnan(planned_seeds(family, 0, usable_share=1.0).seeds)
    assert np.isnan(family.power(0, 20))


@pytest.mark.parametrize(("effect", "margin"), [(0.4, np.nan), (0.0, 0.5), (0.2, 0.5)])
def test_the_curve_passes_the_wanted_chance_at_the_seeds_needed(effect, margin):
    family = alone(effect=effect, margin=margin, deviation=0.9)
    needed = int(family.needed(0))
    assert family.power(0, needed - 1) < 0.8 <= family.power(0, needed)


def test_seeds_that_cannot_be_used_must_be_run_too():
    whole, half = (planned_seeds(alone(effect=0.4), 0, usable_share=share) for share in (1.0, 0.5))
    assert half.seeds == 2 * whole.seeds
    assert (half.low, half.high) == (2 * whole.low, 2 * whole.high)
    assert np.isnan(planned_seeds(alone(effect=0.4), 0, usable_share=0.0).seeds)


def test_the_range_is_that_of_the_sd():
    """Seeds go with the square of the SD, and 19 times that with a chi-square of 19."""
    found = planned_seeds(alone(effect=0.1), 0, usable_share=1.0)
    low, high = (19 / scipy.stats.chi2.isf(tail, 19) for tail in (0.1, 0.9))
    assert found.low == pytest.approx(found.seeds * low, rel=0.02)
    assert found.high == pytest.approx(found.seeds * high, rel=0.02)


@pytest.mark.slow
def test_the_range_covers_the_seeds_that_the_true_sd_asks_for_in_four_of_five_pilots():
    rng, truth = np.random.default_rng(2), alone(effect=0.4).needed(0)
    inside = 0
    for _ in range(400):
        found = planned_seeds(
            alone(effect=0.4, deviation=rng.normal(size=20).std(ddof=1)), 0, usable_share=1.0
        )
        inside += found.low <= truth <= found.high
    lower, upper = clopper_pearson(inside, 400)
    assert lower < 0.8 < upper


def test_a_family_asks_for_more_and_never_for_more_than_bonferroni():
    options = ALONE | {"effect": 0.5}
    needed = {}
    for critical in (scipy.stats.t.isf(0.025, 19), 2.9, 50.0, np.inf, np.nan):
        members = [PlannedContrast(**options, critical=critical)] * 12
        family = planned_family(members, alpha=0.05, analysis_seed=1, name="x")
        needed[critical] = family.needed(0)
    single, found, *coarse = needed.values()
    exact = TTestPower().solve_power(effect_size=0.5, power=0.8, alpha=0.05 / 12)
    assert single < found < coarse[0]
    assert len(set(coarse)) == 1
    assert coarse[0] == pytest.approx(exact, rel=0.05)


def test_contrasts_that_are_shown_equivalent_leave_more_of_alpha_to_the_rest():
    """Next to others that are clearly equivalent, Holm asks for no more than a test alone."""
    mine = PlannedContrast(**(ALONE | {"margin": 0.5}), critical=np.inf)
    clear = PlannedContrast(**(ALONE | {"margin": 50.0}), critical=np.inf)
    far = PlannedContrast(**(ALONE | {"margin": 0.5, "effect": 5.0}), critical=np.inf)
    needed = [
        planned_family([mine, *others], alpha=0.05, analysis_seed=3, name="x").needed(0)
        for others in ([], [clear] * 5, [mine] * 5, [far] * 5)
    ]
    assert needed[0] == pytest.approx(needed[1], abs=3)
    assert needed[1] < needed[2] < needed[3]


def test_the_number_shown_before_is_that_of_holm_written_out(rng):
    effects = rng.normal(0, 0.2, 6)
    members = [
        PlannedContrast(**(ALONE | {"effect": effect, "margin": 0.5}), critical=np.inf)
        for effect in effects
    ]
    family = planned_family(members, alpha=0.05, analysis_seed=3, name="x")
    tests = [family._studies(members[place], place, 40, 1.0) for place in range(6)]
    t = np.array([(0.5 - np.abs(mean)) / error for mean, error in tests])
    p = np.sort(scipy.stats.t.sf(t, 39), axis=0)
    limits = 0.05 / np.arange(6, 0, -1)[:, None]
    shown = np.logical_and.accumulate(p < limits, axis=0).sum(axis=0)
    rejected = scipy.stats.t.sf(t[2], 39) <= np.take_along_axis(p, shown[None] - 1, axis=0)[0]
    rejected &= shown > 0
    different = np.abs(tests[2][0]) > tests[2][1] * scipy.stats.t.isf(0.05 / 12, 39)
    assert family.power(2, 40) == pytest.approx((rejected | different).mean(), abs=1e-12)


PLACES = {"by": ["scheme"], "alpha": 0.05, "analysis_seed": 1, "name": "x"}


def test_rows_of_a_table_say_what_planning_needs():
    differences = np.random.default_rng(1).normal(size=(20, 3))
    plan = FlipPlan(alpha=0.05, resamples=1_000, analysis_seed=1)
    table = family_table(differences, plan, any_failed=False, name="x")
    table = table.assign(margin=0.5, cell="all", scheme=["a", "b", "c"])
    family, place = places_to_plan(table, **PLACES)[0]
    found = family.contrasts[place]
    assert found.effect == pytest.approx(differences[:, 0].mean())
    assert found.deviation == pytest.approx(differences[:, 0].std(ddof=1))
    assert found.critical == pytest.approx(table["critical"].iloc[0])
    assert found.deviation_df == 19
    ratios = table.drop(columns="margin").assign(margin_lower=0.8, margin_upper=1.3)
    family, place = places_to_plan(ratios, **PLACES)[0]
    assert family.contrasts[place].margin == pytest.approx(-np.log(0.8))


def test_a_mean_is_planned_to_be_equivalent_where_each_of_its_conditions_is():
    """The condition at the edge of the margin decides, however far inside the mean is."""
    row = {
        "scheme": "one", "cell": "all", "seeds": 20, "estimate": 0.0, "standard_error": 0.1,
        "df": 19.0, "margin": 0.5, "simultaneous_upper": np.inf,
    }  # fmt: skip
    cells = [row | {"cell": name, "estimate": effect} for name, effect in (("a", 0.4), ("b", -0.4))]
    places = places_to_plan(pd.DataFrame([row, *cells]), **PLACES)
    alone, place = places_to_plan(pd.DataFrame([row]), **PLACES)[0]
    (whole, mean), (single, _) = places[0], places[1]
    assert alone.needed(place) < 20
    assert len(single.contrasts) == 2
    assert len(whole.contrasts[mean].conditions) == 2
    assert whole.needed(mean) > 5 * alone.needed(place)


def study(rng, seeds, effects):
    """Contrasts of two families of arms with one reference each, SD 1."""
    half = len(effects) // 2
    parts = [
        (rng.normal(size=(seeds, half)) - rng.normal(size=(seeds, 1))) / np.sqrt(2)
        for _ in range(2)
    ]
    return np.hstack(parts) + effects


def decided(differences, margin, seed):
    """Whether the first contrast is decided by the public functions, and its table."""
    plan = FlipPlan(alpha=0.05, resamples=2_000, analysis_seed=seed)
    table = family_table(differences, plan, any_failed=False, name="x").assign(margin=margin)
    columns = (table[name].to_numpy() for name in ("estimate", "standard_error", "df"))
    table["p_equivalence_adjusted"] = holm(two_one_sided_p(*columns, -margin, margin))
    first = table.iloc[0]
    return first["p_adjusted"] <= 0.05 or first["p_equivalence_adjusted"] < 0.05, table


EFFECTS = {
    "a difference among nothing": ([0.5] + [0.0] * 11, np.nan),
    "equivalence among equivalences": ([0.0] * 12, 0.4),
    "equivalence among differences": ([0.0] * 6 + [0.8] * 6, 0.4),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", EFFECTS)
def test_fresh_studies_of_the_recommended_size_have_the_promised_power(name):
    """Twelve contrasts; effects and SDs as they are, the critical |t| from pilots of 20 seeds."""
    effects, margin = EFFECTS[name]
    rng, hits, studies = np.random.default_rng(6), 0, 0
    for pilot in range(10):
        _, table = decided(study(rng, 20, effects), margin, pilot)
        known = table.assign(estimate=effects, standard_error=20**-0.5, cell="all")
        known["simultaneous_upper"] = known["estimate"] + table["critical"] * 20**-0.5
        known["scheme"] = range(len(known))
        place = places_to_plan(known, **(PLACES | {"analysis_seed": pilot}))[0]
        seeds = int(planned_seeds(*place, usable_share=1.0).seeds)
        for number in range(60):
            hits += decided(study(rng, seeds, effects), margin, number)[0]
            studies += 1
    lower, upper = clopper_pearson(hits, studies)
    assert lower < 0.83
    assert upper > 0.77


def test_curves_are_those_of_the_family_and_have_the_seeds_of_the_study():
    row = {
        "family": "accuracy", "normalization": "none", "scheme": "one", "reference": "zeros",
        "cell": "all", "seeds": 20, "estimate": -0.6, "standard_error": 0.2, "df": 19.0,
        "margin": 0.5, "simultaneous_upper": np.inf,
    }  # fmt: skip
    others = [{"cell": "digits, 0.02"}, {"family": "interaction"}, {"scheme": "two"}]
    table = pd.DataFrame([row, *(row | other for other in others)])
    found = power_curves(table, alpha=0.05, analysis_seed=0)
    assert set(found["scheme"]) == {"one", "two"}
    assert found.groupby("scheme")["present"].sum().eq(1).all()
    assert found.loc[found["present"], "seeds"].eq(20).all()
    curve = found[found["scheme"] == "one"].set_index("seeds")["power"]
    alone_curve = power_curves(table.head(3), alpha=0.05, analysis_seed=0)
    only = alone_curve.set_index("seeds")["power"]
    assert only.mean() > curve.mean(), "fewer contrasts in the family leave each more of alpha"


def test_numbers_of_seeds_hold_the_present_one_and_grow():
    assert 23 in seed_numbers(23)
    assert seed_numbers(2)[0] == 6
    assert seed_numbers(23) == sorted(set(seed_numbers(23)))
