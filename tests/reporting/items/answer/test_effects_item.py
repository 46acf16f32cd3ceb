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
        "outcome": "accuracy", "normalization": "none", "scheme": "1.0", "reference": "zeros",
        "cell": "all", "conditions": 1, "verdict": "worse beyond the margin", "interval":
        "difference", "level": 95.0, "depends_on": "",
        "estimate": -0.9, "lower": -1.2, "upper": -0.6, "margin_lower": -0.5, "margin_upper": 0.5,
    }  # fmt: skip
    return pd.DataFrame([row | changes])


def several(*changes):
    return pd.concat([rows(**each) for each in changes], ignore_index=True)


OPPOSITE = (
    {"verdict": "depends", "depends_on": "learning_rate", "conditions": 2, "estimate": -1.6,
     "lower": math.nan, "upper": math.nan},
    {"cell": "learning_rate 0.005", "verdict": "better", "estimate": 0.8, "lower": 0.1,
     "upper": 1.5},
    {"cell": "learning_rate 0.02", "estimate": -4.0, "lower": -4.8, "upper": -3.2},
    {"cell": "own best learning rate", "verdict": "worse", "estimate": -0.7, "lower": -1.2,
     "upper": -0.2},
)  # fmt: skip


def test_effects_stand_at_their_estimates_with_the_interval_that_decides(draw_effects):
    axes = draw_effects(rows()).axes[0]
    (mark,) = marked(axes, "estimate")
    assert mark.get_xdata()[0] == pytest.approx(-0.9)
    spans = [tuple(line.get_xdata()) for line in axes.lines if len(line.get_xdata()) == 2]
    assert (-1.2, -0.6) in [tuple(np.round(span, 6)) for span in spans]


def test_effects_print_the_interval_that_the_verdict_rests_on(draw_effects):
    shown = texts(draw_effects(rows()))
    assert "−0.90 (−1.20 to −0.60)\n▼ worse, by more than the margin" in shown


def test_opposite_conditions_are_points_of_their_own_and_their_mean_is_not_drawn(draw_effects):
    picture = draw_effects(several(*OPPOSITE))
    (axes,) = picture.axes
    places = [float(mark.get_xdata()[0]) for mark in marked(axes, "estimate")]
    assert places == pytest.approx([0.8, -4.0, -0.7])
    assert texts(picture)[-4:] == [
        "all: ↕ depends on the learning rate",
        "0.005: +0.80 (0.10 to 1.50) △",
        "0.02: −4.00 (−4.80 to −3.20) ▼",
        "own best: −0.70 (−1.20 to −0.20) ▽",
    ]
    assert "depends on the learning rate" in texts(picture)
    assert not any("1.60" in text for text in texts(picture))


def test_the_own_best_rate_has_a_mark_of_its_own(draw_effects):
    (axes,) = draw_effects(several(*OPPOSITE)).axes
    markers = [mark.get_marker() for mark in marked(axes, "estimate")]
    assert markers[-1] == "*"
    assert "*" not in markers[:-1]


def test_many_conditions_share_a_row_with_a_mark_for_each(draw_effects):
    cells = [
        {"cell": f"architecture plain-{n}", "estimate": 0.1 * n, "conditions": 1} for n in range(9)
    ]
    picture = draw_effects(several({"conditions": 9}, *cells))
    (axes,) = picture.axes
    places = sorted(float(mark.get_xdata()[0]) for mark in marked(axes, "condition"))
    assert places == pytest.approx([0.1 * n for n in range(9)])
    assert "9 conditions: 0.00 to +0.80" in texts(picture)


def test_effects_shade_the_margin_of_each_row(draw_effects):
    axes = draw_effects(rows()).axes[0]
    (band,) = marked(axes, "margin")
    low, high = band.get_paths()[0].get_extents().intervalx
    assert (low, high) == pytest.approx((-0.5, 0.5))


def test_an_effect_off_the_scale_ends_in_an_arrow_and_keeps_its_number(draw_effects):
    picture = draw_effects(rows(estimate=-60.0, lower=-90, upper=-30))
    axes = picture.axes[0]
    assert axes.get_xlim()[0] == pytest.approx(-4.0)
    assert [mark.get_marker() for mark in marked(axes, "arrow")] == ["<"]
    assert not marked(axes, "estimate")
    assert any("−60.00 (−90.00 to −30.00)" in text for text in texts(picture))


def test_an_endless_interval_ends_in_two_arrows(draw_effects):
    picture = draw_effects(rows(lower=-math.inf, upper=math.inf))
    assert len(marked(picture.axes[0], "arrow")) == 2
    assert any("−∞ to ∞" in text for text in texts(picture))


def test_a_row_without_an_estimate_says_why(draw_effects):
    lost = {"scheme": "xavier", "estimate": math.nan, "verdict": "fails"}
    assert "never trains" in texts(draw_effects(several({}, lost)))


def test_both_normalisations_share_one_scale(draw_effects, tables, study):
    first, second = draw_effects(frame("effects", tables, study)).axes
    assert first.get_xlim() == second.get_xlim()
    assert first.get_title(loc="left") == "without batch normalisation"
    assert second.get_title(loc="left") == "with batch normalisation"


def test_schemes_keep_the_order_of_the_study(draw_effects, tables, study):
    axes = draw_effects(frame("effects", tables, study)).axes[0]
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert [name for name in names if name] == ["0.01", "1.0", "xavier"]
