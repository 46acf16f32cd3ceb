import numpy as np
import pandas as pd
from pictures import draw, frame, marked, texts

from biasinit.reporting.items.accuracy.outcomes import MANY_POINTS


def test_every_run_is_drawn_or_counted(tables, study):
    rows = frame("outcomes", tables, study)
    picture = draw("outcomes", rows, study)
    drawn = sum(len(strip.get_offsets()) for axes in picture.axes for strip in marked(axes, "run"))
    failed = sum(int(text.split()[1]) for text in texts(picture) if text.endswith("failed"))
    assert failed == 8
    assert drawn + failed == len(rows)


def test_failed_runs_do_not_squeeze_the_others(tables, study):
    picture = draw("outcomes", frame("outcomes", tables, study), study)
    assert picture.axes[0].get_xlim()[0] > 90


def test_many_runs_are_drawn_as_a_picture(study):
    for runs, is_picture in ((MANY_POINTS, False), (MANY_POINTS + 1, True)):
        rows = pd.DataFrame(
            {
                "normalization": "none",
                "scheme": "zeros",
                "final_accuracy": np.linspace(90, 99, runs),
                "failed": False,
            }
        )
        (axes,) = draw("outcomes", rows, study).axes
        (strip,) = marked(axes, "run")
        assert len(strip.get_offsets()) == runs
        assert strip.get_rasterized() == is_picture
