import pytest
from pictures import draw, frame, marked, texts


def test_levels_are_drawn_where_their_differences_are_and_named(tables, study):
    rows = frame("level_contrasts", tables, study)
    picture = draw("level_contrasts", rows, study)
    for axes, level in zip(picture.axes, ("none", "batchnorm_shift"), strict=True):
        here = rows[rows["normalization"] == level]
        drawn = [mark.get_xdata()[0] for mark in marked(axes, "estimate")]
        assert drawn == pytest.approx(here["estimate"].to_list())
    labels = [label.get_text() for label in picture.axes[0].get_yticklabels()]
    assert labels == [f"{scheme}: pytorch − he" for scheme in study.schemes[:2]]
    assert all(text.endswith("? inconclusive") for text in texts(picture))
