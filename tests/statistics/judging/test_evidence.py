"""What the rows of contrasts and of failures say, before a verdict is made of them."""

import numpy as np
import pandas as pd
import pytest
from biasinit.statistics.judging.contrast_row import ContrastRow, contrast_rows_of
from biasinit.statistics.judging.failures import failure_evidence
from biasinit.statistics.judging.lookup import Lookup

from biasinit.statistics.judging.measures import measured, planned

LABELS = {"normalization": "none", "scheme": "one", "reference": "zeros"}


def row(family, **numbers):
    return ContrastRow(family=family, **LABELS, numbers=numbers)


SPEED = {
    "ratio": 0.9,
    "ratio_simultaneous_lower": 0.8,
    "ratio_simultaneous_upper": 1.0,
    "margin_lower": 0.5,
    "margin_upper": 1.25,
    "smallest_margin": 1.3,
    "df": 19.0,
    "seeds": 20.0,
}


def test_points_of_accuracy_have_a_margin_on_both_sides_of_zero():
    points = {"estimate": -0.3, "simultaneous_lower": -0.6, "simultaneous_upper": 0.1}
    found = measured(row("interaction", **points, margin=0.5))
    assert (found["estimate"], found["lower"], found["upper"]) == (-0.3, -0.6, 0.1)
    assert (found["null"], found["margin_lower"], found["margin_upper"]) == (0.0, -0.5, 0.5)
    assert found["higher_is_better"]


def test_a_ratio_of_times_is_judged_against_one_and_shorter_is_better():
    found = measured(row("speed", **SPEED))
    assert (found["estimate"], found["lower"], found["upper"]) == (0.9, 0.8, 1.0)
    assert (found["null"], found["margin_lower"], found["margin_upper"]) == (1.0, 0.5, 1.25)
    assert not found["higher_is_better"]


@pytest.mark.parametrize(
    ("modelled", "error"), [(0.1, 0.1), (np.nan, 0.2), (0.0, 0.2)], ids=["model", "none", "zero"]
)
def test_seeds_for_points_are_planned_by_the_model_or_else_by_the_scatter(modelled, error):
    numbers = {"estimate": 0.4, "margin": 0.5, "seeds": 25.0, "standard_error": 0.2}
    found = planned(row("accuracy", **numbers, mixed_standard_error=modelled))
    assert found == pytest.approx({"effect": 0.4, "deviation": 5 * error, "margin": 0.5})


def test_seeds_for_a_ratio_are_planned_on_the_log_scale_against_the_nearer_margin():
    found = planned(row("speed", **SPEED))
    assert found["effect"] == pytest.approx(np.log(0.9))
    assert found["margin"] == pytest.approx(np.log(1.25))
    # the smallest margin is |log ratio| and 1.729 standard errors away from 1
    error = (np.log(1.3) + np.log(0.9)) / 1.7291
    assert found["deviation"] == pytest.approx(error * np.sqrt(20), rel=1e-4)


def test_rows_of_a_table_keep_their_texts_and_numbers_and_flags():
    table = pd.DataFrame(
        {"family": ["speed"], **{name: [text] for name, text in LABELS.items()}}
        | {"cell": ["all"], "basis": ["all seeds"], "estimate": [np.nan], "fragile": [True]}
    )
    (found,) = contrast_rows_of(table)
    assert (found.family, found.scheme, found.reference) == ("speed", "one", "zeros")
    assert np.isnan(found["estimate"])
    assert found["fragile"] == 1.0


RATES = pd.DataFrame(
    {"normalization": "none", "cell": "all", "scheme": ["zeros", "one"], "upper": [0.1, 0.2]}
)


def failures(contrasts, totals):
    lookup = Lookup(
        levels=["none"],
        cells=pd.DataFrame(),
        effects={},
        failed={},
        totals={("none", scheme): counts for scheme, counts in totals.items()},
        new_intervals={},
    )
    columns = ["normalization", "scheme", "cell", "risk_difference", "lower", "upper", "p_adjusted"]
    frame = pd.DataFrame(contrasts, columns=columns)
    return failure_evidence(
        "none", "one", "zeros", lookup, rates=RATES, contrasts=frame, alpha=0.05
    )


BOTH = {"one": (20, 4), "zeros": (20, 0)}


def test_an_interval_that_the_family_does_not_support_reaches_zero():
    evidence, p = failures([("none", "one", "all", 0.2, 0.02, 0.4, 0.2)], BOTH)
    assert (evidence.lower, evidence.upper, evidence.different, p) == (0.0, 0.4, False, 0.2)
    evidence, p = failures([("none", "one", "all", 0.2, 0.02, 0.4, 0.01)], BOTH)
    assert (evidence.lower, evidence.upper, evidence.different, p) == (0.02, 0.4, True, 0.01)
    assert (evidence.failed, evidence.runs, evidence.reference_failed) == (4, 20, 0)


def test_without_a_failure_each_risk_is_bounded_by_that_of_its_arm():
    evidence, p = failures([], {"one": (20, 0), "zeros": (30, 0)})
    assert (evidence.estimate, evidence.lower, evidence.upper) == (0.0, -0.1, 0.2)
    assert np.isnan(p)
    assert not evidence.different


def test_an_arm_without_runs_has_no_evidence():
    evidence, _ = failures([], {"zeros": (30, 0)})
    assert np.isnan([evidence.estimate, evidence.p_equivalence_adjusted]).all()
    assert evidence.runs == 0
