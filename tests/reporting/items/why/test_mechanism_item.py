import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from pictures import draw, frame, marked
from synthetic import make_study

from biasinit.reporting.figures.quantity_panels import THEORY
from biasinit.reporting.items.why.mechanism import QUANTITIES
from repository import MEASURED


@pytest.fixture
def rows(tables, study):
    return frame("mechanism", tables, study)


def test_mechanism_shows_theory_beside_the_start_alone(rows, study):
    known = (rows["when"] == "start") & (rows["quantity"] == "active_fraction")
    picture = draw("mechanism", rows.assign(predicted=np.where(known, 0.25, np.nan)), study)
    heights = {
        place: values[np.isfinite(values)]
        for place, axes in enumerate(picture.axes)
        for crosses in marked(axes, THEORY)
        if np.isfinite(values := crosses.get_offsets().filled(np.nan)[:, 1]).any()
    }
    assert list(heights) == [0, 2]  # at the start, without and with batch normalisation
    for values in heights.values():
        assert len(values) == len(study.schemes) * rows["layer"].nunique()
        assert set(values) == {0.25}


def test_mechanism_has_one_row_per_quantity(rows, study):
    picture = draw("mechanism", rows, study)
    assert len(picture.axes) == len(QUANTITIES) * 4
    assert [label.get_text() for label in picture.axes[-1].get_xticklabels()] == [
        "conv1", "conv2", "fc1", "output",
    ]  # fmt: skip
    intervals = marked(picture.axes[0], "interval")
    assert len(intervals) == len(study.schemes)
    profiles = [line for line in picture.axes[0].lines if line not in intervals]
    assert [line.get_label() for line in profiles] == list(study.schemes)


def test_a_mean_of_runs_that_exploded_is_an_arrow_and_flattens_nothing(rows, study):
    exploded = (
        (rows["quantity"] == "bias_shift")
        & (rows["when"] == "end")
        & (rows["scheme"] == study.schemes[1])
        & (rows["layer"] == "conv2")
        & (rows["normalization"] == "none")
    )
    assert exploded.sum() == 1
    beyond = rows.copy()
    beyond.loc[exploded, ["estimate", "lower", "upper"]] = (1e18, -1e17, 2e18)
    usual = draw("mechanism", rows, study)
    picture = draw("mechanism", beyond, study)
    row = list(QUANTITIES).index("bias_shift")
    arrows = [(place, arrow) for place, axes in enumerate(picture.axes)
              for arrow in marked(axes, "arrow")]  # fmt: skip
    ((place, arrow),) = arrows
    assert place == 4 * row + 1  # without batch normalisation, at the end
    low, high = picture.axes[place].get_ylim()
    assert high < 2 * usual.axes[place].get_ylim()[1]
    assert low < arrow.get_offsets()[0, 1] < high
    (line,) = [line for line in usual.axes[place].lines if line.get_label() == study.schemes[1]]
    assert to_hex(arrow.get_facecolor()[0]) == line.get_color()


@pytest.mark.parametrize(("name", "exploded"), [("digits", False), ("vgg16", True)])
def test_of_measured_layers_only_runs_that_exploded_leave_the_scale(name, exploded):
    """Gradients of the digits are fifty times as large at the start as in the median."""
    folder = MEASURED / name / "analysis"
    layers = pd.read_parquet(folder / "layer_means.parquet")
    study = make_study(schemes=tuple(dict.fromkeys(layers["scheme"])))
    picture = draw("mechanism", layers, study)
    assert any(marked(axes, "arrow") for axes in picture.axes) == exploded
