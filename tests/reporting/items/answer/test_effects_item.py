import math

import numpy as np
import pandas as pd
import pytest
from pictures import draw, frame, marked, texts


@pytest.fixture
def draw_effects(study):
    """Return a function from a frame to the picture of the answer."""
    return lambda rows: draw("effects", rows, study)


def rows(**changes):
    row = {
        "normalization": "none", "scheme": "1.0", "estimate": -0.9, "lower": -1.1, "upper": -0.7,
        "simultaneous_lower": -1.2, "simultaneous_upper": -0.6, "margin": 0.5, "verdict": "worse",
    }  # fmt: skip
    return pd.DataFrame([row | changes])


def test_effects_stand_at_their_estimates_with_both_intervals(draw_effects):
    axes = draw_effects(rows()).axes[0]
    (mark,) = marked(axes, "estimate")
    assert mark.get_xdata()[0] == pytest.approx(-0.9)
    spans = [tuple(line.get_xdata()) for line in axes.lines if len(line.get_xdata()) == 2]
    assert (-1.1, -0.7) in [tuple(np.round(span, 6)) for span in spans]
    assert (-1.2, -0.6) in [tuple(np.round(span, 6)) for span in spans]


def test_effects_print_the_interval_that_the_verdict_rests_on(draw_effects):
    assert "−0.90 (−1.20 to −0.60)\n▼ worse" in texts(draw_effects(rows()))


def test_effects_shade_the_margin_of_each_row(draw_effects):
    axes = draw_effects(rows()).axes[0]
    (band,) = marked(axes, "margin")
    low, high = band.get_paths()[0].get_extents().intervalx
    assert (low, high) == pytest.approx((-0.5, 0.5))


def test_an_effect_off_the_scale_ends_in_an_arrow_and_keeps_its_number(draw_effects):
    picture = draw_effects(
        rows(estimate=-60.0, lower=-80, upper=-40, simultaneous_lower=-90, simultaneous_upper=-30)
    )
    axes = picture.axes[0]
    assert axes.get_xlim()[0] == pytest.approx(-4.0)
    assert [mark.get_marker() for mark in marked(axes, "arrow")] == ["<"]
    assert not marked(axes, "estimate")
    assert any("−60.00 (−90.00 to −30.00)" in text for text in texts(picture))


def test_an_endless_interval_ends_in_two_arrows(draw_effects):
    picture = draw_effects(rows(simultaneous_lower=-math.inf, simultaneous_upper=math.inf))
    assert len(marked(picture.axes[0], "arrow")) == 2
    assert any("−∞ to ∞" in text for text in texts(picture))


def test_a_row_without_an_estimate_says_so(draw_effects):
    both = pd.concat([rows(), rows(scheme="xavier", estimate=math.nan)])
    assert "not estimable" in texts(draw_effects(both))


def test_both_normalisations_share_one_scale(draw_effects, tables, study):
    first, second = draw_effects(frame("effects", tables, study)).axes
    assert first.get_xlim() == second.get_xlim()
    assert first.get_title(loc="left") == "without batch normalisation"
    assert second.get_title(loc="left") == "with batch normalisation"


def test_schemes_keep_the_order_of_the_study(draw_effects, tables, study):
    axes = draw_effects(frame("effects", tables, study)).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["0.01", "1.0", "xavier"]
