from pictures import draw, frame, marked

from biasinit.reporting.items.why.twins import QUANTITIES


def test_twins_stand_side_by_side_and_no_line_joins_them(tables, study):
    picture = draw("twins", frame("twins", tables, study), study)
    assert len(picture.axes) == len(QUANTITIES) * 4
    names = [label.get_text() for label in picture.axes[-1].get_xticklabels()]
    assert names == ["shared", "biases-untied"]
    for axes in picture.axes:
        assert list(axes.lines) == marked(axes, "interval")
    points = [strip for strip in picture.axes[0].collections if len(strip.get_offsets()) == 2]
    assert len(points) == len(study.schemes)
