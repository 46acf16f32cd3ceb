"""Failed runs: exact shares, exact differences of paired risks, and rates."""

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from hypothesis import assume, given
from hypothesis import strategies as st
from r_results import expected
from whole_study import row_of

from biasinit.statistics.failure.analysis import analyse_failure
from biasinit.statistics.failure.paired_risks import (
    exact_sign_p,
    paired_risks,
    risk_difference_interval,
)
from biasinit.statistics.failure.risk_difference import exact_risk_difference
from generated_study import SCHEMES


@given(first=st.integers(0, 15), second=st.integers(0, 15), both=st.integers(0, 15))
def test_single_cell_failures_are_compared_by_the_exact_binomial(first, second, both):
    marks = np.repeat([1.0, 0.0, 1.0], [first, second, both])
    others = np.repeat([0.0, 1.0, 1.0], [first, second, both])
    found = paired_risks(marks, others, 0.05)
    assume(found is not None)
    exact = 1.0
    if first + second:
        exact = scipy.stats.binomtest(first, first + second).pvalue
    assert found["p"] == exact_sign_p(first, second) == pytest.approx(exact)
    assert (found["only_scheme"], found["only_reference"]) == (first, second)
    assert (found["scheme_events"], found["reference_events"]) == (first + both, second + both)


@pytest.mark.parametrize(("counts", "kind"), [((9, 2), "9_of_11"), ((5, 0), "5_of_5")])
def test_the_exact_binomial_agrees_with_r(counts, kind):
    assert exact_sign_p(*counts) == pytest.approx(expected("pairs", f"mcnemar_{kind}").item())


@given(first=st.integers(0, 12), second=st.integers(0, 12), rest=st.integers(0, 12))
def test_risk_difference_interval_contains_the_estimate_and_agrees_with_the_test(
    first, second, rest
):
    pairs = first + second + rest
    assume(pairs > 0)
    p = exact_sign_p(first, second)
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


@pytest.mark.slow
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


PLAN = {
    "reference": "zeros",
    "margins": {"digits": 0.5},
    "collapse_points": 15.0,
    "alpha": 0.05,
    "resamples": 1_000,
    "analysis_seed": 1,
}


def test_one_failure_in_twenty_seeds_is_reported_as_failure(runs):
    table = runs[runs["learning_rate"] == 0.02].copy()
    table.loc[table["scheme"] == "one", "failed"] = False
    chosen = (table["scheme"] == "one") & (table["seed"] == 4) & (table["normalization"] == "none")
    table.loc[chosen, "failed"] = True
    found = analyse_failure(table, schemes=SCHEMES, **PLAN)
    row = row_of(found.contrasts, event="failed", cell="all")
    assert (row["scheme"], row["only_scheme"], row["p"]) == ("one", 1, 1.0)
    assert row["risk_difference"] == pytest.approx(0.05)


def test_failure_rates_count_every_run_once_and_every_seed_once(runs):
    found = analyse_failure(runs, schemes=SCHEMES, **PLAN).rates
    whole = found[found["cell"] == "all"]
    treated = runs[runs["normalization"].isin(["none", "batchnorm_shift"])]
    assert whole["runs"].sum() == treated["scheme"].isin(SCHEMES).sum()
    assert whole["failed"].sum() == treated["failed"].sum() == 3
    assert (whole["diverged"] + whole["never_learned"]).equals(whole["failed"])
    assert set(whole["seeds"]) == {20}
    row = row_of(whole, scheme="one", normalization="none")
    assert (row["runs"], row["seeds_failed"], row["rate"]) == (40, 3, 3 / 20)
    exact = scipy.stats.binomtest(3, 20).proportion_ci(0.95, "exact")
    assert (row["lower"], row["upper"]) == pytest.approx((exact.low, exact.high))


def _failing(where):
    """One arm in four cells and 20 seeds: ``where`` (cells, seeds) marks its failed runs."""
    rows = [
        (scheme, seed, rate, scheme == "one" and bool(where[cell, seed]))
        for scheme in ("zeros", "one")
        for cell, rate in enumerate((0.1, 0.2, 0.3, 0.4))
        for seed in range(20)
    ]
    frame = pd.DataFrame(rows, columns=["scheme", "seed", "learning_rate", "failed"])
    found = analyse_failure(frame, schemes=("zeros", "one"), **PLAN).contrasts
    return found[found["event"] == "failed"].set_index("cell")


def test_over_all_cells_a_seed_counts_once_however_often_it_failed():
    """Eight failed runs of two seeds are two seeds of twenty; of eight seeds, eight."""
    together, scattered = np.zeros((4, 20)), np.zeros((4, 20))
    together[:, :2] = 1
    scattered[np.arange(8) % 4, np.arange(8)] = 1
    first, second = _failing(together).loc["all"], _failing(scattered).loc["all"]
    assert (first["pairs"], first["scheme_events"]) == (20, 2)
    assert (second["pairs"], second["scheme_events"]) == (20, 8)
    assert first["p"] == pytest.approx(scipy.stats.binomtest(0, 2).pvalue)
    assert second["p"] == pytest.approx(scipy.stats.binomtest(0, 8).pvalue)
    assert first["risk_difference"] == pytest.approx(0.1)
    assert second["risk_difference"] == pytest.approx(0.4)


def test_holm_spans_the_rows_over_all_cells_and_the_single_cells_by_themselves():
    where = np.zeros((4, 20))
    where[0, :9] = where[1, 9:15] = 1
    found = _failing(where)
    assert found.loc["all", "p_adjusted"] == found.loc["all", "p"]
    single = found.drop("all")["p_adjusted"]
    # two cells without a failure have no row, so that two p-values are adjusted: 2^-8 and 2^-5
    assert single.to_dict() == pytest.approx(
        {"learning_rate 0.1": 2 * 2.0**-8, "learning_rate 0.2": 2.0**-5}
    )


def test_a_risk_that_is_there_in_one_cell_only_is_not_the_same_in_each():
    one_cell, everywhere = np.zeros((4, 20)), np.zeros((4, 20))
    one_cell[3, :15] = 1
    everywhere[:, :15] = 1
    assert _failing(one_cell).loc["all", "homogeneity_p"] <= 0.05
    same = _failing(everywhere)["homogeneity_p"]
    assert same.drop("all").isna().all()
    assert not same["all"] <= 0.05  # NaN: the risks do not differ between cells at all
