import numpy as np
import pytest
from pictures import draw, frame, marked

from biasinit.reporting.items.trust.residuals import share_outside


def test_residuals_beyond_the_band_of_simulated_tables_are_filled(tables, study):
    rows = frame("residuals", tables, study)
    picture = draw("residuals", rows, study)
    assert len(picture.axes) == rows["normalization"].nunique()
    for axes, (_, here) in zip(
        picture.axes, rows.groupby("normalization", sort=False), strict=True
    ):
        ((inside,), (out,)) = (marked(axes, name) for name in ("inside", "out"))
        assert out.get_markerfacecolor() != "none"
        assert np.asarray(out.get_ydata()).tolist() == [4.25]
        assert len(inside.get_xdata()) == len(here) - 1
        assert len(marked(axes, "envelope")) == 1
    assert share_outside(rows) == pytest.approx(1 / 41)
