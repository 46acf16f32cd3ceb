import pytest
from pictures import draw, frame, marked, texts


def test_failure_rates_are_counts_and_percent(tables, study):
    picture = draw("failure_rates", frame("failure_rates", tables, study), study)
    assert "4 of 20 seeds" in texts(picture)
    positions = [mark.get_xdata()[0] for mark in marked(picture.axes[0], "estimate")]
    assert positions == pytest.approx([0, 0, 20, 0])
