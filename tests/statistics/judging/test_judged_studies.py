"""From the table of runs to the verdicts: studies whose right answer is known."""

from unittest import mock

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from whole_study import analysed, only_what_decides, row_of

from biasinit.statistics.judging import schemes as judging
from biasinit.statistics.paired.tuned_rates import tuned_contrasts

SEEDS = 20
RATES = (0.005, 0.02)
MARGINS = {"digits": 0.5}


def study(effects, *, deviation=0.2, seeds=SEEDS, rates=RATES, times=None, key=3):
    """Runs of the reference and of schemes: ``effects`` maps them to points at each rate."""
    rng = np.random.default_rng(key)
    rows = []
    for place, rate in enumerate(rates):
        for seed in range(seeds):
            level = 97 + rng.normal(0, 0.5)
            for scheme, points in {"zeros": (0.0,) * len(rates), **effects}.items():
                rows.append(
                    {
                        "dataset": "digits",
                        "normalization": "none",
                        "learning_rate": rate,
                        "scheme": scheme,
                        "seed": seed,
                        "final_accuracy": level + points[place] + rng.normal(0, deviation),
                        "failed": False,
                    }
                )
                if times is not None:
                    pace = times[scheme][place] * np.exp(rng.normal(0, 0.1))
                    rows[-1] |= {"epochs_to_threshold": pace, "reached": True}
    return pd.DataFrame(rows)


def fail(runs, chosen):
    runs = runs.copy()
    runs.loc[chosen, "failed"] = True
    runs.loc[chosen, "final_accuracy"] = 10.0
    if "reached" in runs:
        runs.loc[chosen, "reached"] = False
        runs.loc[chosen, "epochs_to_threshold"] = np.nan
    return runs


def judged(runs, *, tuned=None, epochs=15.0):
    schemes = tuple(dict.fromkeys(runs["scheme"]))
    with only_what_decides():
        return analysed(runs, schemes=schemes, margins=MARGINS, tuned=tuned, epochs=epochs)


def verdicts(runs, **options):
    return judged(runs, **options)["verdicts"]


def of(found, outcome, scheme="one"):
    rows = found[(found["outcome"] == outcome) & (found["scheme"] == scheme)]
    return rows.set_index("cell")


LOW, HIGH = (f"learning_rate {rate}" for rate in RATES)


def test_worse_at_one_rate_and_always_failing_at_the_other_is_said_of_each():
    runs = study({"one": (-3.0, 0.0)})
    runs = fail(runs, (runs["scheme"] == "one") & (runs["learning_rate"] == 0.02))
    found = verdicts(runs)
    assert of(found, "accuracy")["verdict"].to_dict() == {
        "all": "depends",
        LOW: "worse beyond the margin",
        HIGH: "fails",
    }
    whole = of(found, "accuracy").loc["all"]
    assert (whole["depends_on"], whole["conditions"]) == ("learning_rate", 2)
    for words in (
        "depends on the learning rate",
        "worse beyond the margin at learning rate 0.005",
        "fails at learning rate 0.02",
        "one failed in 20 of 20 runs",
    ):
        assert words in whole["headline"]
    assert "not estimable" not in set(found["verdict"])
    assert of(found, "failure")["verdict"].to_dict() == {
        "all": "depends",
        LOW: "none seen",
        HIGH: "worse",
    }


def test_the_reference_that_always_fails_at_one_rate_is_named_as_such():
    runs = study({"one": (-3.0, 0.0)})
    runs = fail(runs, (runs["scheme"] == "zeros") & (runs["learning_rate"] == 0.02))
    rows = of(verdicts(runs), "accuracy")
    assert list(rows["verdict"]) == ["depends", "worse beyond the margin", "reference fails"]
    assert rows["collapsed"].sum() == 0  # without a level of the reference, none is known


def test_opposite_effects_that_cancel_are_no_equivalence():
    found = verdicts(study({"one": (0.75, -0.75)}, deviation=0.3))
    rows = of(found, "accuracy")
    assert rows.loc["all", "verdict"] == "depends"
    assert abs(rows.loc["all", "estimate"]) < 0.3
    assert rows["verdict"][LOW].startswith("better")
    assert rows["verdict"][HIGH].startswith("worse")


def test_no_effect_anywhere_is_equivalent_in_each_and_over_all():
    found = verdicts(study({"one": (0.0, 0.0)}))
    rows = of(found, "accuracy")
    assert set(rows["verdict"]) == {"equivalent"}
    whole, single = rows.loc["all"], rows.drop("all")
    assert whole["lower"] <= single["lower"].min()
    assert whole["upper"] >= single["upper"].max()
    assert -0.5 < whole["lower"] < whole["upper"] < 0.5
    assert "in each of 2 conditions" in whole["headline"]


def test_the_same_effect_everywhere_is_judged_by_the_mean():
    found = verdicts(study({"one": (-2.0, -2.0)}))
    rows = of(found, "accuracy")
    assert set(rows["verdict"]) == {"worse beyond the margin"}
    whole, single = rows.loc["all"], rows.drop("all")
    assert whole["estimate"] == pytest.approx(single["estimate"].mean())
    width = rows["upper"] - rows["lower"]
    assert width["all"] < width.drop("all").min()


def test_a_failure_in_one_cell_leaves_the_seed_in_the_other():
    runs = study({"one": (-2.0, -2.0)})
    runs = fail(
        runs, (runs["scheme"] == "one") & (runs["learning_rate"] == 0.02) & (runs["seed"] < 12)
    )
    rows = of(verdicts(runs), "accuracy")
    assert rows["seeds"].to_dict() == {"all": 8, LOW: 20, HIGH: 8}
    assert set(rows["verdict"]) == {"worse beyond the margin"}
    assert rows["failed"].to_dict() == {"all": 12, LOW: 0, HIGH: 12}


def test_identical_arms_are_said_to_be_identical():
    runs = study({"one": (0.0, 0.0)})
    same = runs[runs["scheme"] == "zeros"].assign(scheme="one")
    rows = of(verdicts(pd.concat([runs[runs["scheme"] == "zeros"], same])), "accuracy")
    assert set(rows["verdict"]) == {"identical"}
    assert (rows[["lower", "upper", "estimate"]] == 0.0).all(axis=None)
    assert rows["headline"].str.contains("identical in all 20 pairs").all()


@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_few_seeds_decide_nothing_and_have_no_narrow_interval(seeds):
    found = judged(study({"one": (-9.0, -9.0), "two": (0.0, 0.0)}, seeds=seeds))
    sizes = found["verdicts"][found["verdicts"]["outcome"] == "accuracy"]
    assert set(sizes["verdict"]) == {"inconclusive"}
    assert np.isinf(sizes[["lower", "upper"]]).all(axis=None)
    contrasts = found["accuracy_contrasts"]
    assert contrasts["p_equivalence"].isna().all()
    assert (contrasts["simultaneous_lower"] <= contrasts["lower"]).all()


# --- collapsed runs


def collapse(runs, chosen, points):
    runs = runs.copy()
    runs.loc[chosen, "final_accuracy"] -= points
    return runs


@pytest.mark.parametrize("who", ["one", "zeros"])
def test_one_collapsed_run_is_counted_and_named_in_the_headline(who):
    runs = study({"one": (0.0, 0.0)})
    where = (runs["scheme"] == who) & (runs["seed"] == 7) & (runs["learning_rate"] == 0.02)
    found = judged(collapse(runs, where, 30.0))
    rows = of(found["verdicts"], "accuracy")
    column = "collapsed" if who == "one" else "reference_collapsed"
    assert rows[column].to_dict() == {"all": 1, LOW: 0, HIGH: 1}
    for cell in ("all", HIGH):
        assert f"of {who} collapsed" in rows.loc[cell, "headline"]
    assert "of zeros collapsed" not in rows.loc[LOW, "headline"]
    assert rows.loc["all", "verdict"] != "equivalent"
    rates = row_of(found["failure_rates"], normalization="none", cell=HIGH, scheme=who)
    assert (rates["collapsed"], rates["failed"], rates["stray"]) == (1, 0, 0)
    events = of(found["verdicts"], "collapse")
    assert events.loc[HIGH, "verdict"] == "inconclusive"
    assert events.loc[LOW, "verdict"] == "none seen"
    share = {"one": 1 / 20, "zeros": -1 / 20}[who]
    assert events.loc["all", "estimate"] == pytest.approx(share)


def test_accuracy_is_given_with_collapsed_runs_and_without():
    runs = study({"one": (0.0, 0.0)})
    where = (runs["scheme"] == "one") & (runs["seed"] == 7) & (runs["learning_rate"] == 0.02)
    found = judged(collapse(runs, where, 30.0))["accuracy_contrasts"].set_index("cell")
    assert found.loc[HIGH, "estimate"] == pytest.approx(
        found.loc[HIGH, "without_collapsed"] * 19 / 20 - 30.0 / 20, abs=0.05
    )
    assert np.isnan(found.loc[LOW, "without_collapsed"])
    assert found.loc["all", "without_collapsed"] == pytest.approx(
        (found.loc[HIGH, "without_collapsed"] + found.loc[LOW, "estimate"]) / 2
    )


def test_many_collapsed_runs_are_worse_and_depend_where_they_are():
    runs = study({"one": (0.0, 0.0)})
    where = (runs["scheme"] == "one") & (runs["seed"] < 12) & (runs["learning_rate"] == 0.02)
    rows = of(verdicts(collapse(runs, where, 30.0)), "collapse")
    assert rows["verdict"].to_dict() == {"all": "depends", LOW: "none seen", HIGH: "worse"}
    exact = scipy.stats.binomtest(12, 12).pvalue
    assert rows.loc[HIGH, "p"] == pytest.approx(exact)
    assert (rows.loc["all", "events"], rows.loc["all", "reference_events"]) == (12, 0)


def test_strays_are_named_and_do_not_count_as_collapsed():
    """Ten margins below its own arm's median, and not fifteen points below the reference's."""
    runs = study({"one": (0.0, 0.0)})
    where = (runs["scheme"] == "one") & (runs["seed"] == 7) & (runs["learning_rate"] == 0.02)
    rows = of(verdicts(collapse(runs, where, 7.0)), "accuracy")
    assert rows["stray"].to_dict() == {"all": 1, LOW: 0, HIGH: 1}
    assert rows["collapsed"].sum() == 0
    assert "1 of 20 runs of one ended more than ten margins below" in rows.loc[HIGH, "headline"]


def test_equivalence_says_what_twenty_seeds_cannot_exclude():
    rows = of(verdicts(study({"one": (0.0, 0.0)})), "accuracy")
    bound = scipy.stats.binomtest(0, 20).proportion_ci(0.95, "exact").high
    assert bound == pytest.approx(0.168, abs=5e-4)
    assert list(rows["undetected"]) == pytest.approx([bound] * 3)
    assert rows["headline"].str.contains("0 of 20 seeds of one collapsed: up to 17 % could").all()


# --- speed

PACES = {"zeros": (4.0, 4.0), "one": (6.0, 2.5)}


def test_slower_at_one_rate_and_faster_at_the_other_depends():
    found = verdicts(study({"one": (0.0, 0.0)}, times=PACES))
    rows = of(found, "speed")
    assert rows["verdict"].to_dict() == {
        "all": "depends",
        LOW: "worse beyond the margin",
        HIGH: "better beyond the margin",
    }
    assert rows.loc["all", "depends_on"] == "learning_rate"
    assert rows.loc["all", "estimate"] == pytest.approx(
        np.sqrt(rows.loc[LOW, "estimate"] * rows.loc[HIGH, "estimate"])
    )
    assert rows.loc[LOW, "estimate"] == pytest.approx(1.5, rel=0.1)


def test_not_reaching_the_threshold_is_an_outcome_of_its_own():
    """A third of the runs never gets there; those that do are as fast."""
    runs = study({"one": (0.0, 0.0)}, times={"zeros": (4.0, 4.0), "one": (4.0, 4.0)})
    late = (runs["scheme"] == "one") & (runs["seed"] < 8)
    runs.loc[late, "reached"] = False
    runs.loc[late, "epochs_to_threshold"] = np.nan
    found = verdicts(runs)
    rows = of(found, "not reached")
    assert set(rows["verdict"]) == {"worse"}
    assert rows["events"].to_dict() == {"all": 8, LOW: 8, HIGH: 8}
    speed = of(found, "speed")
    assert list(speed["seeds"]) == [12, 12, 12]
    assert set(speed["verdict"]) == {"equivalent"}
    assert speed["headline"].str.contains("Compared are the pairs that both reached it").all()
    assert set(of(found, "failure")["verdict"]) == {"none seen"}


def test_a_scheme_that_never_gets_there_is_said_to_fail_in_speed():
    runs = study({"one": (0.0, 0.0)}, times=PACES)
    chosen = runs["scheme"] == "one"
    runs.loc[chosen, "reached"] = False
    found = verdicts(runs)
    assert set(of(found, "speed")["verdict"]) == {"fails"}
    assert set(of(found, "not reached")["verdict"]) == {"worse"}
    assert set(of(found, "accuracy")["verdict"]) == {"equivalent"}


# --- each at its own best rate

BEST = "own best learning rate"


def at_best(effects, *, gap=4.0, key=5, **options):
    """Runs whose best rate is 0.02 for all schemes, by ``gap`` points, with validation accuracy."""
    return with_validation(study({"zeros": (-gap, 0.0)} | effects, key=key, **options))


def with_validation(runs):
    return runs.assign(validation_accuracy=runs["final_accuracy"])


def row_at_best(runs, **options):
    """The row of the scheme 'one' at own best rates."""
    return of(verdicts(runs, tuned=tuned_of(runs), **options), "accuracy").loc[BEST]


def tuned_of(runs):
    return tuned_contrasts(
        runs,
        reference="zeros",
        schemes=tuple(dict.fromkeys(runs["scheme"])),
        margins=MARGINS,
        collapse_points=15.0,
        alpha=0.05,
        resamples=200,
        analysis_seed=1,
    )


def in_two_networks(gains):
    """Runs of two networks whose best rates are 0.02, where the scheme gains some points each."""
    return pd.concat(
        [
            at_best({"one": (gain - 4.0, gain)}, key=key).assign(architecture=network)
            for key, (network, gain) in enumerate(gains.items())
        ],
        ignore_index=True,
    )


def test_at_the_best_rate_what_depends_on_another_factor_is_told_of_each_condition():
    row = row_at_best(in_two_networks({"small": 2.0, "deep": -2.0}))
    assert (row["verdict"], row["depends_on"]) == ("depends", "architecture")
    for words in (
        "each at its own best learning rate",
        "depends on the architecture: worse beyond the margin at architecture deep (−2.",
        "and better beyond the margin at architecture small (+",
    ):
        assert words in row["headline"]


def test_a_scheme_that_fails_at_every_rate_in_one_network_is_said_to_fail_there():
    runs = in_two_networks({"small": -2.0, "deep": 0.0})
    runs = fail(runs, (runs["scheme"] == "one") & (runs["architecture"] == "deep"))
    row = row_at_best(runs)
    assert (row["verdict"], row["depends_on"]) == ("depends", "architecture")
    assert "fails at architecture deep (one failed in 20 of 20 runs" in row["headline"]


def test_at_the_best_rate_runs_are_those_at_the_rates_and_low_ones_are_counted_and_named():
    """Two of the scheme's runs fail, one collapses, and one of the reference strays."""
    runs = at_best({"one": (-4.0, 0.0)})
    at_rate = runs["learning_rate"] == 0.02
    own, other = (at_rate & (runs["scheme"] == scheme) for scheme in ("one", "zeros"))
    runs.loc[own & runs["seed"].isin([0, 1]), "failed"] = True
    runs.loc[own & (runs["seed"] == 2), "final_accuracy"] = 60.0
    runs.loc[other & (runs["seed"] == 3), "final_accuracy"] -= 7.0
    runs.loc[~at_rate & (runs["seed"] == 4), "final_accuracy"] = 60.0  # where nobody is
    row = row_at_best(runs)
    assert (row["runs"], row["failed"], row["reference_failed"]) == (SEEDS, 2, 0)
    assert (row["collapsed"], row["reference_collapsed"]) == (1, 0)
    assert (row["stray"], row["reference_stray"]) == (0, 1)
    assert row["undetected"] == pytest.approx(
        scipy.stats.binomtest(1, 18).proportion_ci(0.95, "exact").high
    )
    for words in (
        f"both trained: one failed in 2 of {SEEDS} runs",
        f"1 of {SEEDS} runs of one collapsed.",
        f"1 of {SEEDS} runs of zeros ended more than ten margins below the others.",
    ):
        assert words in row["headline"]
    assert "of zeros collapsed" not in row["headline"]


def test_equivalence_at_the_best_rate_says_what_twenty_seeds_cannot_exclude():
    row = row_at_best(at_best({"one": (-4.0, 0.0)}))
    assert row["verdict"] == "equivalent"
    assert "0 of 20 seeds of one collapsed: up to 17 % could" in row["headline"]


@pytest.mark.parametrize(("share", "told"), [(0.004, 0), (0.3, 1), (1.4, 1), (1.6, 2)])
def test_a_collapse_that_few_halves_see_is_not_rounded_away(share, told):
    runs = at_best({"one": (-4.0, 0.0)})
    tuned = tuned_of(runs).assign(collapsed=share, seeds_collapsed=share / 2)
    row = of(verdicts(runs, tuned=tuned), "accuracy").loc[BEST]
    assert row["collapsed"] == told
    assert (f"{told} of 20 runs of one collapsed" in row["headline"]) == (told > 0)
    seeds = min(told, 1)
    assert f"{seeds} of 20 seeds of one collapsed: up to" in row["headline"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("points", "words"),
    [(10.0, "ended more than ten margins below the others"), (30.0, "collapsed.")],
)
def test_where_one_run_in_twenty_falls_each_that_is_seen_at_the_chosen_rate_is_named(points, words):
    """Studies without an effect but that: of either arm, it is named exactly where it was seen."""
    rng = np.random.default_rng(11)
    seen = {True: 0, False: 0}
    for key in range(12):
        runs = at_best({"one": (-200.0, 0.0)}, gap=200.0, key=key)
        falls = rng.uniform(size=len(runs)) < 0.05
        runs.loc[falls, ["final_accuracy", "validation_accuracy"]] -= points
        row = row_at_best(runs)
        at_rate = runs[falls & (runs["learning_rate"] == 0.02)]
        for scheme in ("zeros", "one"):
            lost = int((at_rate["scheme"] == scheme).sum())
            named = f"{lost} of 20 runs of {scheme} {words}" in row["headline"]
            assert named == (lost > 0)
            seen[named] += 1
    assert min(seen.values()) > 3


@pytest.mark.slow
@pytest.mark.parametrize("gap", [0.0, 0.3])
def test_where_rates_are_nearly_tied_what_any_choice_sees_is_named(gap):
    """Each half that judges a fallen run at its rate did not see it when it chose."""
    named = 0
    for key in range(8):
        runs = at_best({"one": (-gap, 0.0)}, gap=gap, key=key, deviation=1.0)
        rng = np.random.default_rng(key)
        falls = (runs["scheme"] == "one") & (rng.uniform(size=len(runs)) < 0.05)
        runs.loc[falls, ["final_accuracy", "validation_accuracy"]] -= 30.0
        tuned = tuned_of(runs)
        row = of(verdicts(runs, tuned=tuned), "accuracy").loc[BEST]
        assert row["collapsed"] <= falls.sum()
        assert (row["collapsed"] > 0) == (tuned["collapsed"].item() >= 0.01)
        assert ("runs of one collapsed" in row["headline"]) == (row["collapsed"] > 0)
        named += row["collapsed"] > 0
    assert named > 4


def test_new_test_images_are_said_of_common_rates_and_not_of_own_best_ones():
    """Their intervals are those of the contrasts at common rates."""
    runs = at_best({"one": (-4.0, 0.0)})
    found = pd.DataFrame(
        {"normalization": "none", "scheme": "one", "cell": ["all", LOW, HIGH],
         "lower": -0.3, "upper": 0.3}
    )  # fmt: skip
    images = {"correct": pd.DataFrame(), "test_images": {"digits": 597}}
    schemes = ("zeros", "one")
    with (
        only_what_decides(),
        mock.patch.object(judging, "new_test_set_family", return_value=found),
    ):
        table = analysed(
            runs, schemes=schemes, margins=MARGINS, tuned=tuned_of(runs), **images
        )["verdicts"]  # fmt: skip
    rows = of(table, "accuracy")
    assert (rows["new_test_set_upper"].drop(BEST) == 0.3).all()
    assert np.isnan(rows.loc[BEST, "new_test_set_upper"])
    assert "on new images" not in rows.loc[BEST, "headline"]


# --- what is not there


def test_runs_that_do_not_say_whether_they_failed_have_no_verdict_on_failures():
    runs = study({"one": (0.0, 0.0)}).drop(columns="failed")
    tables = judged(runs)
    assert set(tables["verdicts"]["outcome"]) == {"accuracy", "collapse"}
    assert tables["verdicts"][["failed", "reference_failed"]].isna().all(axis=None)
    unknown = ["failed", "seeds_failed", "rate", "lower", "upper", "diverged", "never_learned"]
    assert tables["failure_rates"][unknown].isna().all(axis=None)
    assert (tables["failure_rates"]["runs"] > 0).all()


def without(runs, **levels):
    """Return the runs without those of these levels."""
    return runs[~np.all([runs[name] == level for name, level in levels.items()], axis=0)]


def test_a_condition_without_runs_of_a_scheme_is_told_with_the_verdict_of_the_others():
    runs = without(
        study({"one": (-3.0, -3.0), "two": (0.0, 0.0)}), scheme="one", learning_rate=0.02
    )
    found = verdicts(runs)
    told = found.set_index(["outcome", "scheme", "cell"])["left_out"]
    reason = "learning rate 0.02: there are no runs of one"
    assert told["accuracy", "one", "all"] == told["failure", "one", "all"] == reason
    assert set(told.drop(index=[(o, "one", "all") for o in set(found["outcome"])])) == {""}
    headlines = found.set_index(["outcome", "scheme"])["headline"]
    assert f"No part of it is {reason}." in headlines["accuracy", "one"]


def test_a_condition_without_a_common_seed_is_told():
    runs = study({"one": (0.0, 0.0)})
    apart = (runs["scheme"] == "one") & (runs["learning_rate"] == 0.005)
    runs.loc[apart, "seed"] += 100
    row = of(verdicts(runs), "accuracy").loc["all"]
    assert row["left_out"] == "learning rate 0.005: no seed is common to the runs of both"
    assert row["verdict"] == "equivalent"


def test_an_interaction_never_crosses_two_conditions():
    """With one condition each, which are not the same, there is nothing to compare."""
    both = [
        without(study({"one": (-3.0, 0.0)}), scheme="one", learning_rate=rate).assign(
            normalization=level
        )
        for rate, level in ((0.02, "none"), (0.005, "batchnorm_shift"))
    ]
    found = verdicts(pd.concat(both, ignore_index=True))
    row = found[found["outcome"] == "interaction"].iloc[0]
    assert row["verdict"] == "not estimable"
    assert np.isnan(row["estimate"])


def test_an_interaction_counts_the_runs_without_and_with_batch_normalisation_alone():
    """A third level, of networks with another normalisation, is judged by itself."""
    levels = {"none": -3.0, "batchnorm_shift": 0.0, "norm_shift": -3.0}
    parts = [
        study({"one": (points,)}, rates=(0.02,), key=key).assign(normalization=level)
        for key, (level, points) in enumerate(levels.items())
    ]
    runs = pd.concat(parts, ignore_index=True)
    runs = fail(runs, (runs["normalization"] == "norm_shift") & (runs["seed"] < 2))
    found = verdicts(runs).set_index(["outcome", "normalization"])
    crossed = found.loc[("interaction", "batchnorm_shift - none")]
    assert (crossed["runs"], crossed["failed"], crossed["seeds"]) == (2 * SEEDS, 0, SEEDS)
    assert crossed["estimate"] == pytest.approx(3.0, abs=0.3)
    third = found.loc[("accuracy", "norm_shift")]
    assert (third["runs"], third["failed"], third["left_out"]) == (SEEDS, 2, "")
    assert third["headline"].startswith("With the network's own normalisation, ")


def test_each_arm_has_its_own_number_of_runs():
    runs = study({"one": (0.0,)}, rates=(0.02,))
    few = runs[(runs["scheme"] == "one") | (runs["seed"] < 8)].reset_index(drop=True)
    lost = fail(few, (few["scheme"] == "zeros") & (few["seed"] < 4))
    row = of(verdicts(lost), "accuracy").loc["all"]
    assert (row["runs"], row["reference_runs"]) == (20, 8)
    assert "one failed in 0 of 20 runs and zeros in 4 of 8." in row["headline"]
