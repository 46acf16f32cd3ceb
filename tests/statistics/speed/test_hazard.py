"""The discrete-time hazard model: coverage, separation, what it refuses, and R's answers."""

import numpy as np
import pandas as pd
import pytest
from r_results import EFFECT, ERROR, expected, r_name, r_table

from biasinit.errors import NotEstimableError, RunsTableError
from biasinit.statistics.speed.hazard import discrete_hazard


def _arrivals(rng, *, log_ratio, seeds=20):
    """Integer times of two arms under grouped proportional hazards, shared by seed."""
    frailty = rng.normal(0, 0.5, seeds)
    rows = []
    for arm, shift in (("a", 0.0), ("b", log_ratio)):
        for seed in range(seeds):
            rate = 0.3 * np.exp(frailty[seed] + shift)
            time = int(np.ceil(rng.exponential(1 / rate)))
            rows.append((arm, seed, "c", min(time, 12), time <= 12))
    return pd.DataFrame(rows, columns=["arm", "seed", "cell", "time", "reached"])


@pytest.mark.slow
@pytest.mark.parametrize("log_ratio", [0.0, 0.8])
def test_hazard_intervals_cover_the_truth_at_about_their_level(log_ratio):
    """60 studies; the truth is attenuated by the frailty, so the tolerance is wide."""
    rng = np.random.default_rng(3)
    inside, estimates = 0, []
    for _ in range(60):
        data = _arrivals(rng, log_ratio=log_ratio)
        row = discrete_hazard(data, "time", "reached", "arm", "cell", "seed").table.iloc[0]
        inside += row["lower"] <= log_ratio <= row["upper"]
        estimates.append(row["estimate"])
    assert inside / 60 > 0.85
    assert np.mean(estimates) == pytest.approx(log_ratio, abs=0.2)


def test_an_arm_that_never_arrives_has_no_hazard_ratio_and_leaves_the_others_alone():
    rng = np.random.default_rng(4)
    data = _arrivals(rng, log_ratio=0.5)
    third = data[data["arm"] == "a"].assign(arm="never", time=12, reached=False)
    both = pd.concat([data, third], ignore_index=True)
    fit = discrete_hazard(both, "time", "reached", "arm", "cell", "seed")
    assert np.isnan(fit.table.loc["arm[T.never]", ["estimate", "p", "lower"]].to_numpy(float)).all()
    alone = discrete_hazard(data, "time", "reached", "arm", "cell", "seed")
    expected = alone.table.loc["arm[T.b]", "estimate"]
    assert fit.table.loc["arm[T.b]", "estimate"] == pytest.approx(expected, rel=1e-4)
    assert "do not determine arm[T.never]" in fit.notes[0]


def test_all_censored_times_are_not_estimable():
    data = _arrivals(np.random.default_rng(5), log_ratio=0).assign(reached=False)
    with pytest.raises(NotEstimableError, match="No run has 'reached'"):
        discrete_hazard(data, "time", "reached", "arm", "cell", "seed")


def test_times_must_be_positions_on_a_grid():
    data = _arrivals(np.random.default_rng(6), log_ratio=0).assign(time=1.5)
    with pytest.raises(RunsTableError, match=r"positive whole numbers, got \[1\.5"):
        discrete_hazard(data, "time", "reached", "arm", "cell", "seed")


HAZARDS = {
    "veteran_trt": ("months", "died", "trt", "celltype", "ward"),
    "veteran_months": ("months", "died", "trt * prior + karno", "celltype", "ward"),
    "rats_week": ("week", "status", "rx", "sex", "litter"),
}


def _survival(case):
    data = r_table("rats" if case.startswith("rats") else "veteran")
    return data[data["sex"] == "f"] if case.startswith("rats") else data


@pytest.mark.parametrize("case", HAZARDS)
def test_it_agrees_with_glm_and_a_jackknife_in_r(case):
    fit = discrete_hazard(_survival(case), *HAZARDS[case])
    names = [r_name(name, ["trt", "prior", "rx"]) for name in fit.table.index]
    for column, tolerance in (
        ("estimate", EFFECT),
        ("standard_error", ERROR),
        ("model_standard_error", ERROR),
    ):
        numbers = expected(case, column)[names].to_numpy()
        assert fit.table[column].to_numpy() == pytest.approx(numbers, rel=tolerance), column
    assert fit.deviance == pytest.approx(expected(case, "deviance").item(), abs=2e-4)


def test_on_synthetic_runs_it_agrees_with_the_glm_of_r(reference):
    """glm(event ~ cell:t + scheme*bn, family = binomial("cloglog")) on person-periods."""
    data = reference("nn_runs")
    data["scheme"] = data["scheme"].replace({"zero": "a_zero"})  # the base of R's factor
    fit = discrete_hazard(data, "epoch_to", "reached", "scheme*bn", "cell", "seed")
    assert fit.person_periods == 3272
    assert fit.deviance == pytest.approx(2541.1353, abs=2e-4)
    constant = fit.table.loc["scheme[T.c1.0]"]
    assert constant["estimate"] == pytest.approx(-1.291515, rel=1e-5)
    assert constant["model_standard_error"] == pytest.approx(0.204697, rel=1e-3)
    assert constant["standard_error"] == pytest.approx(0.2837, rel=1e-3)
    assert constant["df"] == 19
    assert fit.table.loc["scheme[T.c1.0]:bn[T.on]", "estimate"] == pytest.approx(1.012680, rel=1e-5)
