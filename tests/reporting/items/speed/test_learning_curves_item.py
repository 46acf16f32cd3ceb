import math

import numpy as np
import pandas as pd
import pytest
from pictures import draw, frame, marked


@pytest.fixture
def rows(tables, study):
    return frame("learning_curves", tables, study)


def test_bands_hold_for_whole_curves_where_there_are_seeds_enough(rows, study):
    wide = rows.assign(band_lower=rows["lower"] - 1, band_upper=rows["upper"] + 1)
    few = rows.assign(band_lower=math.nan, band_upper=math.nan)

    def heights(shown):
        picture = draw("learning_curves", shown, study)
        bands = marked(picture.axes[0], "band")
        return [float(np.ptp(band.get_paths()[0].vertices[:, 1])) for band in bands]

    plain, simultaneous = heights(few), heights(wide)
    assert len(plain) == 4
    assert heights(rows) == pytest.approx([height + 1.6 for height in plain])
    assert simultaneous == pytest.approx([height + 2 for height in plain])


def test_learning_curves_show_bands_threshold_and_one_line_per_scheme(rows, study):
    picture = draw("learning_curves", rows, study)
    assert len(picture.axes) == 4
    for axes in picture.axes:
        assert [line.get_label() for line in axes.lines[:4]] == list(study.schemes)
        assert len(marked(axes, "band")) == 4
        assert marked(axes, "threshold")[0].get_ydata()[0] == 95.0


def test_cells_stand_in_the_order_of_their_numbers(tables, study):
    names = ["architecture=plain-16", "architecture=plain-4", "architecture=plain-32"]
    wanted = ["architecture=plain-4", "architecture=plain-16", "architecture=plain-32"]
    cells = pd.concat([tables["curve_means"].assign(cell=name) for name in names])
    rows = frame("learning_curves", {"curve_means": cells}, study)
    assert rows["cell"].drop_duplicates().tolist() == wanted
