"""What the rows of contrasts say on the scale of their verdict."""

import numpy as np
import pytest
import scipy.stats

from biasinit.metric import ACCURACY, Metric
from biasinit.statistics.judging.measures import measured, probabilities
from biasinit.verdicts import Outcome

LOSS = Metric.of(name="validation loss", unit="nats", better="lower")
POINTS = {
    "estimate": -0.3,
    "standard_error": 0.1,
    "df": 19.0,
    "seeds": 20,
    "simultaneous_lower": -0.6,
    "simultaneous_upper": 0.1,
    "equivalence_lower": -0.5,
    "equivalence_upper": -0.1,
    "margin": 0.5,
}
SPEED = {
    "estimate": np.log(0.9),
    "standard_error": 0.05,
    "df": 19.0,
    "seeds": 20,
    "ratio": 0.9,
    "ratio_simultaneous_lower": 0.8,
    "ratio_simultaneous_upper": 1.0,
    "ratio_equivalence_lower": 0.85,
    "ratio_equivalence_upper": 0.95,
    "margin_lower": 0.5,
    "margin_upper": 1.25,
}


@pytest.mark.parametrize("outcome", [Outcome.ACCURACY, Outcome.INTERACTION])
def test_points_of_accuracy_have_a_margin_on_both_sides_of_zero(outcome):
    found = measured(POINTS, outcome, ACCURACY)
    assert (found["estimate"], found["lower"], found["upper"]) == (-0.3, -0.6, 0.1)
    assert (found["equivalence_lower"], found["equivalence_upper"]) == (-0.5, -0.1)
    assert (found["null"], found["margin_lower"], found["margin_upper"]) == (0.0, -0.5, 0.5)
    assert found["higher_is_better"]


def test_a_ratio_of_times_is_judged_against_one_and_shorter_is_better():
    found = measured(SPEED, Outcome.SPEED, LOSS)
    assert (found["estimate"], found["lower"], found["upper"]) == (0.9, 0.8, 1.0)
    assert (found["equivalence_lower"], found["equivalence_upper"]) == (0.85, 0.95)
    assert (found["null"], found["margin_lower"], found["margin_upper"]) == (1.0, 0.5, 1.25)
    assert not found["higher_is_better"]


def test_of_a_loss_less_is_better():
    assert not measured(POINTS, Outcome.ACCURACY, LOSS)["higher_is_better"]


@pytest.mark.parametrize(
    ("row", "outcome", "ends"),
    [
        (POINTS, Outcome.ACCURACY, (-0.5, 0.5)),
        (SPEED, Outcome.SPEED, (np.log(0.5), np.log(1.25))),
    ],
    ids=["points", "log ratio"],
)
def test_the_probability_to_lie_in_the_margin_is_that_of_a_t_around_the_estimate(
    row, outcome, ends
):
    posterior = scipy.stats.t(19, loc=row["estimate"], scale=row["standard_error"])
    below, inside, above = probabilities(row, outcome)
    assert below == pytest.approx(posterior.cdf(ends[0]))
    assert above == pytest.approx(posterior.sf(ends[1]))
    assert inside == pytest.approx(posterior.cdf(ends[1]) - posterior.cdf(ends[0]))


def test_without_a_standard_error_no_probability_is_made_up():
    assert np.isnan(probabilities({**POINTS, "standard_error": np.nan}, Outcome.ACCURACY)).all()
