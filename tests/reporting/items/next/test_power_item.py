import numpy as np
from pictures import draw, frame, marked

from biasinit.reporting.items.next.power import seeds_in_view


def test_the_chance_of_a_verdict_grows_to_the_right_with_the_studys_seeds_marked(tables, study):
    rows = frame("power", tables, study)
    for axes in draw("power", rows, study).axes:
        curves = [line for line in axes.lines if line.get_label() in set(rows["scheme"])]
        assert len(curves) == rows["scheme"].nunique()
        for line in curves:
            here = rows[(rows["scheme"] == line.get_label())]
            here = here[here["normalization"] == here["normalization"].iloc[0]]
            assert np.asarray(line.get_ydata()).tolist() == (100 * here["power"]).tolist()
        (present,) = marked(axes, "present")
        assert present.get_xdata()[0] == study.seeds
        (wanted,) = marked(axes, "wanted")
        assert wanted.get_ydata()[0] == 80
    low, high = seeds_in_view(rows)
    assert low == 6
    assert high == 200, "the slowest contrast is decided there"


def test_one_number_of_seeds_stands_in_the_middle(tables, study):
    rows = frame("power", tables, study)
    one = rows[rows["seeds"] == rows["seeds"].max()]
    low, high = draw("power", one, study).axes[0].get_xlim()
    assert low < one["seeds"].iloc[0] < high
