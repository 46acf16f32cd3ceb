"""Each scheme at the learning rate that suits it: what is chosen, on what it is judged."""

import re

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from biasinit.statistics.paired.tuned_rates import (
    TUNED_CONTRASTS,
    edges_in_words,
    tuned_contrasts,
)

RATES = (0.01, 0.1, 1.0)
PLAN = {
    "reference": "zeros",
    "schemes": ("zeros", "other"),
    "margins": {"digits": 1.0},
    "collapse_points": 15.0,
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


def only_row(runs, *, cell="all"):
    found = tuned_contrasts(runs, **PLAN)
    (row,) = found[found["cell"] == cell].to_dict("records")
    return row


def test_each_scheme_gets_the_rate_that_is_best_on_validation(rng):
    row = only_row(runs_of(rng, best={"zeros": 0.1, "other": 0.01}))
    assert (row["learning_rates"], row["reference_learning_rates"]) == ("0.01", "0.1")
    assert (row["at_edge"], row["reference_at_edge"]) == ("lowest", "")
    row = only_row(runs_of(rng, best={"zeros": 1.0, "other": 0.1}))
    assert (row["at_edge"], row["reference_at_edge"]) == ("", "highest")


def test_where_the_choice_is_clear_it_is_the_paired_t_test_of_all_seeds(rng):
    runs = runs_of(rng, best={"zeros": 0.1, "other": 0.01}, effect=0.4, loss=50.0)
    row = only_row(runs)
    wide = runs.set_index(["scheme", "learning_rate", "seed"])["final_accuracy"].sort_index()
    difference = wide["other", 0.01] - wide["zeros", 0.1]
    test = scipy.stats.ttest_1samp(difference, 0.0)
    assert row["seeds"] == 30
    assert row["estimate"] == pytest.approx(difference.mean())
    assert (row["df"], row["p"]) == pytest.approx((29, test.pvalue))
    assert (row["lower"], row["upper"]) == pytest.approx(tuple(test.confidence_interval()))


def test_rates_that_some_seeds_chose_are_named_with_their_share(rng):
    row = only_row(runs_of(rng, loss=0.0))
    shares = re.findall(r"([\d.]+) \((\d+) %\)", row["learning_rates"])
    assert {float(rate) for rate, _ in shares} <= set(RATES)
    assert sum(int(share) for _, share in shares) == pytest.approx(100, abs=3)
    ordered = [int(share) for _, share in shares]
    assert ordered == sorted(ordered, reverse=True)


def test_an_end_of_the_grid_counts_where_a_tenth_of_the_halves_chose_it():
    shares = pd.DataFrame([[0.05, 0.85, 0.1]], columns=list(RATES), index=["the only cell"])
    assert edges_in_words(shares) == "highest"
    both = pd.concat([shares, shares[shares.columns[::-1]].set_axis(RATES, axis=1)])
    assert edges_in_words(both) == "lowest and highest"


def test_a_rate_at_which_a_run_failed_is_chosen_only_by_halves_that_did_not_see_it(rng):
    runs = runs_of(rng, loss=0.5)
    fail(runs, scheme="other", rate=0.1, seed=3)
    share = re.search(r"(?:^| )0\.1 \((\d+) %\)", only_row(runs)["learning_rates"])
    assert share is not None
    assert int(share.group(1)) == pytest.approx(50, abs=8)


def test_a_failed_run_of_which_no_accuracy_is_known_counts_as_nothing(rng):
    runs = runs_of(rng, loss=0.1)
    for seed in range(17):
        fail(runs, scheme="other", rate=0.1, seed=seed, accuracy=np.nan)
    assert not re.search(r"(?:^| )0\.1(?: |$)", only_row(runs)["learning_rates"])


def test_a_pair_with_a_failed_run_is_set_apart_and_counted(rng):
    runs = runs_of(rng, loss=50.0)
    fail(runs, scheme="other", rate=0.1, seed=3)
    fail(runs, scheme="zeros", rate=0.1, seed=3)
    fail(runs, scheme="zeros", rate=0.1, seed=5)
    fail(runs, scheme="zeros", rate=1.0, seed=6)  # at a rate that nobody chose
    row = only_row(runs)
    assert row["learning_rates"] == row["reference_learning_rates"] == "0.1"
    assert (row["set_apart"], row["failed"], row["reference_failed"]) == pytest.approx((2, 1, 2))
    assert (row["seeds"], row["basis"]) == (28, "seeds where both trained")
    assert abs(row["estimate"]) < 1


def hand_counted():
    """Runs of four seeds of which seed 0 alone wants the rate 0.01, and outvotes any other.

    Two of four seeds choose, so a seed other than 0 is judged by three sets, of which two have
    seed 0 in them and choose 0.01; seed 0 itself is judged at 0.1 alone. The reference always
    chooses 0.1.
    """
    runs = runs_of(np.random.default_rng(1), seeds=4, noise=0.0)
    runs = runs[runs["learning_rate"] < 1].assign(final_accuracy=95.0)
    dissents = (runs["scheme"] == "other") & (runs["seed"] == 0)
    wanted = np.where(dissents, 0.01, 0.1)
    gain = np.where(dissents, 9.0, 1.0)
    runs["validation_accuracy"] = 90.0 + gain * (runs["learning_rate"] == wanted)
    return runs


def spoil(runs, *, rate, seed, accuracy, scheme="other"):
    hit = (runs["scheme"] == scheme) & (runs["learning_rate"] == rate) & (runs["seed"] == seed)
    runs.loc[hit, "final_accuracy"] = accuracy
    if accuracy == 10.0:
        runs.loc[hit, "failed"] = True


COUNTS = ("failed", "collapsed", "stray", "seeds_trained", "seeds_collapsed")


def counts_of(row, names=COUNTS):
    return tuple(row[name] for name in names)


def test_what_befell_runs_is_a_mean_over_the_halves_that_judge_them():
    """The table of ``hand_counted``, in which all end at 95 but for what is spoilt."""
    runs = hand_counted()
    row = only_row(runs)
    assert row["learning_rates"] == "0.01 (50 %), 0.1 (50 %)"
    assert row["pairs"] == pytest.approx(4)
    assert counts_of(row) == pytest.approx((0, 0, 0, 4, 0))
    spoil(runs, rate=0.1, seed=0, accuracy=75.0)  # every set that judges seed 0
    assert counts_of(only_row(runs)) == pytest.approx((0, 1, 0, 4, 1))
    spoil(runs, rate=0.01, seed=0, accuracy=10.0)  # none
    assert counts_of(only_row(runs)) == pytest.approx((0, 1, 0, 4, 1))
    spoil(runs, rate=0.01, seed=1, accuracy=84.5)  # two of three; ten margins are 10 points
    assert counts_of(only_row(runs)) == pytest.approx((0, 1, 2 / 3, 4, 1))
    spoil(runs, rate=0.1, seed=2, accuracy=10.0)  # one of three
    assert counts_of(only_row(runs)) == pytest.approx((1 / 3, 1, 2 / 3, 4 - 1 / 3, 1))
    spoil(runs, rate=0.1, seed=3, accuracy=75.0, scheme="zeros")
    spoil(runs, rate=0.01, seed=2, accuracy=10.0, scheme="zeros")  # where the reference never is
    row = only_row(runs)
    reference = tuple(f"reference_{name}" for name in ("failed", "collapsed", "stray"))
    assert counts_of(row, reference) == pytest.approx((0, 1, 0))
    assert counts_of(row) == pytest.approx((1 / 3, 1, 2 / 3, 4 - 1 / 3, 1))


def test_over_several_cells_runs_are_summed_and_a_seed_counts_once(rng):
    one, two = (runs_of(rng, seeds=12, loss=50.0) for _ in range(2))
    spoil(one, rate=0.1, seed=3, accuracy=60.0)
    spoil(one, rate=0.1, seed=4, accuracy=60.0)
    spoil(two, rate=0.1, seed=3, accuracy=60.0)
    spoil(two, rate=0.1, seed=5, accuracy=10.0)
    runs = pd.concat([one.assign(optimizer="a"), two.assign(optimizer="b")])
    assert counts_of(only_row(runs)) == pytest.approx((1, 3, 0, 12, 2))
    assert counts_of(only_row(runs, cell="optimizer a")) == pytest.approx((0, 2, 0, 12, 2))
    assert counts_of(only_row(runs, cell="optimizer b")) == pytest.approx((1, 1, 0, 11, 1))


def test_a_collapse_is_not_known_at_a_rate_where_the_reference_never_trains(rng):
    """So nobody says that none was seen; a run far below its own arm is a stray all the same."""
    runs = runs_of(rng, best={"zeros": 0.1, "other": 0.01}, seeds=12, loss=50.0)
    for seed in range(12):
        fail(runs, scheme="zeros", rate=0.01, seed=seed)
    spoil(runs, rate=0.01, seed=3, accuracy=60.0)
    row = only_row(runs)
    assert (row["learning_rates"], row["reference_learning_rates"]) == ("0.01", "0.1")
    assert counts_of(row) == pytest.approx((0, 0, 1, 0, 0))


def test_a_run_that_failed_in_one_cell_takes_nothing_from_the_others(rng):
    """The estimate is the mean over cells of what each cell's pairs say."""
    one, two = (runs_of(rng, seeds=12, effect=gain, loss=50.0) for gain in (0.0, 4.0))
    fail(one, scheme="other", rate=0.1, seed=3)
    runs = pd.concat([one.assign(optimizer="a"), two.assign(optimizer="b")])
    row = only_row(runs)
    keys = ["optimizer", "scheme", "learning_rate", "seed"]
    wide = runs.set_index(keys)["final_accuracy"].sort_index()
    a, b = (wide[name, "other", 0.1] - wide[name, "zeros", 0.1] for name in "ab")
    assert row["estimate"] == pytest.approx((a.drop(3).mean() + b.mean()) / 2)
    assert row["seeds"] == 11  # of the cell with the fewest
    single = [only_row(runs, cell=f"optimizer {name}") for name in "ab"]
    assert [one["estimate"] for one in single] == pytest.approx([a.drop(3).mean(), b.mean()])
    assert [one["seeds"] for one in single] == [11, 12]


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
    [lambda runs: runs["learning_rate"] == 0.1, lambda runs: runs["seed"] < 3],
    ids=["one rate", "three seeds"],
)
def test_without_rates_to_choose_from_or_seeds_to_judge_on_there_are_no_rows(rng, keep):
    runs = runs_of(rng)
    table = tuned_contrasts(runs[keep(runs)], **PLAN)
    assert table.empty
    assert list(table.columns) == list(TUNED_CONTRASTS)
    unknown = runs.assign(validation_accuracy=np.nan)
    assert tuned_contrasts(unknown, **PLAN).empty
