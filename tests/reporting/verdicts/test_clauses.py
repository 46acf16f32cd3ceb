import math

import pytest
from rows import row

from biasinit.reporting.verdicts import clauses
from biasinit.verdicts import Outcome


def test_failures_without_known_runs_are_still_counted():
    assert clauses.failures(row(failed=3.0, runs=math.nan)) == ("3 runs failed (zeros: 0)")


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Outcome.ACCURACY, "+0.02 points, 95 % interval −0.10 to 0.30"),
        (Outcome.INTERACTION, "+0.02 points, 95 % interval −0.10 to 0.30"),
        (Outcome.SPEED, "0.02 times, 95 % interval −0.10 to 0.30"),
        (Outcome.FAILURE, "+2.0 % of runs, 95 % interval −10.0 to 30.0"),
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
    assert clauses.margin_in_points(found) == long


def test_doubts_have_three_lengths_and_stand_in_one_order():
    found = clauses.doubts(row(depends_on="learning_rate", fragile=True))
    assert [doubt.note for doubt in found] == ["depends on learning rate", "fragile"]
    assert [doubt.clause for doubt in found] == [
        "depends on the learning rate",
        "fragile: the second analysis disagrees",
    ]
    assert clauses.doubts(row()) == ()
