"""Failed runs, incidence of convergence, scatter, pairing, planning and influence."""

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from biasinit.errors import NotEstimableError, RunsTableError
from biasinit.statistics.accuracy.planning import seeds_for_contrast
from biasinit.statistics.cox import stratified_cox
from biasinit.statistics.failure.analysis import (
    analyse_failure,
    clopper_pearson,
    exact_sign_p,
    failure_contrasts,
    risk_difference_interval,
)
from biasinit.statistics.failure.risk_difference import exact_risk_difference
from biasinit.statistics.incidence import cumulative_incidence
from biasinit.statistics.influence import leave_one_out
from biasinit.statistics.paired.contrasts import one_sample
from biasinit.statistics.paired.pairing import pairing_audit
from biasinit.statistics.speed.hazard import discrete_hazard
from biasinit.statistics.spread import pitman_morgan

SCHEMES = ("zeros", "small", "one", "xavier")


@given(first=st.integers(0, 15), second=st.integers(0, 15), both=st.integers(0, 15))
def test_single_cell_failures_are_compared_by_the_exact_binomial(first, second, both):
    differences = np.repeat([1.0, -1.0, 0.0], [first, second, both])
    expected = 1.0
    if first + second:
        expected = scipy.stats.binomtest(first, first + second).pvalue
    assert exact_sign_p(differences) == pytest.approx(expected)


def test_no_failure_in_thirty_runs_leaves_a_risk_of_up_to_twelve_percent():
    """binom.test(0, 30) in R: 0 to 0.1157."""
    assert clopper_pearson(0, 30) == (0.0, pytest.approx(0.1157, abs=5e-5))


def test_share_without_runs_is_anything():
    assert clopper_pearson(0, 0) == (0.0, 1.0)


@given(first=st.integers(0, 12), second=st.integers(0, 12), rest=st.integers(0, 12))
def test_risk_difference_interval_contains_the_estimate_and_agrees_with_the_test(
    first, second, rest
):
    pairs = first + second + rest
    if pairs == 0:
        return
    p = exact_sign_p(np.repeat([1.0, -1.0], [first, second]))
    lower, upper = risk_difference_interval(first, second, pairs, alpha=0.05, p=p)
    assert lower <= (first - second) / pairs <= upper
    if p <= 0.05:
        assert lower >= 0 or upper <= 0
    else:
        assert lower <= 0 <= upper


@pytest.fixture(scope="module")
def limits_of_twenty():
    """The exact interval of every outcome of 20 pairs."""
    return {
        (first, second): exact_risk_difference(first, second, 20, alpha=0.05)
        for first in range(21)
        for second in range(21 - first)
    }


@pytest.mark.parametrize("risks", [(0.01, 0.001), (0.15, 0.05), (0.3, 0.02), (0.5, 0.2)])
def test_risk_difference_interval_covers_at_least_nominally(limits_of_twenty, risks):
    """Summed over all outcomes of 20 pairs, not simulated."""
    covered = sum(
        scipy.stats.multinomial.pmf(
            [first, second, 20 - first - second], 20, [*risks, 1 - sum(risks)]
        )
        for (first, second), (lower, upper) in limits_of_twenty.items()
        if lower <= risks[0] - risks[1] <= upper
    )
    assert covered >= 0.95


def test_exact_limits_mirror_when_the_arms_are_exchanged():
    lower, upper = exact_risk_difference(6, 1, 30, alpha=0.05)
    assert exact_risk_difference(1, 6, 30, alpha=0.05) == pytest.approx((-upper, -lower))


def test_one_failure_in_twenty_seeds_is_reported_as_failure(runs):
    table = runs[runs["learning_rate"] == 0.02].copy()
    table.loc[table["scheme"] == "one", "failed"] = False
    chosen = (table["scheme"] == "one") & (table["seed"] == 4) & (table["normalization"] == "none")
    table.loc[chosen, "failed"] = True
    found = analyse_failure(table, reference="zeros", schemes=SCHEMES, alpha=0.05)
    row = found.contrasts[found.contrasts["cell"] == "all"].iloc[0]
    assert (row["scheme"], row["only_scheme_failed"], row["p"]) == ("one", 1, 1.0)
    assert row["risk_difference"] == pytest.approx(0.05)


def test_failure_rates_count_every_run_once(runs):
    found = analyse_failure(runs, reference="zeros", schemes=SCHEMES, alpha=0.05).rates
    whole = found[found["cell"] == "all"]
    treated = runs[runs["normalization"].isin(["none", "batchnorm_shift"])]
    assert whole["runs"].sum() == treated["scheme"].isin(SCHEMES).sum()
    assert whole["failed"].sum() == treated["failed"].sum() == 3
    assert (whole["diverged"] + whole["never_learned"]).equals(whole["failed"])


def test_incidence_without_censoring_is_the_share_that_arrived():
    data = pd.DataFrame(
        {"seed": range(10), "arm": "a", "time": [1, 2, 2, 3, 3, 3, 4, 5, 5, 5], "reached": 1}
    )
    data.loc[[3, 7], "reached"] = 0
    data["failed"] = 1 - data["reached"]
    found = cumulative_incidence(data, "time", "reached", "failed", "arm").set_index("time")
    assert found.loc[2.0, "incidence"] == pytest.approx(0.3)
    assert found.loc[5.0, "incidence"] == pytest.approx(0.8)
    assert found.loc[5.0, "lower"] < 0.8 < found.loc[5.0, "upper"] < 1


def test_incidence_is_below_one_minus_kaplan_meier_when_runs_fail():
    """Kaplan-Meier would let a diverged run still arrive."""
    rng = np.random.default_rng(2)
    time = rng.integers(1, 10, 200)
    kind = rng.integers(0, 2, 200)
    data = pd.DataFrame({"seed": range(200), "arm": "a", "time": time, "reached": kind})
    data["failed"] = 1 - kind
    whole = cumulative_incidence(data, "time", "reached", "failed", "arm")["incidence"].iloc[-1]
    naive = cumulative_incidence(data, "time", "reached", None, "arm")["incidence"].iloc[-1]
    assert whole == pytest.approx(kind.mean())
    assert naive > whole + 0.1


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
    cox = stratified_cox(both, "time", "reached", "arm", "cell").table
    assert np.isnan(cox.loc["arm[T.never]", "estimate"])


def test_all_censored_times_are_not_estimable():
    data = _arrivals(np.random.default_rng(5), log_ratio=0).assign(reached=False)
    with pytest.raises(NotEstimableError, match="No run has 'reached'"):
        discrete_hazard(data, "time", "reached", "arm", "cell", "seed")


def test_times_must_be_positions_on_a_grid():
    data = _arrivals(np.random.default_rng(6), log_ratio=0).assign(time=1.5)
    with pytest.raises(RunsTableError, match=r"positive whole numbers, got \[1\.5"):
        discrete_hazard(data, "time", "reached", "arm", "cell", "seed")


def test_scatter_ratio_interval_covers_at_its_level():
    """2,000 paired samples of 15 with correlation .6 and a true ratio of 2."""
    rng = np.random.default_rng(7)
    covered = 0
    for _ in range(2_000):
        shared, own = rng.normal(size=(15, 1)), rng.normal(size=(15, 2))
        pair = (np.sqrt(0.6) * shared + np.sqrt(0.4) * own) * [2, 1]
        row = pitman_morgan(pair)
        covered += row["lower"] <= 2 <= row["upper"]
    assert 0.935 < covered / 2_000 < 0.965


def test_scatter_of_a_silent_arm_is_not_compared():
    pair = np.column_stack([np.full(10, 98.0), np.random.default_rng(8).normal(size=10)])
    assert np.isnan(pitman_morgan(pair)["p"])


def test_unequal_weights_are_caught_and_unequal_orders_too(runs):
    table = runs.copy()
    table.loc[(table["scheme"] == "one") & (table["seed"] == 3), "weights_hash"] = "other"
    found = pairing_audit(table, reference="zeros", schemes=(*SCHEMES, "zeros_again"))
    by_scheme = found.groupby("scheme")[["weights_equal", "orders_equal"]].all()
    assert not by_scheme.loc["one", "weights_equal"]
    assert by_scheme.loc["xavier"].all()
    assert not by_scheme.loc["zeros_again", "orders_equal"]


def test_variance_gain_is_the_ratio_of_unpaired_to_paired_variance(runs):
    found = pairing_audit(runs, reference="zeros", schemes=SCHEMES)
    row = found[(found["scheme"] == "xavier") & (found["normalization"] == "none")].iloc[0]
    part = runs[(runs["normalization"] == "none") & (runs["learning_rate"] == 0.005)]
    wide = part.pivot(index="seed", columns="scheme", values="final_accuracy")
    unpaired = wide["xavier"].var() + wide["zeros"].var()
    expected = unpaired / (wide["xavier"] - wide["zeros"]).var()
    assert row["cell"] == "learning_rate 0.005"
    assert row["variance_gain"] == pytest.approx(expected)


def test_planned_seeds_follow_the_normal_formula():
    """S = 7.85 (sd / effect)^2 for a difference, 8.6 (sd / margin)^2 for equivalence at zero."""
    found = seeds_for_contrast(
        effect=0.2,
        deviation=0.5,
        margin=0.25,
        comparisons=1,
        alpha=0.05,
        power=0.8,
        draws=20_000,
        rng=np.random.default_rng(9),
    )
    assert found.difference == pytest.approx(7.85 * 2.5**2 + 2, abs=3)
    assert found.equivalence == pytest.approx(8.6 * 2**2 + 2, abs=3)
    assert found.decision <= found.difference


def test_no_number_of_seeds_shows_that_nothing_is_something():
    found = seeds_for_contrast(
        effect=0.0,
        deviation=1.0,
        margin=float("nan"),
        comparisons=4,
        alpha=0.05,
        power=0.8,
        draws=500,
        rng=np.random.default_rng(10),
    )
    assert np.isnan([found.difference, found.equivalence, found.decision]).all()


def test_leaving_out_a_seed_is_the_test_on_the_others():
    values = np.random.default_rng(11).normal(0.4, 1, 12)
    found = leave_one_out(values, alpha=0.05)
    for place in range(12):
        expected = one_sample(np.delete(values, place)[:, None]).iloc[0]
        assert found["estimate_without"][place] == pytest.approx(expected["estimate"])
        assert found["p_without"][place] == pytest.approx(expected["p"])


def _risk_rows(failing):
    """One arm in four cells and 20 seeds: ``failing`` (cells, seeds) marks its failed runs."""
    rows = [
        (scheme, seed, rate, scheme == "one" and bool(failing[cell, seed]))
        for scheme in ("zeros", "one")
        for cell, rate in enumerate((0.1, 0.2, 0.3, 0.4))
        for seed in range(20)
    ]
    frame = pd.DataFrame(rows, columns=["scheme", "seed", "learning_rate", "failed"])
    found = failure_contrasts(frame, reference="zeros", schemes=("zeros", "one"), alpha=0.05)
    return found[found["cell"] == "all"].iloc[0]


def test_failures_of_the_same_seed_in_all_cells_say_less_than_scattered_ones():
    together, scattered = np.zeros((4, 20)), np.zeros((4, 20))
    together[:, :2] = 1
    scattered[np.arange(8) % 4, np.arange(8)] = 1
    first, second = _risk_rows(together), _risk_rows(scattered)
    assert first["risk_difference"] == second["risk_difference"] == pytest.approx(0.1)
    assert first["p"] > second["p"]
    assert first["upper"] - first["lower"] > 1.3 * (second["upper"] - second["lower"])
    assert first["lower"] <= 0 < second["lower"] or second["p"] > 0.05
