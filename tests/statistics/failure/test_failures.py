"""Failed runs: exact shares, exact differences of paired risks, and rates."""

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from hypothesis import assume, given
from hypothesis import strategies as st
from r_results import expected

from biasinit.statistics.failure.analysis import analyse_failure, failure_contrasts
from biasinit.statistics.failure.paired_risks import exact_sign_p, risk_difference_interval
from biasinit.statistics.failure.risk_difference import exact_risk_difference
from generated_study import SCHEMES


@given(first=st.integers(0, 15), second=st.integers(0, 15), both=st.integers(0, 15))
def test_single_cell_failures_are_compared_by_the_exact_binomial(first, second, both):
    differences = np.repeat([1.0, -1.0, 0.0], [first, second, both])
    exact = 1.0
    if first + second:
        exact = scipy.stats.binomtest(first, first + second).pvalue
    assert exact_sign_p(differences) == pytest.approx(exact)


@pytest.mark.parametrize(("signs", "kind"), [([1] * 9 + [-1] * 2, "9_of_11"), ([1] * 5, "5_of_5")])
def test_the_exact_binomial_agrees_with_r(signs, kind):
    found = exact_sign_p(np.array(signs, dtype=float))
    assert found == pytest.approx(expected("pairs", f"mcnemar_{kind}").item())


@given(first=st.integers(0, 12), second=st.integers(0, 12), rest=st.integers(0, 12))
def test_risk_difference_interval_contains_the_estimate_and_agrees_with_the_test(
    first, second, rest
):
    pairs = first + second + rest
    assume(pairs > 0)
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
