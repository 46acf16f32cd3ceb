import pytest
from pictures import draw, frame, marked

from biasinit.reporting.items.accuracy.interaction import CONTRASTS, MEANS
from biasinit.reporting.selection import part


def test_interaction_shows_each_mean_and_leaves_the_reference_without_a_contrast(tables, study):
    both = frame("interaction", tables, study)
    left, right = draw("interaction", both, study).axes
    shown = sorted(mark.get_xdata()[0] for mark in marked(left, "mean"))
    assert shown == pytest.approx(sorted(part(both, MEANS)["estimate"].astype(float)))
    assert len(marked(right, "estimate")) == len(part(both, CONTRASTS)) == 3


def test_interaction_without_contrasts_is_one_panel(tables, study):
    alone = frame("interaction", {"accuracy_means": tables["accuracy_means"]}, study)
    assert len(draw("interaction", alone, study).axes) == 1
