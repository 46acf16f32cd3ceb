"""Which verdict follows from which evidence: of one contrast, and over several conditions."""

import dataclasses
import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from biasinit.statistics.judging.conditions import (
    Condition,
    disagree,
    judge_conditions,
    strongest_factor,
)
from biasinit.statistics.judging.evidence import Evidence, decide
from biasinit.verdicts import Outcome, Verdict

NAN = float("nan")
PLAIN = Evidence(
    outcome=Outcome.ACCURACY,
    estimate=0.8,
    lower=0.6,
    upper=1.0,
    equivalence_lower=0.65,
    equivalence_upper=0.95,
    equivalence_level=90.0,
    null=0.0,
    margin_lower=-0.5,
    margin_upper=0.5,
    p_adjusted=0.01,
    p_equivalence_adjusted=0.9,
    alpha=0.05,
    higher_is_better=True,
    identical=False,
    seeds=20,
    lost=0,
    reference_lost=0,
)
SPEED = {
    "outcome": Outcome.SPEED,
    "null": 1.0,
    "margin_lower": 0.8,
    "margin_upper": 1.25,
    "higher_is_better": False,
}
OPEN = {"estimate": 0.3, "lower": -0.3, "upper": 0.9, "p_adjusted": 0.4}
SAME = {
    "estimate": 0.0,
    "lower": -0.3,
    "upper": 0.3,
    "equivalence_lower": -0.2,
    "equivalence_upper": 0.2,
    "p_adjusted": 0.9,
    "p_equivalence_adjusted": 0.01,
}
NO_EQUIVALENCE = {"p_equivalence_adjusted": 0.05}
NO_MARGIN = {"margin_lower": NAN, "margin_upper": NAN, "p_equivalence_adjusted": NAN}
NO_TEST = {"lower": NAN, "upper": NAN, "p_adjusted": NAN, "p_equivalence_adjusted": NAN}


def evidence(**changes):
    return dataclasses.replace(PLAIN, **changes)


@pytest.mark.parametrize(
    ("changes", "verdict", "interval"),
    [
        # a difference: outside the margin, across it, inside it
        ({}, Verdict.BETTER_BEYOND, (0.6, 1.0)),
        ({"lower": 0.4}, Verdict.BETTER, (0.4, 1.0)),
        ({"lower": 0.5}, Verdict.BETTER, (0.5, 1.0)),
        ({"estimate": 0.2, "lower": 0.1, "upper": 0.3}, Verdict.NEGLIGIBLE, (0.1, 0.3)),
        ({"estimate": 0.2, "lower": 0.1, "upper": 0.5}, Verdict.BETTER, (0.1, 0.5)),
        (
            {"estimate": -0.8, "lower": -1.0, "upper": -0.6},
            Verdict.WORSE_BEYOND,
            (-1.0, -0.6),
        ),
        ({"estimate": -0.8, "lower": -1.2, "upper": -0.4}, Verdict.WORSE, (-1.2, -0.4)),
        ({"p_adjusted": 0.05}, Verdict.BETTER_BEYOND, (0.6, 1.0)),
        # a difference goes before equivalence
        (
            {"estimate": 0.2, "lower": 0.1, "upper": 0.3, "p_equivalence_adjusted": 0.001},
            Verdict.NEGLIGIBLE,
            (0.1, 0.3),
        ),
        # no difference: equivalent by the two one-sided tests, or by the family's own interval
        (SAME, Verdict.EQUIVALENT, (-0.2, 0.2)),
        ({**SAME, "lower": -0.6, "upper": 0.6}, Verdict.EQUIVALENT, (-0.2, 0.2)),
        ({**SAME, **NO_EQUIVALENCE}, Verdict.EQUIVALENT, (-0.3, 0.3)),
        (OPEN, Verdict.INCONCLUSIVE, (-0.3, 0.9)),
        ({**SAME, **NO_EQUIVALENCE, "lower": -0.6}, Verdict.INCONCLUSIVE, (-0.6, 0.3)),
        # without a margin nothing is negligible, equivalent or beyond it
        ({**OPEN, **NO_MARGIN}, Verdict.INCONCLUSIVE, (-0.3, 0.9)),
        (NO_MARGIN, Verdict.BETTER, (0.6, 1.0)),
        # no test, no seeds
        (NO_TEST, Verdict.NOT_ESTIMABLE, (NAN, NAN)),
        ({**NO_TEST, "identical": True, "estimate": 0.0}, Verdict.IDENTICAL, (0.0, 0.0)),
        ({**NO_TEST, "seeds": 1, "lost": 19}, Verdict.FAILS, (NAN, NAN)),
        ({**NO_TEST, "seeds": 0, "lost": 20, "reference_lost": 3}, Verdict.FAILS, (NAN, NAN)),
        ({**NO_TEST, "seeds": 0, "reference_lost": 20}, Verdict.REFERENCE_FAILS, (NAN, NAN)),
        # whose runs it was cannot be said
        (
            {**NO_TEST, "seeds": 0, "lost": 20, "reference_lost": 20},
            Verdict.NOT_ESTIMABLE,
            (NAN, NAN),
        ),
        ({**NO_TEST, "seeds": 1}, Verdict.NOT_ESTIMABLE, (NAN, NAN)),
        # an endless interval of few seeds decides nothing
        (
            {"lower": -np.inf, "upper": np.inf, "p_adjusted": 0.5},
            Verdict.INCONCLUSIVE,
            (-np.inf, np.inf),
        ),
        # times: smaller is better, and the margin is one of ratios
        ({**SPEED, "estimate": 0.7, "lower": 0.6, "upper": 0.7}, Verdict.BETTER_BEYOND, (0.6, 0.7)),
        ({**SPEED, "estimate": 0.7, "lower": 0.6, "upper": 0.85}, Verdict.BETTER, (0.6, 0.85)),
        ({**SPEED, "estimate": 1.5, "lower": 1.3, "upper": 2.0}, Verdict.WORSE_BEYOND, (1.3, 2)),
        ({**SPEED, "estimate": 1.5, "lower": 1.1, "upper": 1.7}, Verdict.WORSE, (1.1, 1.7)),
        ({**SPEED, "estimate": 1.1, "lower": 1.05, "upper": 1.2}, Verdict.NEGLIGIBLE, (1.05, 1.2)),
        (
            {**SPEED, **NO_TEST, "estimate": 1.0, "identical": True},
            Verdict.IDENTICAL,
            (1.0, 1.0),
        ),
    ],
)  # fmt: skip
def test_one_contrast_is_judged_in_the_order_of_the_rules(changes, verdict, interval):
    found = decide(evidence(**changes))
    assert found.verdict is verdict
    assert (found.lower, found.upper) == pytest.approx(interval, nan_ok=True)


@pytest.mark.parametrize(
    ("changes", "interval", "level"),
    [({}, "difference", 95.0), (SAME, "equivalence", 90.0), (NO_TEST, "", NAN)],
)
def test_the_kind_and_the_level_of_the_interval_go_with_it(changes, interval, level):
    found = decide(evidence(**changes))
    assert found.interval == interval
    assert found.level == pytest.approx(level, nan_ok=True)


def condition(**changes):
    found = evidence(**changes)
    return Condition(cell="", evidence=found, judgement=decide(found))


BEYOND, BETTER = condition(), condition(lower=0.4)
WORSE = condition(estimate=-0.8, lower=-1.2, upper=-0.4)
NEGLIGIBLE = condition(estimate=0.2, lower=0.1, upper=0.3)
EQUIVALENT, UNDECIDED = condition(**SAME), condition(**OPEN)
EQUIVALENT_TOO = condition(
    **{**SAME, "equivalence_lower": -0.1, "equivalence_upper": 0.45, "equivalence_level": 95.0}
)
IDENTICAL = condition(**NO_TEST, identical=True, estimate=0.0)
FAILS = condition(**NO_TEST, seeds=0, lost=20)
REFERENCE_FAILS = condition(**NO_TEST, seeds=0, reference_lost=20)
NOTHING = condition(**NO_TEST, seeds=0)
FEW = condition(**NO_TEST, identical=True, estimate=0.0, seeds=5)
SPEED_SAME = {
    **SAME,
    **SPEED,
    "estimate": 1.0,
    "lower": 0.9,
    "upper": 1.1,
    "equivalence_lower": 0.95,
    "equivalence_upper": 1.05,
}
MEAN_BEYOND, MEAN_BETTER = evidence(), evidence(lower=0.4)
MEAN_NEGLIGIBLE = evidence(estimate=0.2, lower=0.1, upper=0.3)
MEAN_OPEN = evidence(**OPEN)
MEAN_OPEN_INSIDE = evidence(**{**SAME, "p_equivalence_adjusted": 0.9})


@pytest.mark.parametrize(
    ("mean", "conditions", "homogeneity_p", "verdict", "interval"),
    [
        # the mean is judged where the conditions do not contradict it
        (MEAN_BEYOND, [BEYOND, BETTER], 0.5, Verdict.BETTER_BEYOND, (0.6, 1.0)),
        (MEAN_BETTER, [BETTER, UNDECIDED], 0.5, Verdict.BETTER, (0.4, 1.0)),
        (MEAN_BETTER, [BETTER, UNDECIDED], NAN, Verdict.BETTER, (0.4, 1.0)),
        (MEAN_OPEN, [UNDECIDED, UNDECIDED], 0.5, Verdict.INCONCLUSIVE, (-0.3, 0.9)),
        # ... and not where the effect changes, whatever the mean and the decided ones say
        (MEAN_BEYOND, [BEYOND, BEYOND], 0.05, Verdict.DEPENDS, (NAN, NAN)),
        (MEAN_OPEN, [UNDECIDED, UNDECIDED], 0.001, Verdict.DEPENDS, (NAN, NAN)),
        # decided conditions disagree: in sign, or on the margin
        (MEAN_OPEN, [BETTER, WORSE], 0.5, Verdict.DEPENDS, (NAN, NAN)),
        (MEAN_BETTER, [BEYOND, NEGLIGIBLE], 0.5, Verdict.DEPENDS, (NAN, NAN)),
        (MEAN_BETTER, [BEYOND, EQUIVALENT], 0.5, Verdict.DEPENDS, (NAN, NAN)),
        (MEAN_BETTER, [BETTER, EQUIVALENT], 0.5, Verdict.BETTER, (0.4, 1.0)),
        # equivalent only in each; the interval reaches over all, at the level that each has
        (MEAN_OPEN_INSIDE, [EQUIVALENT, EQUIVALENT_TOO], 0.5, Verdict.EQUIVALENT, (-0.2, 0.45)),
        (MEAN_OPEN_INSIDE, [EQUIVALENT, NEGLIGIBLE], 0.5, Verdict.EQUIVALENT, (-0.2, 0.3)),
        (MEAN_OPEN_INSIDE, [EQUIVALENT, IDENTICAL], 0.5, Verdict.EQUIVALENT, (-0.2, 0.2)),
        (MEAN_OPEN_INSIDE, [IDENTICAL, IDENTICAL], NAN, Verdict.IDENTICAL, (0.0, 0.0)),
        # small differences in each that do not agree are still small in each
        (MEAN_OPEN_INSIDE, [EQUIVALENT, EQUIVALENT_TOO], 0.001, Verdict.EQUIVALENT, (-0.2, 0.45)),
        (MEAN_NEGLIGIBLE, [NEGLIGIBLE, NEGLIGIBLE], 0.5, Verdict.NEGLIGIBLE, (0.1, 0.3)),
        (MEAN_NEGLIGIBLE, [NEGLIGIBLE, NEGLIGIBLE], 0.001, Verdict.EQUIVALENT, (0.1, 0.3)),
        # a mean that lies within the margin says nothing of a condition that may not
        (MEAN_OPEN_INSIDE, [EQUIVALENT, UNDECIDED], 0.5, Verdict.INCONCLUSIVE, (-0.3, 0.9)),
        (evidence(**SAME), [EQUIVALENT, UNDECIDED], 0.5, Verdict.INCONCLUSIVE, (-0.3, 0.9)),
        (evidence(**SAME), [NEGLIGIBLE, BETTER], 0.5, Verdict.INCONCLUSIVE, (-0.3, 1.0)),
        # runs lost in some conditions only; in all of them
        (MEAN_BETTER, [BETTER, FAILS], 0.5, Verdict.DEPENDS, (NAN, NAN)),
        (MEAN_BETTER, [UNDECIDED, REFERENCE_FAILS], NAN, Verdict.DEPENDS, (NAN, NAN)),
        (MEAN_BETTER, [FAILS, FAILS], NAN, Verdict.FAILS, (NAN, NAN)),
        (MEAN_BETTER, [FAILS, REFERENCE_FAILS], NAN, Verdict.DEPENDS, (NAN, NAN)),
        (MEAN_BETTER, [REFERENCE_FAILS] * 2, NAN, Verdict.REFERENCE_FAILS, (NAN, NAN)),
        # conditions of which nothing is known are not counted, and never make it equivalent
        (MEAN_BETTER, [NOTHING, NOTHING], NAN, Verdict.NOT_ESTIMABLE, (NAN, NAN)),
        (MEAN_BETTER, [BETTER, NOTHING], NAN, Verdict.BETTER, (0.4, 1.0)),
        (MEAN_BETTER, [FAILS, NOTHING], NAN, Verdict.FAILS, (NAN, NAN)),
        (evidence(**SAME), [EQUIVALENT, NOTHING], NAN, Verdict.INCONCLUSIVE, (-np.inf, np.inf)),
        (evidence(**SAME), [EQUIVALENT, FEW], NAN, Verdict.INCONCLUSIVE, (-np.inf, np.inf)),
        (
            evidence(**SPEED_SAME),
            [condition(**SPEED_SAME), condition(**SPEED, **NO_TEST, seeds=1)],
            NAN,
            Verdict.INCONCLUSIVE,
            (0.0, np.inf),
        ),
    ],
)  # fmt: skip
def test_over_conditions_opposite_effects_are_never_averaged(
    mean, conditions, homogeneity_p, verdict, interval
):
    for order in (conditions, conditions[::-1]):
        found = judge_conditions(mean, order, homogeneity_p=homogeneity_p)
        assert found.verdict is verdict
        assert (found.lower, found.upper) == pytest.approx(interval, nan_ok=True)


def test_conditions_of_fewer_than_six_seeds_do_not_make_it_equivalent():
    found = judge_conditions(evidence(**SAME), [FEW, FEW], homogeneity_p=NAN)
    assert found.verdict is not Verdict.EQUIVALENT


DECIDED = [v for v in Verdict if v not in (Verdict.NONE_SEEN, Verdict.NOT_ESTIMABLE)]


@given(st.lists(st.sampled_from(DECIDED), min_size=1, max_size=4), st.randoms())
def test_disagreement_is_one_of_two_conditions_whatever_their_order(verdicts, random):
    shuffled = random.sample(verdicts, len(verdicts))
    pairs = itertools.combinations(verdicts, 2)
    assert disagree(verdicts) == disagree(shuffled) == any(disagree(pair) for pair in pairs)


CELLS = pd.DataFrame(
    list(itertools.product(["small", "deep", "wide"], [0.01, 0.1])),
    columns=["architecture", "learning_rate"],
    index=pd.Index([f"cell {number}" for number in range(6)], name="cell"),
)


def strongest(values, cells=CELLS):
    return strongest_factor(pd.Series(values, index=cells.index, dtype=float), cells)


@pytest.mark.parametrize(
    ("effects", "factor"),
    [
        ([1.0, 3.0, 1.1, 3.1, 0.9, 2.9], "learning_rate"),
        ([1.0, 1.1, 3.0, 3.1, 5.0, 5.1], "architecture"),
        ([1.0, 3.0, np.nan, 3.1, 0.9, np.nan], "learning_rate"),
    ],
)
def test_the_factor_that_explains_most_is_named(effects, factor):
    assert strongest(effects) == factor


def test_a_factor_with_more_levels_must_explain_more():
    """Networks explain 4 by three levels, rates 3 by two."""
    effects = [network + rate * 0.5**0.5 for network in (0, 1, 2) for rate in (-1, 1)]
    assert strongest(effects) == "learning_rate"


def test_with_one_cell_there_is_nothing_to_depend_on():
    assert strongest([1.0], CELLS.head(1)) == ""
