"""How often runs fail, collapse or miss the threshold: by seed, in and over conditions."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from whole_study import analysed, only_what_decides, row_of

from biasinit.statistics.inference.binomial import clopper_pearson
from biasinit.statistics.judging.events import (
    EVENT_OUTCOMES,
    EventEvidence,
    decide_event,
    event_evidence,
    judge_event_conditions,
)
from biasinit.statistics.judging.evidence import Judgement
from biasinit.verdicts import Outcome, Verdict, verdicts_of

MORE = EventEvidence(
    pairs=20, events=9, reference_events=0, risk_difference=0.45, lower=0.2, upper=0.7,
    p=0.004, p_adjusted=0.008, homogeneity_p=0.4,
)  # fmt: skip
NO_EVENT = EventEvidence(pairs=20, risk_difference=0.0, lower=-0.17, upper=0.17)


def judged(**changes):
    return decide_event(dataclasses.replace(MORE, **changes), alpha=0.05)


@pytest.mark.parametrize(
    ("changes", "verdict", "interval"),
    [
        ({}, Verdict.WORSE, (0.2, 0.7)),
        ({"risk_difference": -0.45, "lower": -0.7, "upper": -0.2}, Verdict.BETTER, (-0.7, -0.2)),
        ({"p_adjusted": 0.05}, Verdict.WORSE, (0.2, 0.7)),
        # its own interval excludes no difference; that of the family does not, so it reaches it
        ({"p_adjusted": 0.06}, Verdict.INCONCLUSIVE, (0.0, 0.7)),
        ({"p_adjusted": 0.06, "lower": -0.7, "upper": -0.2}, Verdict.INCONCLUSIVE, (-0.7, 0.0)),
        ({"events": 0, "p_adjusted": np.nan}, Verdict.NONE_SEEN, (0.2, 0.7)),
        ({"pairs": 0}, Verdict.NOT_ESTIMABLE, (np.nan, np.nan)),
    ],
)
def test_a_risk_is_judged_by_the_family_and_its_interval_never_says_more(
    changes, verdict, interval
):
    found = judged(**changes)
    assert found.verdict is verdict
    assert (found.lower, found.upper) == pytest.approx(interval, nan_ok=True)


def test_where_nothing_was_seen_the_risk_is_bounded_by_the_exact_limit():
    found = event_evidence(pd.DataFrame(), pairs=20)
    bound = scipy.stats.binomtest(0, 20).proportion_ci(0.95, "exact").high
    assert (found.lower, found.upper) == pytest.approx((-bound, bound))
    assert bound == pytest.approx(0.168, abs=5e-4)
    assert decide_event(found, alpha=0.05).verdict is Verdict.NONE_SEEN


def test_arms_without_a_pair_have_no_evidence():
    found = event_evidence(pd.DataFrame(), pairs=0)
    judgement = decide_event(found, alpha=0.05)
    assert repr(judgement) == repr(Judgement(verdict=Verdict.NOT_ESTIMABLE))  # NaN equals nothing


def over(*verdicts, **changes):
    whole = dataclasses.replace(MORE, **changes)
    conditions = [Judgement(verdict=verdict) for verdict in verdicts]
    return judge_event_conditions(whole, conditions, alpha=0.05).verdict


def test_a_risk_depends_where_it_is_decided_in_one_condition_and_not_seen_in_another():
    assert over(Verdict.WORSE, Verdict.NONE_SEEN) is Verdict.DEPENDS
    assert over(Verdict.WORSE, Verdict.BETTER) is Verdict.DEPENDS
    assert over(Verdict.WORSE, Verdict.INCONCLUSIVE) is Verdict.WORSE
    assert over(Verdict.INCONCLUSIVE, Verdict.NONE_SEEN) is Verdict.WORSE
    assert over(Verdict.WORSE, Verdict.WORSE, homogeneity_p=0.05) is Verdict.DEPENDS
    assert over(Verdict.WORSE, Verdict.WORSE, homogeneity_p=np.nan) is Verdict.WORSE


def test_events_have_no_verdict_that_outcomes_without_a_margin_cannot_have():
    for outcome in EVENT_OUTCOMES:
        assert outcome.counts_runs
        assert {Verdict.EQUIVALENT, Verdict.WORSE_BEYOND} & set(verdicts_of(outcome)) == set()


SEEDS, RATES = 20, (0.005, 0.02)


def study(failing, *, reference_failing=None):
    """Two rates and 20 seeds: ``failing`` maps (rate, seed) of the runs of 'one' that fail."""
    rng = np.random.default_rng(3)
    rows = []
    for scheme, where in (("zeros", reference_failing or set()), ("one", failing)):
        for rate in RATES:
            for seed in range(SEEDS):
                failed = (rate, seed) in where
                accuracy = 10.0 if failed else 97 + rng.normal(0, 0.2)
                rows.append((scheme, rate, seed, accuracy, failed))
    names = ["scheme", "learning_rate", "seed", "final_accuracy", "failed"]
    return pd.DataFrame(rows, columns=names)


def verdicts(runs):
    with only_what_decides():
        made = analysed(runs, schemes=("zeros", "one"), margins={"digits": 0.5}, epochs=None)
    return made["verdicts"]


def test_a_seed_counts_once_over_all_conditions():
    """The same three seeds fail at both rates: three of twenty, not six of forty."""
    found = verdicts(study({(rate, seed) for rate in RATES for seed in (2, 5, 9)}))
    row = row_of(found, outcome="failure", cell="all")
    assert (row["events"], row["seeds"], row["failed"], row["runs"]) == (3, 20, 6, 40)
    assert row["estimate"] == pytest.approx(3 / 20)
    assert row["p"] == pytest.approx(scipy.stats.binomtest(3, 3).pvalue)
    assert "one failed in 3 of 20 seeds" in row["headline"]


def test_failing_at_one_rate_alone_depends_on_the_rate():
    found = verdicts(study({(0.02, seed) for seed in range(15)}))
    rows = found[found["outcome"] == "failure"].set_index("cell")
    assert rows["verdict"].to_dict() == {
        "all": "depends",
        "learning_rate 0.005": "none seen",
        "learning_rate 0.02": "worse",
    }
    whole = rows.loc["all"]
    assert whole["depends_on"] == "learning_rate"
    assert np.isnan([whole["lower"], whole["upper"]]).all()
    assert whole["estimate"] == pytest.approx(15 / 20)
    assert "depends on the learning rate" in whole["headline"]
    for place in ("at learning rate 0.005", "at learning rate 0.02"):
        assert place in whole["headline"]


def test_failing_alike_everywhere_is_worse_everywhere():
    found = verdicts(study({(rate, seed) for rate in RATES for seed in range(12)}))
    rows = found[found["outcome"] == "failure"]
    assert set(rows["verdict"]) == {"worse"}
    assert set(rows["depends_on"]) == {""}


def test_a_study_without_times_has_no_rows_of_a_threshold():
    assert set(verdicts(study(set()))["outcome"]) == {"accuracy", "failure", "collapse"}
    assert Outcome.NOT_REACHED in EVENT_OUTCOMES


def test_none_seen_is_bounded_by_the_pairs_of_seeds_that_there_are():
    found = verdicts(study(set()))
    row = row_of(found, outcome="failure", cell="all")
    most = clopper_pearson(0, SEEDS)[1]
    assert (row["verdict"], row["lower"], row["upper"]) == (
        "none seen",
        pytest.approx(-most),
        pytest.approx(most),
    )
    assert "17 %" in row["headline"]
