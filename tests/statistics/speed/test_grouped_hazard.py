"""Two ways of fitting grouped counts agree, and what the events do not determine is not told."""

import numpy as np
import pandas as pd
import pytest

from biasinit.statistics.speed import hazard
from biasinit.statistics.speed.grouped_hazard import (
    fit_by_scoring,
    fit_by_statsmodels,
    grouped_counts,
    informative_counts,
)
from biasinit.statistics.speed.hazard import discrete_hazard


def _runs(rng, *, seeds=20, shares=(0.2, 0.3, 0.4), cells=2, last=8):
    index = np.indices((cells, seeds, len(shares))).reshape(3, -1)
    times = rng.geometric(np.array(shares)[index[2]])
    return pd.DataFrame(
        {
            "cell": index[0],
            "seed": index[1],
            "arm": [f"arm {place}" for place in index[2]],
            "time": np.minimum(times, last),
            "reached": times <= last,
        }
    )


def _counts(runs):
    arms = pd.get_dummies(runs["arm"], dtype=float).to_numpy()[:, 1:]
    happened = runs["reached"].to_numpy()
    columns = (runs[name].to_numpy() for name in ("cell", "time"))
    return grouped_counts(*columns, happened, arms, runs["seed"].to_numpy())


def _hazard(runs):
    return discrete_hazard(runs, "time", "reached", "arm", "cell", "seed")


@pytest.mark.parametrize("without", [None, 0, 7])
def test_scoring_reaches_what_the_glm_of_statsmodels_reaches(without):
    counts = informative_counts(_counts(_runs(np.random.default_rng(1))), without=without)
    theirs = fit_by_statsmodels(counts)
    own = fit_by_scoring(counts, start=np.array([0.5, -0.5]))
    assert own.coefficients == pytest.approx(theirs.coefficients, abs=1e-6)
    assert own.errors == pytest.approx(theirs.errors, rel=1e-4)
    assert own.log_likelihood == pytest.approx(theirs.log_likelihood, abs=1e-8)


def test_events_of_a_cluster_that_is_left_out_do_not_count():
    runs = _runs(np.random.default_rng(2))
    rest = informative_counts(_counts(runs[runs["seed"] != 3]))
    left_out = informative_counts(_counts(runs), without=3)
    start = np.zeros(2)
    expected = fit_by_scoring(rest, start=start).coefficients
    assert fit_by_scoring(left_out, start=start).coefficients == pytest.approx(expected, abs=1e-7)


def test_an_arm_that_arrives_at_the_first_point_in_all_runs_has_no_hazard_ratio():
    """Its hazard is one there: any large ratio fits as well, and no two seeds differ."""
    runs = _runs(np.random.default_rng(3))
    instant = runs[runs["arm"] == "arm 1"].assign(arm="instant", time=1, reached=True)
    found = _hazard(pd.concat([runs, instant])).table
    assert np.isnan(found.loc["arm[T.instant]", ["estimate", "standard_error", "p"]]).all()
    expected = _hazard(runs).table.loc["arm[T.arm 1]", ["estimate", "standard_error"]]
    others = found.loc["arm[T.arm 1]", ["estimate", "standard_error"]]
    assert others.to_numpy() == pytest.approx(expected.to_numpy(), rel=1e-3)


def test_two_arms_in_which_nothing_happens_are_not_equally_fast():
    """Where the reference never arrives, the ratio of another such arm came out as 1 +- 0.0002."""
    runs = _runs(np.random.default_rng(4))
    dead = runs["arm"].isin(["arm 0", "arm 1"])
    runs.loc[dead, ["time", "reached"]] = [8, False]
    assert _hazard(runs).table["estimate"].isna().all()


def test_small_tables_in_which_the_glm_stops_early_are_fitted_by_scoring():
    """The 1,500 tables of the comparison in ``_certified`` are of this kind; here are 60."""
    told = 0
    for key in range(60):
        rng = np.random.default_rng(key)
        runs = _runs(rng, seeds=3, shares=rng.choice([0.02, 0.3, 0.8, 0.98], 3), last=4)
        if not runs["reached"].any():
            continue
        found = _hazard(runs)
        told += any("GLM did not reach" in note for note in found.notes)
        best = fit_by_scoring(informative_counts(_counts(runs)), start=np.zeros(2))
        assert found.deviance == pytest.approx(-2 * best.log_likelihood, abs=1e-5)
    assert told > 0


def test_a_failure_of_the_glm_is_told_and_changes_nothing(monkeypatch):
    runs = _runs(np.random.default_rng(5))
    expected = _hazard(runs)
    monkeypatch.setattr(hazard, "fit_by_statsmodels", lambda counts: None)
    found = _hazard(runs)
    assert found.notes == ("statsmodels' GLM did not reach the maximum; the own scoring is used.",)
    assert found.table.to_numpy() == pytest.approx(expected.table.to_numpy(), rel=1e-4)
