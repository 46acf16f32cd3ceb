import numpy as np
import pandas as pd
import pytest
from pictures import draw, frame, marked, texts
from scipy import stats

from biasinit.analyses.contract import analysis_named


def probabilities(**columns):
    row = {"family": "accuracy", "normalization": "none", "scheme": "1.0", "reference": "zeros"}
    row |= {"cell": "all", "estimate": 0.0, "standard_error": 0.2, "df": 19.0, "margin": 0.5}
    made = analysis_named("weigh_margins").run(
        {"accuracy_contrasts": pd.DataFrame([row | columns])}, {}
    )
    return made["margin_probabilities"]


def test_the_three_probabilities_are_those_of_the_t_distribution_and_add_to_one():
    (row,) = probabilities(estimate=0.3).to_dict("records")
    drawn = 0.3 + 0.2 * stats.t.rvs(19, size=400_000, random_state=1)
    assert row["below"] == pytest.approx(np.mean(drawn < -0.5), abs=3e-3)
    assert row["inside"] == pytest.approx(np.mean(np.abs(drawn) < 0.5), abs=3e-3)
    assert row["above"] == pytest.approx(np.mean(drawn > 0.5), abs=3e-3)
    assert row["below"] + row["inside"] + row["above"] == pytest.approx(1)


def test_an_interval_within_the_margin_is_more_than_95_percent_within():
    half = 0.2 * stats.t.isf(0.025, 19)
    (inside,) = probabilities(margin=half)["inside"]
    assert inside == pytest.approx(0.95)


@pytest.mark.parametrize(
    "other",
    [{"standard_error": 0.0}, {"standard_error": np.nan}, {"cell": "rate 1"}, {"family": "x"}],
)
def test_only_estimated_contrasts_over_cells_have_probabilities(other):
    assert probabilities(**other).empty


def test_bars_fill_from_below_over_within_to_above(tables, study):
    rows = pd.concat([probabilities(), probabilities(scheme="0.01", estimate=-9.0)])
    here = {**tables, "margin_probabilities": rows}
    picture = draw("margin_probabilities", frame("margin_probabilities", here, study), study)
    (axes,) = picture.axes
    ends = [
        max(patch.get_x() + patch.get_width() for patch in marked(axes, part))
        for part in ("below", "above")
    ]
    assert ends[1] == pytest.approx(100)
    assert any("0 % within" in text for text in texts(picture))
