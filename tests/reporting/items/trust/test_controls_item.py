import math

from pictures import draw, frame, marked, texts

from biasinit.reporting.items.trust.controls import (
    IDENTITY,
    REPLICATE,
    identity_sentence,
    replicate_sentence,
)
from biasinit.reporting.selection import part


def test_controls_show_both_controls(tables, study):
    both = frame("controls", tables, study)
    above, below = draw("controls", both, study).axes
    assert len(marked(above, "identity")) == len(part(both, IDENTITY)) > 0
    assert len(marked(below, "estimate")) == len(part(both, REPLICATE)) > 0


def test_one_control_alone_says_that_the_other_is_absent(tables, study):
    alone = frame("controls", {"replicate": tables["replicate"]}, study)
    picture = draw("controls", alone, study)
    assert "not in this table" in texts(picture)
    assert marked(picture.axes[1], "estimate")


def test_controls_are_said_with_their_numbers(tables, study):
    largest = tables["identity"]["largest_accuracy_difference"].max()
    assert f"at most {largest:.2f} points" in identity_sentence(tables, study)
    assert "zeros against itself with another batch order" in replicate_sentence(tables, study)
    lone = tables["replicate"].assign(lower=math.nan, upper=math.nan, seeds=1)
    assert "points (no interval: both trained under 1 seed only)" in replicate_sentence(
        {"replicate": lone}, study
    )


def failing(tables, **changes):
    """The identity check with one scheme that differs by more than the margin at two rates."""
    identity = tables["identity"]
    broken = (identity["scheme"] == "1.0").to_numpy()
    told = {"mean_accuracy_difference": -3.2, "fails": True} | changes
    return {
        "identity": identity.assign(**{k: identity[k].mask(broken, v) for k, v in told.items()})
    }


def test_an_identity_check_that_fails_is_said(tables, study):
    assert "fails" not in identity_sentence(tables, study)
    assert identity_sentence(failing(tables), study).endswith(
        "The identity check fails: with biases before batch normalisation ('batchnorm'), which "
        "cancels them, 1.0 differs from zeros by −3.20 points on average over 20 seeds at learning "
        "rate 0.02, and in 1 more condition."
    )


def test_without_single_predictions_the_check_says_so(tables, study):
    lone = {"identity": tables["identity"].assign(share_identical_predictions=math.nan)}
    assert "points, and single predictions are not in this table." in identity_sentence(lone, study)
