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
