"""Each scheme at the learning rate that suits it: what is chosen, on what it is judged."""

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from biasinit.statistics.inference.binomial import clopper_pearson
from biasinit.statistics.paired.available_pairs import seed_values
from biasinit.statistics.paired.tuned_rates import (
    TUNED_CONTRASTS,
    halves_of_seeds,
    tuned_contrasts,
)

RATES = (0.01, 0.1, 1.0)
PLAN = {
    "reference": "zeros",
    "schemes": ("zeros", "other"),
    "margins": {"digits": 1.0},
    "alpha": 0.05,
    "resamples": 2_000,
    "analysis_seed": 1,
}


def runs_of(rng, *, best=None, noise=0.5, seeds=30, effect=0.0, loss=5.0, normalizations=("none",)):
    """Runs that lose ``loss`` points away from a scheme's best rate; ``other`` has an effect."""
    best = best or {"zeros": 0.1, "other": 0.1}
    rows = []
    for normalization in normalizations:
        for scheme, rate_of_scheme in best.items():
            for rate in RATES:
                gain = effect if scheme == "other" else 0.0
                mean = 95 + gain - (0.0 if rate == rate_of_scheme else loss)
                accuracy = mean + noise * rng.normal(size=seeds)
                rows.append(
                    pd.DataFrame(
                        {
                            "normalization": normalization,
                            "dataset": "digits",
                            "learning_rate": rate,
                            "scheme": scheme,
                            "seed": range(seeds),
                            "final_accuracy": accuracy,
                            "validation_accuracy": accuracy + rng.normal(size=seeds),
                            "failed": False,
                        }
                    )
                )
    return pd.concat(rows, ignore_index=True)


def fail(runs, *, scheme, rate, seed, accuracy=10.0):
    hit = (runs["scheme"] == scheme) & (runs["learning_rate"] == rate) & (runs["seed"] == seed)
    runs.loc[hit, ["final_accuracy", "validation_accuracy"]] = accuracy
    runs.loc[hit, "failed"] = True


def only_row(runs):
    (row,) = tuned_contrasts(runs, **PLAN).to_dict("records")
    return row


def test_each_scheme_gets_the_rate_that_is_best_on_validation(rng):
    row = only_row(runs_of(rng, best={"zeros": 0.1, "other": 0.01}))
    assert (row["learning_rates"], row["reference_learning_rates"]) == ("0.01", "0.1")
    assert (row["at_edge"], row["reference_at_edge"]) == ("lowest", "")
    row = only_row(runs_of(rng, best={"zeros": 1.0, "other": 0.1}))
    assert (row["at_edge"], row["reference_at_edge"]) == ("", "highest")


def test_each_half_of_the_seeds_is_judged_at_the_rates_that_the_other_half_chose(rng):
    """Every seed gives one difference, and the row is their paired t-test."""
    runs = runs_of(rng, effect=0.4)
    odd = runs["seed"] % 2 == 1
    # the odd seeds prefer 0.01 for "other" on validation, and the even ones 1.0
    for seeds, rate in ((odd, 0.01), (~odd, 1.0)):
        liked = seeds & (runs["scheme"] == "other") & (runs["learning_rate"] == rate)
        runs.loc[liked, "validation_accuracy"] = 99.0
    row = only_row(runs)
    wide = runs.set_index(["scheme", "learning_rate", "seed"])["final_accuracy"].sort_index()
    at_low, at_high = (wide["other", rate] - wide["zeros", 0.1] for rate in (0.01, 1.0))
    difference = np.where(np.arange(30) % 2 == 0, at_low, at_high)
    test = scipy.stats.ttest_1samp(difference, 0.0)
    assert row["seeds"] == 30
    assert row["learning_rates"] == "0.01 in one half, 1.0 in the other"
    assert row["at_edge"] == "lowest and highest"
    assert row["estimate"] == pytest.approx(difference.mean())
    assert (row["df"], row["p"]) == pytest.approx((29, test.pvalue))
    assert (row["lower"], row["upper"]) == pytest.approx(tuple(test.confidence_interval()))


def test_the_halves_are_every_other_seed_in_order():
    seeds = pd.Series([7, 3, 11, 3, 40])
    assert halves_of_seeds(seeds).tolist() == [1, 0, 0, 0, 1]


def test_a_seed_has_no_part_in_the_choice_of_its_own_rates(rng):
    """A seed whose validation is best where its test accuracy is worst is not judged there."""
    runs = runs_of(rng)
    mine = (runs["seed"] == 4) & (runs["scheme"] == "other")
    runs.loc[mine & (runs["learning_rate"] == 1.0), "validation_accuracy"] = 1e6
    runs.loc[mine & (runs["learning_rate"] == 1.0), "final_accuracy"] = 0.0
    row = only_row(runs)
    # the odd seeds are judged where seed 4 wants it, and the even ones are not
    assert row["learning_rates"] == "0.1 in one half, 1.0 in the other"
    assert row["estimate"] > -5


def test_a_rate_at_which_a_run_failed_is_chosen_only_for_the_half_that_did_not_see_it(rng):
    runs = runs_of(rng, loss=0.5)
    fail(runs, scheme="other", rate=0.1, seed=3)
    row = only_row(runs)
    first, second = row["learning_rates"].split(" in one half, ")
    assert "0.1" not in (first, second.removesuffix(" in the other"))[:1]
    assert second == "0.1 in the other"


def test_a_failed_run_of_which_no_accuracy_is_known_counts_as_nothing(rng):
    runs = runs_of(rng, loss=0.1)
    fail(runs, scheme="other", rate=0.1, seed=3, accuracy=np.nan)
    fail(runs, scheme="other", rate=0.1, seed=4, accuracy=np.nan)
    assert "0.1" not in only_row(runs)["learning_rates"].replace("0.01", "")


def test_a_pair_with_a_failed_run_is_set_apart_and_counted(rng):
    runs = runs_of(rng, loss=30.0)
    fail(runs, scheme="other", rate=0.1, seed=3)
    fail(runs, scheme="zeros", rate=0.1, seed=3)
    fail(runs, scheme="zeros", rate=0.1, seed=5)
    fail(runs, scheme="zeros", rate=1.0, seed=6)  # at a rate that nobody chose
    row = only_row(runs)
    assert row["learning_rates"] == row["reference_learning_rates"] == "0.1"
    assert (row["set_apart"], row["failed"], row["reference_failed"]) == (2, 1, 2)
    assert (row["seeds"], row["basis"]) == (28, "seeds where both trained")
    assert abs(row["estimate"]) < 1


def test_a_run_that_failed_in_one_cell_takes_nothing_from_the_others(rng):
    """The estimate is the mean over cells of what each cell's pairs say."""
    one, two = (runs_of(rng, seeds=12, effect=gain, loss=30.0) for gain in (0.0, 4.0))
    fail(one, scheme="other", rate=0.1, seed=3)
    runs = pd.concat([one.assign(optimizer="a"), two.assign(optimizer="b")])
    row = only_row(runs)
    keys = ["optimizer", "scheme", "learning_rate", "seed"]
    wide = runs.set_index(keys)["final_accuracy"].sort_index()
    a, b = (wide[name, "other", 0.1] - wide[name, "zeros", 0.1] for name in "ab")
    assert row["estimate"] == pytest.approx((a.drop(3).mean() + b.mean()) / 2)
    assert row["seeds"] == 12


def test_seed_values_have_the_variance_of_the_mean_over_cells():
    """Simulated: two correlated cells, of which the one lacks a third of its pairs."""
    rng = np.random.default_rng(4)
    estimates, errors = [], []
    for _ in range(4_000):
        shared = rng.normal(size=18)
        differences = shared + rng.normal(size=(2, 18))
        differences[0, rng.permutation(18)[:6]] = np.nan
        values = seed_values(differences)
        estimates.append(values.mean())
        errors.append(values.var(ddof=1) / len(values))
    assert np.mean(errors) == pytest.approx(np.var(estimates), rel=0.1)


def test_seed_values_are_the_means_of_the_seeds_where_no_pair_is_missing(rng):
    differences = rng.normal(size=(3, 8))
    np.testing.assert_allclose(seed_values(differences), differences.mean(axis=0))


def test_a_cell_without_any_pair_leaves_no_mean_over_cells(rng):
    differences = rng.normal(size=(3, 8))
    differences[1] = np.nan
    assert np.isnan(seed_values(differences)).all()


def test_every_normalisation_has_its_rows_and_all_are_one_family(rng):
    runs = runs_of(rng, normalizations=("none", "batchnorm_shift"))
    table = tuned_contrasts(runs, **PLAN)
    assert list(table.columns) == list(TUNED_CONTRASTS)
    assert list(table["normalization"]) == ["none", "batchnorm_shift"]
    alone = [
        tuned_contrasts(part, **PLAN)["p_adjusted"].item()
        for _, part in runs.groupby("normalization", sort=False)
    ]
    assert (table["p_adjusted"] >= alone).all()
    assert (table["p_adjusted"] > alone).any()


def test_other_factors_are_averaged_after_each_of_their_cells_had_its_rate(rng):
    one = runs_of(rng, best={"zeros": 0.1, "other": 0.01}).assign(optimizer="a")
    two = runs_of(rng, best={"zeros": 0.1, "other": 1.0}).assign(optimizer="b")
    row = only_row(pd.concat([one, two]))
    assert row["learning_rates"] == "optimizer a: 0.01; optimizer b: 1.0"
    assert row["reference_learning_rates"] == "0.1"
    assert abs(row["estimate"]) < 1


def test_an_arm_without_runs_is_kept_and_not_estimable(rng):
    table = tuned_contrasts(runs_of(rng), **(PLAN | {"schemes": ("zeros", "other", "third")}))
    row = table.set_index("scheme").loc["third"]
    assert np.isnan(row["estimate"])
    assert row["learning_rates"] == row["at_edge"] == ""


@pytest.mark.parametrize(
    "keep",
    [lambda runs: runs["learning_rate"] == 0.1, lambda runs: runs["seed"] == 0],
    ids=["one rate", "one seed"],
)
def test_without_rates_to_choose_from_or_seeds_to_judge_on_there_are_no_rows(rng, keep):
    runs = runs_of(rng)
    table = tuned_contrasts(runs[keep(runs)], **PLAN)
    assert table.empty
    assert list(table.columns) == list(TUNED_CONTRASTS)
    unknown = runs.assign(validation_accuracy=np.nan)
    assert tuned_contrasts(unknown, **PLAN).empty


TABLES = 300  # bench/statistics/tuned_rates.py has 2,000 of each


@pytest.mark.slow
@pytest.mark.parametrize("loss", [0.0, 0.1, 0.25, 5.0])
@pytest.mark.parametrize("effect", [0.0, 0.75])
def test_choosing_leaves_the_intervals_their_coverage(loss, effect):
    """Rates tied, nearly tied and clearly different; the truth is the gain at the best rates."""
    rng = np.random.default_rng(11)
    inside = 0
    for _ in range(TABLES):
        best = {"zeros": 0.1, "other": 0.01}
        row = only_row(runs_of(rng, best=best, seeds=20, effect=effect, loss=loss))
        inside += row["lower"] < effect < row["upper"]
    lower, upper = clopper_pearson(inside, TABLES)
    assert lower < 0.95 < upper + 0.02
