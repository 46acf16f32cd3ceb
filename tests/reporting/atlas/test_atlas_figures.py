"""The pictures of a synthesis: the forest of means, and the atlas."""

import math
from xml.etree import ElementTree

import pytest
from atlases import (
    SCHEMES,
    UNPOOLED,
    effect_row,
    plausible,
    pooled_row,
    prediction_row,
    synthesis_of,
)
from pictures import assert_no_overlap, marked, texts

from biasinit.reporting.atlas.figures import atlas_figure, atlas_picture
from biasinit.reporting.atlas.forest import forest_figure, forest_picture
from biasinit.reporting.atlas.predicted import predicted_figure, predicted_picture
from biasinit.verdicts import Outcome


def speed_forest(synthesis):
    return forest_figure(synthesis, Outcome.SPEED)


def bars_of(axes):
    """Return the ends of the bars by their width, and the widths in order."""
    bars = {
        line.get_linewidth(): list(line.get_xdata())
        for line in axes.lines
        if len(line.get_xdata()) == 2 and line.get_xdata()[0] != line.get_xdata()[1]
    }
    return bars, sorted(bars)


MANY = tuple(f"a long name of a scheme {number}" for number in range(20))


def test_the_forest_has_a_panel_for_each_normalisation_and_a_mark_for_each_condition():
    synthesis = plausible()
    picture = forest_picture(synthesis, Outcome.ACCURACY)
    titles = [axes.get_title("left") for axes in picture.axes]
    assert titles == ["without batch normalisation", "with batch normalisation"]
    names = [label.get_text() for label in picture.axes[0].get_yticklabels()]
    assert names == list(SCHEMES)
    for axes, level in zip(picture.axes, ("none", "batchnorm_shift"), strict=True):
        assert len(axes.get_yticks()) == len(SCHEMES)
        effects = synthesis.effects
        here = effects[(effects["outcome"] == "accuracy") & (effects["normalization"] == level)]
        sized = (here["verdict"] != "fails").sum()
        points = marked(axes, "condition")
        beyond = (here.loc[here["verdict"] != "fails", "effect"].abs() > axes.get_xlim()[1]).sum()
        assert len(points) == sized - beyond
        assert len(marked(axes, "margin")) == len(SCHEMES)


def test_the_interval_is_thick_and_the_prediction_thin():
    pooled = [pooled_row(lower=-0.1, upper=0.3, prediction_lower=-0.5, prediction_upper=0.7)]
    axes = forest_picture(synthesis_of([effect_row()], pooled), Outcome.ACCURACY).axes[0]
    bars, widths = bars_of(axes)
    assert bars[widths[0]] == [-0.5, 0.7]
    assert bars[widths[-1]] == [-0.1, 0.3]
    assert "+0.10 (−0.10 to 0.30)" in [text.get_text() for text in axes.texts]


def test_too_few_conditions_show_their_marks_and_no_mean():
    synthesis = synthesis_of([effect_row(effect=0.4)], [pooled_row(**UNPOOLED)])
    picture = forest_picture(synthesis, Outcome.ACCURACY)
    (axes,) = picture.axes
    assert not marked(axes, "estimate")
    assert [list(point.get_xdata()) for point in marked(axes, "condition")] == [[0.4]]
    assert "too few" in texts(picture)


def test_what_leaves_the_scale_becomes_an_arrow():
    far = {"mean": -30.0, "lower": -31.0, "upper": -29.0, "prediction_lower": -40.0}
    rows = [effect_row(effect=-30.0, condition=f"c{place}") for place in range(3)]
    axes = forest_picture(synthesis_of(rows, [pooled_row(**far)]), Outcome.ACCURACY).axes[0]
    assert axes.get_xlim() == (-8, 8)
    assert len(marked(axes, "arrow")) == 4


def test_the_atlas_writes_points_with_the_verdict_and_colours_margins():
    rows = [
        effect_row("a", "x", estimate=-1.4, effect=-2.8, margin=0.5),
        effect_row("b", "x", estimate=-1.4, effect=-1.4, margin=1.0),
        effect_row("c", "x", verdict="fails", estimate=math.nan, effect=math.nan),
    ]
    (axes,) = atlas_picture(synthesis_of(rows)).axes
    assert [text.get_text() for text in axes.texts] == ["−1.4 =", "−1.4 =", "✕"]
    assert axes.collections[0].get_array().ravel().tolist() == [-2.8, -1.4, -3.0]


def test_the_atlas_has_the_schemes_of_several_conditions_and_counts_the_rest():
    rows = [effect_row("often", name) for name in "xyz"]
    rows += [effect_row("rare", "x"), effect_row("rarer", "z")]
    picture = atlas_picture(synthesis_of(rows))
    (axes,) = picture.axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["often"]
    said = [text.get_text() for text in picture.texts]
    assert "2 schemes of fewer than three conditions left out." in said
    whole = synthesis_of(rows[3:])
    (axes,) = atlas_picture(whole).axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["rare", "rarer"]
    assert "left out" not in atlas_figure(whole)


def test_columns_too_narrow_for_numbers_have_the_verdicts():
    rows = [effect_row(f"s{number}", name) for number in range(20) for name in "xyz"]
    (axes,) = atlas_picture(synthesis_of(rows)).axes
    assert {text.get_text() for text in axes.texts} == {"="}


def test_the_atlas_leaves_empty_what_was_not_run():
    rows = [effect_row("a", "x"), effect_row("b", "y")]
    (axes,) = atlas_picture(synthesis_of(rows)).axes
    assert axes.collections[0].get_array().mask.ravel().tolist() == [False, True, True, False]
    assert len(axes.texts) == 2


@pytest.mark.parametrize("schemes", [SCHEMES[:1], SCHEMES, MANY], ids=["one", "eight", "twenty"])
def test_no_label_of_a_picture_overlaps_another(schemes):
    synthesis = plausible(schemes)
    assert_no_overlap(forest_picture(synthesis, Outcome.ACCURACY), "forest")
    assert_no_overlap(atlas_picture(synthesis), "atlas")


def test_pictures_are_the_same_bytes_again_and_say_what_they_show():
    synthesis = plausible()
    for figure in (atlas_figure, speed_forest):
        svg = figure(synthesis)
        assert svg == figure(synthesis)
        root = ElementTree.fromstring(svg)
        assert "Without batch normalisation: 0.01" in root.attrib["aria-label"]
        written = {element.text for element in root.iter()}
        assert set(SCHEMES) <= written


@pytest.mark.parametrize("figure", [atlas_figure, speed_forest])
def test_without_effects_a_picture_says_so(figure):
    svg = figure(synthesis_of())
    ElementTree.fromstring(svg)
    assert "yet" in svg


def test_a_name_is_text_in_a_picture():
    name = '</text><script>alert("$x_{$")</script>'
    synthesis = synthesis_of([effect_row(name, name)], [pooled_row(name)])
    for svg in (atlas_figure(synthesis), forest_figure(synthesis, Outcome.ACCURACY)):
        assert "<script" not in svg
        ElementTree.fromstring(svg)


def predicted_of(*predictions):
    return predicted_picture(synthesis_of(predictions=predictions), Outcome.ACCURACY)


def test_what_was_predicted_is_thin_and_what_was_observed_thick():
    (axes,) = predicted_of(prediction_row()).axes
    bars, widths = bars_of(axes)
    assert bars[widths[0]] == [-3.0, 0.5]
    assert bars[widths[-1]] == [-1.5, -0.5]
    assert [list(mark.get_xdata()) for mark in marked(axes, "estimate")] == [[-1.0]]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["1.0, later"]
    assert [text.get_text() for text in axes.texts] == ["−1.00, said −3.00 to 0.50"]


def test_a_prediction_that_did_not_come_true_has_a_cross():
    (axes,) = predicted_of(prediction_row(inside=False, observed=2.0)).axes
    assert [text.get_text() for text in axes.texts] == ["✗ +2.00, said −3.00 to 0.50"]


def test_a_prediction_that_was_not_tested_is_not_drawn_and_neither_is_another_outcome():
    waiting = prediction_row("0.1", observed=math.nan, condition="")
    elsewhere = prediction_row("0.01", normalization="batchnorm_shift")
    speed = prediction_row("none", outcome="speed")
    left, right = predicted_of(prediction_row(), waiting, elsewhere, speed).axes
    assert [label.get_text() for label in left.get_yticklabels()] == ["1.0, later", "0.01, later"]
    assert "not tested" in [text.get_text() for text in left.texts]
    assert "not tested" in [text.get_text() for text in right.texts]
    assert "yet" in predicted_figure(synthesis_of(predictions=[waiting]), Outcome.ACCURACY)


def test_of_a_study_of_several_conditions_each_is_named():
    rows = [prediction_row(condition=f"cifar10, plain-{depth}") for depth in (4, 6)]
    (axes,) = predicted_of(*rows).axes
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == ["1.0, cifar10, plain-4", "1.0, cifar10, plain-6"]


def test_the_picture_of_predictions_is_the_same_bytes_again_and_no_label_overlaps():
    synthesis = plausible()
    assert predicted_figure(synthesis, Outcome.ACCURACY) == predicted_figure(
        synthesis, Outcome.ACCURACY
    )
    assert_no_overlap(predicted_picture(synthesis, Outcome.ACCURACY), "predicted")
    script = prediction_row('</text><script>alert("$x_{$")</script>')
    svg = predicted_figure(synthesis_of(predictions=[script]), Outcome.ACCURACY)
    assert "<script" not in svg
    ElementTree.fromstring(svg)
