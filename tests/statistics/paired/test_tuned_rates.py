"""Each scheme at the learning rate that suits it: what is chosen, on what it is judged."""

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from biasinit.errors import NotEstimableError
from biasinit.statistics.paired.tuned_rates import TUNED_CONTRASTS, tuned_contrasts

RATES = (0.01, 0.1, 1.0)
PLAN = {
    "reference": "zeros",
    "schemes": ("zeros", "other"),
    "margins": {"digits": 1.0},
    "alpha": 0.05,
    "resamples": 2_000,
    "analysis_seed": 1,
    "tuning_seeds": 10,
}


def runs_of(rng, *, best=None, noise=0.5, seeds=30, effect=0.0, normalizations=("none",)):
    """Runs that lose 5 points away from a scheme's best rate; ``other`` has an effect."""
    best = best or {"zeros": 0.1, "other": 0.1}
    rows = []
    for normalization in normalizations:
        for scheme, rate_of_scheme in best.items():
            for rate in RATES:
                for seed in range(seeds):
                    loss = 0.0 if rate == rate_of_scheme else 5.0
                    gain = effect if scheme == "other" else 0.0
                    accuracy = 95 - loss + gain + noise * rng.normal()
                    rows.append(
                        {
                            "normalization": normalization,
                            "dataset": "digits",
                            "learning_rate": rate,
                            "scheme": scheme,
                            "seed": seed,
                            "final_accuracy": accuracy,
                            "validation_accuracy": accuracy + rng.normal(),
                            "failed": False,
                        }
                    )
    return pd.DataFrame(rows)


def test_each_scheme_gets_the_rate_that_is_best_on_validation(rng):
    runs = runs_of(rng, best={"zeros": 0.1, "other": 0.01})
    (row,) = tuned_contrasts(runs, **PLAN).to_dict("records")
    assert (row["learning_rates"], row["reference_learning_rates"]) == ("0.01", "0.1")
    assert row["at_edge"]
    assert not tuned_contrasts(runs_of(rng), **PLAN)["at_edge"].any()


def test_the_contrast_is_the_paired_t_test_of_the_seeds_that_chose_nothing(rng):
    runs = runs_of(rng, best={"zeros": 0.1, "other": 0.01}, effect=0.4)
    (row,) = tuned_contrasts(runs, **PLAN).to_dict("records")
    wide = runs.set_index(["scheme", "learning_rate", "seed"])["final_accuracy"].sort_index()
    difference = (wide["other", 0.01] - wide["zeros", 0.1])[10:]
    test = scipy.stats.ttest_1samp(difference, 0.0)
    assert row["seeds"] == 20
    assert row["estimate"] == pytest.approx(difference.mean())
    assert row["p"] == pytest.approx(test.pvalue)
    assert (row["lower"], row["upper"]) == pytest.approx(tuple(test.confidence_interval()))


def test_a_changed_test_accuracy_of_a_tuning_seed_changes_nothing(rng):
    runs = runs_of(rng)
    changed = runs.copy()
    changed.loc[changed["seed"] < 10, "final_accuracy"] = 0.0
    pd.testing.assert_frame_equal(tuned_contrasts(runs, **PLAN), tuned_contrasts(changed, **PLAN))


def test_a_rate_at_which_runs_fail_is_not_chosen(rng):
    runs = runs_of(rng)
    hit = (runs["scheme"] == "other") & (runs["learning_rate"] == 0.1) & (runs["seed"] == 3)
    runs.loc[hit, ["final_accuracy", "validation_accuracy"]] = 10.0
    runs.loc[hit, "failed"] = True
    (row,) = tuned_contrasts(runs, **PLAN).to_dict("records")
    assert row["learning_rates"] != "0.1"


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
    (row,) = tuned_contrasts(pd.concat([one, two]), **PLAN).to_dict("records")
    assert row["learning_rates"] == "0.01, 1.0"
    assert row["reference_learning_rates"] == "0.1, 0.1"
    assert abs(row["estimate"]) < 1


def test_without_rates_to_choose_from_or_seeds_to_judge_on_it_says_so(rng):
    runs = runs_of(rng)
    with pytest.raises(NotEstimableError, match="needs two of them"):
        tuned_contrasts(runs[runs["learning_rate"] == 0.1], **PLAN)
    with pytest.raises(NotEstimableError, match="30 of 30 seeds leaves none"):
        tuned_contrasts(runs, **(PLAN | {"tuning_seeds": 30}))


@pytest.mark.slow
def test_choosing_costs_no_type_i_error_and_finds_an_effect():
    """Equal schemes whose rates differ by chance alone; then an effect of 1.5 SD of a run."""
    rng = np.random.default_rng(11)
    flat = {"zeros": 9.0, "other": 9.0}  # no rate is better than another
    null = [
        tuned_contrasts(runs_of(rng, best=flat, seeds=20), **PLAN)["p"].iloc[0] < 0.05
        for _ in range(400)
    ]
    known = [
        tuned_contrasts(runs_of(rng, seeds=20, effect=0.75), **PLAN)["p"].iloc[0] < 0.05
        for _ in range(100)
    ]
    assert scipy.stats.binomtest(sum(null), len(null), 0.05).pvalue > 0.001
    assert np.mean(known) > 0.7
