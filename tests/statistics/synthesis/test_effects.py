"""The effect of each scheme in each condition of one study."""

import math

import numpy as np
import pandas as pd
import pytest

from biasinit.metric import ACCURACY
from biasinit.statistics.paired.tuned_rates import tuned_contrasts
from biasinit.statistics.synthesis.effects import (
    EFFECTS,
    effects_of_study,
    rate_slopes_of_study,
)


def runs(rates=(0.02,), seeds=10, seed=1):
    """Return runs of two networks in which 1.0 loses 2 points, more at higher rates."""
    rng = np.random.default_rng(seed)
    rows = [
        {
            "dataset": "digits",
            "architecture": architecture,
            "weight_init": "he",
            "input_scaling": "standardized",
            "optimizer": "sgd",
            "normalization": normalization,
            "learning_rate": rate,
            "scheme": scheme,
            "seed": number,
            "final_accuracy": 90
            + rng.normal(0, 0.5)
            - (2 + place) * (scheme == "1.0")
            - (3 * place if scheme == "zeros" else 0),
            "validation_accuracy": 90.0 + rng.normal(0, 0.5) - 3 * place,
            "epochs_to_threshold": math.exp(rng.normal(0, 0.1)) * (2 if scheme == "1.0" else 1),
            "reached": True,
            "failed": False,
        }
        for architecture in ("small", "deep")
        for normalization in ("none", "batchnorm_shift", "batchnorm")
        for place, rate in enumerate(rates)
        for scheme in ("zeros", "0.01", "1.0")
        for number in range(seeds)
    ]
    return pd.DataFrame(rows)


KEYS = {
    "reference": "zeros",
    "schemes": ["zeros", "0.01", "1.0"],
    "margins": {"digits": 0.5},
    "speed_margin": (0.8, 1.25),
    "collapse_points": 15.0,
}


FIT = {name: value for name, value in KEYS.items() if name != "speed_margin"}


def test_with_one_rate_it_is_the_mean_difference_within_seeds():
    table = runs()
    found = effects_of_study(table, **KEYS)
    assert list(found) == list(EFFECTS)
    assert len(found) == 2 * 2 * 2 * 2  # outcomes, networks, normalisations, schemes
    here = table[(table["architecture"] == "deep") & (table["normalization"] == "none")]
    wide = here.pivot(index="seed", columns="scheme", values="final_accuracy")
    differences = wide["1.0"] - wide["zeros"]
    row = found[
        (found["outcome"] == "accuracy")
        & (found["architecture"] == "deep")
        & (found["normalization"] == "none")
        & (found["scheme"] == "1.0")
    ].iloc[0]
    assert row["estimate"] == pytest.approx(differences.mean())
    assert row["standard_error"] == pytest.approx(differences.sem())
    assert (row["df"], row["seeds"], row["runs"], row["failed"]) == (9, 10, 10, 0)
    assert row["learning_rates"] == "0.02"


def test_speed_is_the_logarithm_of_times_as_fast():
    found = effects_of_study(runs(), **KEYS)
    speed = found[(found["outcome"] == "speed") & (found["scheme"] == "1.0")]
    assert np.allclose(speed["estimate"], -math.log(2), atol=0.15)
    assert np.allclose(speed["margin"], math.log(1.25))


def test_with_several_rates_each_scheme_has_its_own():
    table = runs(rates=(0.005, 0.02))
    found = effects_of_study(table, **KEYS)
    part = table[(table["architecture"] == "small")]
    expected = tuned_contrasts(
        part, **FIT, metric=ACCURACY, alpha=0.05, resamples=99, analysis_seed=0
    )
    accuracy = found[(found["outcome"] == "accuracy") & (found["architecture"] == "small")]
    joined = accuracy.merge(expected, on=["normalization", "scheme"], suffixes=("", "_expected"))
    assert len(joined) == 4
    for name in ("estimate", "standard_error", "df"):
        assert np.allclose(joined[name], joined[f"{name}_expected"])


def test_failed_runs_are_counted_and_have_no_accuracy():
    table = runs()
    failed = (table["scheme"] == "1.0") & (table["seed"] < 3)
    table.loc[failed, "failed"] = True
    table.loc[failed, "final_accuracy"] = 10.0
    found = effects_of_study(table, **KEYS).query("scheme == '1.0' and outcome == 'accuracy'")
    assert (found["failed"] == 3).all()
    assert (found["seeds"] == 7).all()
    assert (found["estimate"] > -4).all()


def test_what_did_not_reach_the_threshold_has_no_time_and_is_counted():
    table = runs()
    missed = (table["scheme"] == "1.0") & (table["seed"] < 4)
    table.loc[missed, "reached"] = False
    found = effects_of_study(table, **KEYS).query("scheme == '1.0' and outcome == 'speed'")
    assert (found["failed"] == 4).all()
    assert (found["seeds"] == 6).all()


def test_the_margin_of_speed_is_the_nearer_end_of_the_registered_one():
    found = effects_of_study(runs(), **KEYS | {"speed_margin": (0.5, 1.1)})
    assert np.allclose(found.query("outcome == 'speed'")["margin"], math.log(1.1))


def test_runs_brought_with_nothing_but_schemes_and_seeds_are_one_condition():
    table = runs()[["scheme", "seed", "final_accuracy", "architecture", "normalization"]]
    table = table[(table["architecture"] == "small") & (table["normalization"] == "none")]
    found = effects_of_study(table.drop(columns=["architecture", "normalization"]), **KEYS)
    assert found["outcome"].tolist() == ["accuracy", "accuracy"]
    assert found["estimate"].notna().all()


def test_a_slope_over_rates_is_that_of_each_doubling():
    table = runs(rates=(0.005, 0.01, 0.02, 0.04))
    found = rate_slopes_of_study(
        table, reference="zeros", schemes=["zeros", "1.0"], margins={"digits": 0.5}
    )
    none = found[(found["normalization"] == "none") & (found["architecture"] == "small")].iloc[0]
    # each doubling costs 1.0 a point, and zeros three
    assert none["slope"] == pytest.approx(2.0 / 0.5, abs=0.6)
    here = table[(table["architecture"] == "small") & (table["normalization"] == "none")]
    wide = here.pivot(index="seed", columns=["scheme", "learning_rate"], values="final_accuracy")
    slopes = [
        np.polyfit(np.log2([0.005, 0.01, 0.02, 0.04]), row, 1)[0]
        for row in (wide["1.0"] - wide["zeros"]).to_numpy()
    ]
    assert none["slope"] == pytest.approx(np.mean(slopes) / 0.5)
    assert none["error"] == pytest.approx(np.std(slopes, ddof=1) / math.sqrt(10) / 0.5)
