"""Conditions of several studies: each once, with what its interval says."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from biasinit.statistics.synthesis.conditions import (
    conditions_of,
    differ_in_optimizer_alone,
    in_margins,
    independent,
    poolable,
)
from biasinit.statistics.synthesis.moderators import NORMALIZATION, moderators_of
from biasinit.statistics.synthesis.pooled import POOLED, pooled_effects
from biasinit.statistics.synthesis.random_effects import random_effects


def row(**changes):
    return {
        "outcome": "accuracy",
        "normalization": "none",
        "scheme": "1.0",
        "condition": "digits, small",
        "setting": "digits small",
        "dataset": "digits",
        "architecture": changes.get("setting", "small"),
        "weight_init": "he",
        "input_scaling": "raw",
        "optimizer": "sgd",
        "study": "first",
        "learning_rates": "0.02",
        "estimate": -1.0,
        "standard_error": 0.1,
        "df": 19.0,
        "margin": 0.5,
        "seeds": 20.0,
        "runs": 20.0,
        "failed": 0.0,
        "reference_failed": 0.0,
        "depth": 3.0,
    } | changes


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, "worse beyond the margin"),
        ({"estimate": 1.0}, "better beyond the margin"),
        ({"estimate": -0.5}, "worse"),
        ({"estimate": 0.5}, "better"),
        ({"estimate": 0.05}, "equivalent"),
        ({"estimate": 0.25}, "different but negligible"),
        ({"estimate": 0.25, "seeds": 5.0, "df": 4.0, "standard_error": 0.05}, "better"),
        ({"estimate": 0.05, "standard_error": 0.5}, "inconclusive"),
        ({"estimate": 0.0, "standard_error": 0.0}, "identical"),
        ({"estimate": math.nan, "standard_error": math.nan, "df": math.nan}, "not estimable"),
        ({"failed": 11.0}, "fails"),
        ({"failed": 11.0, "reference_failed": 11.0}, "reference fails"),
        ({"failed": 10.0}, "worse beyond the margin"),
    ],
)
def test_a_verdict_is_what_the_interval_says(changes, verdict):
    found = conditions_of(pd.DataFrame([row(**changes)]))
    assert found["verdict"].tolist() == [verdict]


@pytest.mark.slow
def test_intervals_hold_for_all_schemes_of_a_condition_at_once():
    rng = np.random.default_rng(1)
    missed = 0
    for _ in range(1000):
        true = rng.uniform(0.1, 0.4, 6)
        estimates, errors = rng.normal(0, true), true * np.sqrt(rng.chisquare(9, 6) / 9)
        rows = [
            row(scheme=str(number), estimate=estimate, standard_error=error, df=9.0)
            for number, (estimate, error) in enumerate(zip(estimates, errors, strict=True))
        ]
        found = conditions_of(pd.DataFrame(rows))
        missed += ((found["lower"] > 0) | (found["upper"] < 0)).any()
    assert 30 <= missed <= 70


@given(
    estimate=st.floats(-3, 3),
    error=st.floats(0.01, 2),
    margin=st.floats(0.1, 2),
    seeds=st.integers(2, 40),
)
def test_no_verdict_disagrees_with_the_interval_beside_it(estimate, error, margin, seeds):
    frame = pd.DataFrame(
        [row(estimate=estimate, standard_error=error, margin=margin, seeds=seeds, df=seeds - 1)]
    )
    found = conditions_of(frame).iloc[0]
    inside = -margin < found["lower"] and found["upper"] < margin
    excludes = found["lower"] > 0 or found["upper"] < 0
    if found["verdict"] in {"equivalent", "different but negligible"}:
        assert inside
        assert excludes == (found["verdict"] == "different but negligible")
    elif found["verdict"] == "inconclusive":
        assert not excludes
    else:
        assert excludes
        beyond = found["lower"] > margin or found["upper"] < -margin
        assert ("beyond" in found["verdict"]) == beyond


def test_studies_of_one_setting_are_one_condition():
    frame = pd.DataFrame(
        [row(), row(study="second", estimate=0.0, margin=1.0, failed=1.0), row(scheme="0.01")]
    )
    found = conditions_of(frame).set_index("scheme")
    assert found.loc["1.0", ["studies", "margin", "seeds", "failed"]].tolist() == [
        "first, second",
        0.5,
        40.0,
        1.0,
    ]
    assert found.loc["1.0", "estimate"] == pytest.approx(-0.5)
    assert found.loc["1.0", "standard_error"] == pytest.approx(0.1 / math.sqrt(2))


def test_conditions_in_which_an_arm_fails_have_no_part_in_a_mean_and_are_counted():
    frame = pd.DataFrame(
        [row(condition=f"digits, {name}", setting=name) for name in "abc"]
        + [row(condition="digits, d", setting="d", failed=20.0, estimate=math.nan)]
        + [row(condition="digits, e", setting="e", reference_failed=20.0, estimate=math.nan)]
    )
    conditions = conditions_of(frame)
    assert len(poolable(conditions)) == 3
    pooled = pooled_effects(conditions)
    assert pooled[["conditions", "failing"]].to_numpy().tolist() == [[3, 1]]
    assert pooled["mean"].tolist() == [pytest.approx(-2)]


def test_effects_are_pooled_without_and_with_and_never_over_both():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        [
            row(condition=f"c{number}", setting=str(number), normalization=level, scheme=scheme,
                estimate=mean + rng.normal(0, 0.2))
            for level, mean in (("none", -1.0), ("batchnorm_shift", 0.0))
            for scheme in ("0.01", "1.0")
            for number in range(6)
        ]
    )  # fmt: skip
    found = pooled_effects(conditions_of(frame))
    assert list(found) == list(POOLED)
    assert found["normalization"].value_counts().to_dict() == {
        "none": 2,
        "batchnorm_shift": 2,
    }
    none = found[found["normalization"] == "none"]
    assert (none["mean"] + 2).abs().max() < 0.5
    assert (none["p_below"] > 0.9).all()
    assert (found["p_adjusted"] >= found["p"]).all()
    assert (found["conditions"] == 6).all()


def test_nothing_pools_to_nothing():
    failing = pd.DataFrame([row(failed=20.0, estimate=math.nan)])
    found = pooled_effects(conditions_of(failing))
    assert found["conditions"].tolist() == [0]
    assert found["mean"].isna().all()


def optimizers_and_others():
    """Return five conditions that differ in the optimiser alone, and three networks."""
    shared = [
        row(condition=f"o{number}", setting=f"o{number}", architecture="small",
            optimizer=f"rate-{number}", estimate=-1.0 - number / 10)
        for number in range(5)
    ]  # fmt: skip
    others = [row(condition=name, setting=name, estimate=-0.2) for name in "abc"]
    return pd.DataFrame([*shared, *others])


def test_conditions_that_differ_in_the_optimiser_alone_count_once():
    conditions = conditions_of(optimizers_and_others())
    found = independent(conditions)
    assert found["effect"].tolist() == pytest.approx([-2.4, -0.4, -0.4, -0.4])
    assert found["effect_error"].tolist() == pytest.approx([0.2] * 4)
    assert list(found) == list(conditions)
    assert differ_in_optimizer_alone(conditions) == 4
    pooled = pooled_effects(conditions).iloc[0]
    assert pooled["conditions"] == 4
    assert pooled["mean"] == pytest.approx(random_effects(*in_margins(found)).mean)


def test_the_same_of_other_studies_counts_for_itself():
    """Their seeds are others."""
    frame = optimizers_and_others()
    frame.loc[:4, "study"] = [f"study {number}" for number in range(5)]
    assert len(independent(conditions_of(frame))) == 8
    assert differ_in_optimizer_alone(conditions_of(frame)) == 0


def test_what_normalisation_changes_is_taken_of_each_optimiser_and_counts_once():
    frame = optimizers_and_others()
    normed = frame.assign(normalization="batchnorm_shift", estimate=0.0)
    conditions = conditions_of(pd.concat([frame, normed[1:]], ignore_index=True))
    slopes = pd.DataFrame(columns=["outcome", "scheme", "slope", "error"])
    found = moderators_of(conditions, slopes).set_index("moderator").loc[NORMALIZATION]
    assert found["conditions"] == 4
    changes = [2.5, 0.4, 0.4, 0.4]  # of four optimisers, as the first was not run with it
    errors = [0.2 * math.sqrt(2)] * 4
    assert found["slope"] == pytest.approx(random_effects(np.array(changes), np.array(errors)).mean)


def coverage_of_the_mean(*, apart: bool) -> float:
    """Return how often the mean of settings lies in its interval, one of them run five times.

    The five share the setting's effect, and their errors correlate at .4.
    """
    rng = np.random.default_rng(7)
    held = 0
    for _ in range(400):
        true = rng.normal(0.5, 0.6, 7)
        shared = rng.normal(0, 0.2 * math.sqrt(0.4)) + rng.normal(0, 0.2 * math.sqrt(0.6), 5)
        errors = np.array([*shared, *rng.normal(0, 0.2, 6)])
        effects = np.repeat(true, [5, 1, 1, 1, 1, 1, 1]) + errors
        rows = [
            row(condition=str(k), setting=str(k), estimate=effect, standard_error=0.2, margin=1.0,
                optimizer=f"o{k}", architecture="five" if k < 5 and not apart else str(k))
            for k, effect in enumerate(effects)
        ]  # fmt: skip
        found = pooled_effects(conditions_of(pd.DataFrame(rows))).iloc[0]
        held += found["lower"] <= 0.5 <= found["upper"]
    return held / 400


@pytest.mark.slow
def test_the_mean_is_covered_where_a_setting_was_run_with_five_optimisers():
    assert coverage_of_the_mean(apart=False) == pytest.approx(0.95, abs=0.03)
    assert coverage_of_the_mean(apart=True) < 0.9
