"""How far twins are from each other: asymmetry of scores, distance of biases, means over seeds."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from biasinit.statistics.inference.seed_means import means_over_seeds
from biasinit.statistics.layers.twins import summarise_twins

RATES = (0.01, 0.05)
SEEDS = range(4)
FACTORS = {
    "dataset": "digits",
    "weight_init": "he",
    "input_scaling": "standardized",
    "optimizer": "sgd",
}


def runs(*, schemes=("zeros", "normal"), normalizations=("none",)):
    """Return the key of every run of untied twins and of twins that share everything."""
    names = ("architecture", "learning_rate", "normalization", "scheme", "seed")
    keys = product(("shared", "untied"), RATES, normalizations, schemes, SEEDS)
    return [FACTORS | dict(zip(names, key, strict=True)) for key in keys]


def runs_of(found):
    return pd.DataFrame(found).assign(failed=False)


def summary(found, *, failed=lambda runs: runs["seed"] < 0):
    runs = runs_of(found)
    runs.loc[failed(runs), "failed"] = True
    schemes = [name for name in ("zeros", "normal") if (runs["scheme"] == name).any()]
    return summarise_twins(
        runs,
        curves_of(found),
        layers_of(found),
        schemes=schemes,
        architectures=["untied", "shared"],
    )


def asymmetry_of(run, step):
    apart = run["architecture"] == "untied"
    return apart * (step / 10 + run["seed"] + (run["learning_rate"] == RATES[0]))


def curves_of(found):
    return pd.DataFrame(
        [run | {"step": step, "asymmetry": asymmetry_of(run, step)}
         for run in found for step in (0, 5, 20)]
    )  # fmt: skip


def layers_of(found):
    """Return distances of 3 and 4 in two layers, times the seed and one; none where shared."""
    return pd.DataFrame(
        [
            run
            | {
                "when": when,
                "layer": layer,
                "twin_bias_distance": length * (run["seed"] + 1)
                if run["architecture"] == "untied"
                else np.nan,
            }
            for run in found
            for when in ("start", "epoch 1", "end")
            for layer, length in (("conv1", 3.0), ("dense1", 4.0), ("conv1_right", np.nan))
        ]
    )


def test_each_seed_counts_once_with_its_mean_over_the_other_factors():
    found = runs()
    table = summary(found)
    row = table[
        (table["architecture"] == "untied")
        & (table["scheme"] == "normal")
        & (table["when"] == "end")
        & (table["quantity"] == "asymmetry")
    ].iloc[0]
    by_seed = [np.mean([2.0 + seed + 1, 2.0 + seed]) for seed in SEEDS]
    assert row["estimate"] == pytest.approx(np.mean(by_seed), rel=1e-12)
    bounds = scipy.stats.ttest_1samp(by_seed, 0).confidence_interval(0.95)
    assert (row["lower"], row["upper"]) == pytest.approx((bounds.low, bounds.high), rel=1e-9)
    assert row["runs"] == len(SEEDS) * len(RATES)


def test_biases_of_all_layers_are_one_vector():
    """Distances of 3 and 4 in two layers are one of 5."""
    found = runs(schemes=("normal",))
    table = summary(found)
    distances = table[table["quantity"] == "bias_distance"]
    assert set(distances["architecture"]) == {"untied"}  # the others share their biases
    assert distances["estimate"].tolist() == pytest.approx([5 * 2.5] * 2)
    assert set(distances["when"]) == {"start", "end"}


def test_twins_that_share_everything_are_symmetric_at_every_moment():
    found = runs()
    table = summary(found)
    shared = table[table["architecture"] == "shared"]
    assert (shared[["estimate", "lower", "upper"]] == 0).all(axis=None)


def test_a_failed_run_is_left_out_and_counted_out():
    """Where it stopped, its biases may be anywhere."""
    found = runs(schemes=("zeros",))
    table = summary(
        found,
        failed=lambda runs: (runs["seed"] == 3) & (runs["learning_rate"] == RATES[1]),
    )
    assert set(table["runs"]) == {7}
    distance = table[(table["quantity"] == "bias_distance") & (table["when"] == "end")].iloc[0]
    assert distance["estimate"] == pytest.approx(5 * 2.5)  # seed 3 has another run


def test_architectures_stand_in_the_order_of_the_study():
    table = summary(runs(schemes=("zeros",)))
    assert list(dict.fromkeys(table["architecture"])) == ["untied", "shared"]


def test_the_identity_check_and_the_replicate_enter_no_row():
    found = runs(schemes=("zeros", "zeros_again"), normalizations=("none", "batchnorm"))
    table = summary(found)
    assert set(table["normalization"]) == {"none"}
    assert set(table["scheme"]) == {"zeros"}


@pytest.mark.parametrize("truth", [0.0, 2.5], ids=["nothing there", "known effect"])
def test_intervals_of_means_over_seeds_hold_as_often_as_they_say(rng, truth):
    """With a seed's cells alike, the interval holds in 95 % of tables: seeds are the units."""
    tables, seeds, cells = 2_000, 6, 3
    of_seed = rng.normal(truth, 1.0, size=(tables, seeds, 1))
    values = of_seed + rng.normal(0, 0.1, size=(tables, seeds, cells))
    table, seed, _ = np.indices(values.shape)
    frame = pd.DataFrame({"table": table.ravel(), "seed": seed.ravel(), "value": values.ravel()})
    found = means_over_seeds(frame, ["table"])
    holds = int(((found["lower"] <= truth) & (truth <= found["upper"])).sum())
    band = scipy.stats.binom.interval(0.999, tables, 0.95)
    assert band[0] <= holds <= band[1]
    assert found["estimate"].mean() == pytest.approx(truth, abs=4 / np.sqrt(tables * seeds))


def test_one_seed_has_a_mean_and_no_interval():
    frame = pd.DataFrame({"scheme": "zeros", "seed": 1, "value": [1.0, 3.0]})
    (row,) = means_over_seeds(frame, ["scheme"]).to_dict("records")
    assert (row["estimate"], row["runs"]) == (2.0, 2)
    assert np.isnan([row["lower"], row["upper"]]).all()
