import math

import pytest
from rows import row

from biasinit.reporting.verdicts import clauses
from biasinit.verdicts import Outcome, Verdict


def test_failures_without_known_runs_are_still_counted():
    assert clauses.failures(row(failed=3.0, runs=math.nan, reference_runs=math.nan)) == (
        "3 runs failed (zeros: 0)"
    )


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Outcome.ACCURACY, "+0.02 points, 95 % interval −0.10 to 0.30"),
        (Outcome.INTERACTION, "+0.02 points, 95 % interval −0.10 to 0.30"),
        (Outcome.SPEED, "0.02 times, 95 % interval −0.10 to 0.30"),
        (Outcome.FAILURE, "+2.0 % of seeds, 95 % interval −10.0 to 30.0"),
        (Outcome.COLLAPSE, "+2.0 % of seeds, 95 % interval −10.0 to 30.0"),
    ],
)
def test_an_estimate_has_the_unit_of_its_outcome(outcome, words):
    assert clauses.difference(row(outcome=outcome, estimate=0.02, lower=-0.1, upper=0.3)) == words


def test_an_estimate_without_an_interval_says_so():
    found = clauses.difference(row(estimate=0.02, lower=math.nan, upper=math.nan))
    assert found == "+0.02 points, no interval"


@pytest.mark.parametrize(
    ("outcome", "bounds", "short", "long"),
    [
        (Outcome.ACCURACY, (-0.5, 0.5), "±0.5", "±0.5 points"),
        (Outcome.SPEED, (0.8, 1.25), "0.8 to 1.25", "0.8 to 1.25"),
        (Outcome.ACCURACY, (math.nan, math.nan), "– to –", "– to – points"),
    ],
)
def test_the_margin_is_a_difference_or_a_range_of_ratios(outcome, bounds, short, long):
    found = row(outcome=outcome, margin_lower=bounds[0], margin_upper=bounds[1])
    assert clauses.margin(found) == short
    assert clauses.margin_in_unit(found) == long


def test_a_doubt_has_three_lengths():
    (found,) = clauses.doubts(row(fragile=True))
    assert (found.note, found.clause) == ("fragile", "fragile: the second analysis disagrees")
    assert clauses.doubts(row()) == ()


def test_seeds_needed_come_with_their_range():
    needed = {"seeds_needed": 59.0, "seeds_needed_low": 38.0, "seeds_needed_high": 111.0}
    assert clauses.needed(row(**needed)) == "about 59 seeds (38 to 111) would decide"
    assert clauses.needed(row(seeds_needed=59.0)) == "about 59 seeds would decide"
    assert clauses.needed(row()) == ""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"verdict": Verdict.WORSE, "conditions": 3.0}, "mean over the 3 conditions"),
        ({"verdict": Verdict.EQUIVALENT, "conditions": 3.0}, "in each of 3 conditions"),
        ({"verdict": Verdict.DEPENDS, "conditions": 3.0}, ""),
        ({"verdict": Verdict.WORSE}, ""),
        ({"cell": "learning_rate 0.02"}, "at learning rate 0.02"),
        ({"cell": "own best learning rate"}, "each at its own best learning rate"),
    ],
)
def test_a_verdict_says_which_conditions_it_is_about(changes, words):
    assert clauses.scope(row(**changes)) == words


def test_conditions_are_named_by_what_tells_them_apart():
    rates = [row(cell="learning_rate 0.02"), row(cell="learning_rate 0.005")]
    assert list(clauses.condition_names(rates).values()) == ["0.02", "0.005"]
    both = [row(cell="learning_rate 0.02, optimizer sgd"), row(cell="learning_rate 0.02")]
    assert "learning rate 0.02, optimizer sgd" in clauses.condition_names(both).values()


def test_only_what_lies_within_the_margin_says_what_it_cannot_exclude():
    for verdict in Verdict:
        said = clauses.not_excluded(row(verdict=verdict, undetected=0.168))
        assert said == ("0 of 20 collapsed: up to 17 % could" if verdict.within_margin else "")
    seen = row(verdict=Verdict.EQUIVALENT, undetected=0.25, collapsed=1.0)
    assert clauses.not_excluded(seen) == "1 collapsed: up to 25 % could"


def test_what_is_not_excluded_is_of_the_seeds_of_the_scheme_and_not_of_the_pairs():
    alike = row(verdict=Verdict.EQUIVALENT, undetected=0.11, seeds=30.0)
    assert clauses.not_excluded(alike).startswith("0 of 30 collapsed")
    own = row(verdict=Verdict.EQUIVALENT, undetected=0.11, seeds=30.0, seeds_trained=31.0)
    assert clauses.not_excluded(own) == "0 of 31 collapsed: up to 11 % could"
