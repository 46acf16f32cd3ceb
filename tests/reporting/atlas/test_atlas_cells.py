"""The cells of the atlas: number, sign, colour, link, and all that is known."""

import math

import pytest
from atlases import effect_row, plausible, synthesis_of

from biasinit.reporting.atlas.cells import atlas_of
from biasinit.verdicts import Outcome


def cell(**changes):
    atlas = atlas_of(
        synthesis_of([effect_row(**changes)]), Outcome(changes.get("outcome", "accuracy"))
    )
    return atlas.groups[0].rows[0].cells[0]


def test_a_cell_says_all_that_is_known():
    found = cell(
        scheme="1.0", condition="cifar10, plain-6", verdict="worse beyond the margin",
        estimate=-1.4, lower=-2.0, upper=-0.8, effect=-2.8, failed=3.0, reference_failed=1.0,
    )  # fmt: skip
    assert (found.text, found.mark, found.href) == ("−1.4", "▼", "digits/report.html")
    assert found.sentence == (
        "1.0, cifar10, plain-6, without batch normalisation: worse, by more than the margin; −1.40 "
        "points against zeros (95 % interval, for all schemes at once, −2.00 to −0.80; −2.80 "
        "margins); 10 seeds, 3 of 20 runs failed (zeros: 1) (studies digits, depth)."
    )


def test_a_cell_leads_to_the_first_study_that_has_a_report_beside_the_page():
    assert cell(studies="unreported, digits").href == "digits/report.html"
    assert cell(studies="unreported").href == ""


def test_speed_is_how_many_times_as_fast():
    found = cell(
        outcome="speed", verdict="better", estimate=math.log(1.5), lower=math.log(1.2),
        upper=math.log(1.8), effect=1.8, failed=2.0,
    )  # fmt: skip
    assert found.text == "×1.50"
    said = (
        "faster; 1.50 times as fast as zeros (95 % interval, for all schemes at once, 1.20 to "
        "1.80; +1.80 margins)"
    )
    assert said in found.sentence
    assert "2 of 20 runs missed the threshold (zeros: 0)" in found.sentence
    assert cell(outcome="speed", estimate=1e6).text.startswith("×")


def test_colours_go_from_worse_to_better_and_end_at_three_margins():
    colours = [cell(effect=effect).colour for effect in (-9.0, -3.0, 0.0, 3.0, 9.0)]
    assert colours[0] == colours[1] != colours[2] != colours[3] == colours[4]
    assert cell(verdict="fails", effect=math.nan).colour == colours[0]


@pytest.mark.parametrize("verdict", ["fails", "reference fails", "not estimable"])
def test_an_arm_without_an_effect_shows_its_sign_and_no_number(verdict):
    found = cell(verdict=verdict, estimate=math.nan, effect=math.nan, failed=18.0)
    assert found.text == ""
    assert found.mark
    assert "points" not in found.sentence
    assert "nan" not in found.sentence
    survivors = cell(verdict=verdict, estimate=0.3, effect=0.6, failed=18.0)
    assert (survivors.text, survivors.colour) == (found.text, found.colour)


def test_a_mark_is_no_colour_alone_and_is_explained():
    atlas = atlas_of(plausible(), Outcome.ACCURACY)
    signs = {sign for sign, _ in atlas.marks}
    cells = [cell for group in atlas.groups for row in group.rows for cell in row.cells if cell]
    assert {cell.mark for cell in cells} == signs
    assert len(signs) > 3


def test_what_was_not_run_is_empty_and_the_order_is_that_of_the_table():
    rows = [effect_row("b", "y"), effect_row("a", "x", normalization="batchnorm_shift")]
    atlas = atlas_of(synthesis_of([rows[1], rows[0]]), Outcome.ACCURACY)
    assert atlas.schemes == ("a", "b")
    without, within = atlas.groups
    assert (without.title, within.title) == (
        "Without batch normalisation",
        "With batch normalisation",
    )
    assert [cell is None for cell in without.rows[0].cells] == [True, False]
    assert [cell is None for cell in within.rows[0].cells] == [False, True]


def test_a_study_becomes_an_address_beside_the_page():
    assert cell(studies="javascript:alert(1)").href == "javascript%3Aalert%281%29/report.html"
    assert cell(studies="a/b, c").href == "a%2Fb/report.html"
