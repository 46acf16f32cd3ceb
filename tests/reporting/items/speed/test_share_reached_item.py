import pytest
from pictures import draw, frame


def test_shares_run_from_none_to_all(tables, study):
    picture = draw("share_reached", frame("share_reached", tables, study), study)
    for axes in picture.axes:
        assert axes.get_ylim() == (-3, 103)
        assert max(axes.lines[0].get_ydata()) == pytest.approx(100)
