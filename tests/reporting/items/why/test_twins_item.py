from pictures import draw, frame

from biasinit.reporting.items.why.twins import QUANTITIES


def test_twins_stand_side_by_side_and_no_line_joins_them(tables, study):
    picture = draw("twins", frame("twins", tables, study), study)
    assert len(picture.axes) == len(QUANTITIES) * 4
    names = [label.get_text() for label in picture.axes[-1].get_xticklabels()]
    assert names == ["shared", "biases-untied"]
    assert picture.axes[0].lines
    for line in picture.axes[0].lines:
        assert line.get_linestyle() == "None"
