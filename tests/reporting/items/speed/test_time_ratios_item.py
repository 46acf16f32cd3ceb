import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from pictures import draw, frame, marked, texts


def test_time_ratios_are_drawn_on_a_log_scale_and_labelled_as_ratios(tables, study):
    rows = frame("time_ratios", tables, study)
    picture = draw("time_ratios", rows, study)
    axes = picture.axes[0]
    marks = sorted(mark.get_xdata()[0] for mark in marked(axes, "estimate"))
    here = rows.query("normalization == 'none'")["estimate"]
    assert marks == pytest.approx(sorted(np.log(here)))
    FigureCanvasAgg(picture).draw()
    assert "1" in [label.get_text() for label in axes.get_xticklabels()]
    assert any(text.endswith("(1.30 to 1.64) ▼") for text in texts(picture))
