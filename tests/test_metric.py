"""What a metric is called, and which end of it is the worse one."""

import pytest

from biasinit.metric import ACCURACY, Metric

LOSS = Metric.of(name="validation loss", unit="nats", better="lower")


def test_accuracy_in_points_by_any_other_word_is_accuracy():
    assert Metric.of(name="test accuracy", unit="points", better="higher") is ACCURACY
    assert Metric.of(name="test accuracy", unit="points", better="lower") is not ACCURACY


def test_a_metric_comes_back_from_plain_values():
    assert Metric.from_mapping(LOSS.to_mapping()) == LOSS


@pytest.mark.parametrize(
    ("metric", "sign", "below", "edge", "favourable", "lower"),
    [(ACCURACY, 1, "below", "left", "positive", "lower"),
     (LOSS, -1, "above", "right", "negative", "higher")],
    ids=["accuracy", "loss"],
)  # fmt: skip
def test_the_direction_turns_every_word_for_it(metric, sign, below, edge, favourable, lower):
    assert metric.sign == sign
    assert (metric.below, metric.worse_edge) == (below, edge)
    assert (metric.favourable, metric.lower) == (favourable, lower)


def test_words_of_tables_are_renamed_once_each():
    """A name or a unit that holds the other word is not renamed again."""
    goals = Metric.of(name="points per game", unit="accuracy", better="higher")
    assert goals.renamed("any rejection, accuracy") == "any rejection, points per game"
    assert goals.renamed("power at 3 points") == "power at 3 accuracy"
    assert LOSS.renamed("power at 0.005 points") == "power at 0.005 nats"


def test_words_in_braces_are_those_of_the_metric():
    assert LOSS.said("mean, {level_unit}; {short_title} {below}; {other}") == (
        "mean, nats; Validation loss above; {other}"
    )
