"""The page of a synthesis: whole, escaped, the same again, and every cell leads to its report."""

import math
import re

import pandas as pd
import pytest
from atlases import (
    SCHEMES,
    effect_row,
    moderator_row,
    plausible,
    pooled_row,
    prediction_row,
    synthesis_of,
)
from parsed import Page

from biasinit.reporting.atlas.page import render_atlas
from biasinit.reporting.atlas.sentences import answer
from biasinit.reporting.page.templates import read_template
from repository import REPOSITORY

HARM = (
    "<script>alert(1)</script> </style><img src=x onerror=alert(1)> ]]>--></svg> "
    '" onmouseover="alert(1) $x_{$ {{ 7 * 7 }}{% raw %}'
)


@pytest.fixture(scope="module")
def template():
    return read_template(REPOSITORY / "report", "answer.html.j2")


@pytest.fixture(scope="module")
def text(template):
    return render_atlas(plausible(), template)


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def test_equal_inputs_give_equal_bytes(text, template):
    assert render_atlas(plausible(), template) == text


def test_the_page_needs_nothing_else(page, text):
    for tag, attributes in page.tags:
        for key in ("src", "href", "xlink:href", "srcset"):
            value = attributes.get(key)
            assert value is None or value.startswith(("#", "data:", "digits/", "depth/")), tag
    assert "@import" not in text
    assert not re.search(r"url\((?!#)", text)


def test_ids_are_unique_and_anchors_exist(page):
    page.assert_anchors_exist()


def test_every_sentence_of_the_answer_is_on_the_page(page):
    words = page.text.replace("\N{NO-BREAK SPACE}", " ")
    for sentence in answer(plausible()):
        for line in sentence.lines:
            assert line in words


def test_every_effect_is_a_cell_that_leads_to_its_report_and_says_what_is_known(page):
    cells = [link for link in page.links if "aria-label" in link]
    assert len(cells) == len(plausible().effects)
    assert {link["href"] for link in cells} == {"digits/report.html"}
    for link in cells:
        assert link["title"] == link["aria-label"]
        assert re.search(r"normalisation: .*\(studies digits, depth\)\.$", link["title"])


def test_tables_name_their_rows_and_columns(page):
    tables = [attributes for tag, attributes in page.tags if tag == "table"]
    assert len([tag for tag, _ in page.tags if tag == "caption"]) == len(tables) == 6
    for tag, attributes in page.tags:
        if tag == "th":
            assert attributes["scope"] in {"col", "row", "rowgroup"}
    heads = [attributes for tag, attributes in page.tags if attributes.get("class") == "upright"]
    assert len(heads) == 2 * len(SCHEMES)  # accuracy and speed


def test_speed_is_folded(text):
    folded = text[text.index("<summary>The same for speed") :]
    assert "×" in folded
    assert "times as fast" not in text[: text.index("<summary>The same for speed")]


def test_only_small_adjusted_p_values_are_found_and_stand_first(template):
    rows = [moderator_row("late", p_adjusted=0.05), moderator_row("early", p_adjusted=0.049)]
    words = Page(render_atlas(synthesis_of([effect_row()], moderators=rows), template)).text
    table = words[words.index("Found is what has") :]
    assert table.index("early") < table.index("late")
    assert table.split("late")[0].count(" found ") == 2  # heading and first row
    assert " found" not in table.split("late")[1].split("Registered")[0]


def test_predictions_are_counted_and_shown(template, page):
    assert "2 of 3 registered predictions came true, and 1 more is not tested yet." in page.text
    rows = [prediction_row(), prediction_row(inside=pd.NA, observed=math.nan)]
    words = Page(render_atlas(synthesis_of(predictions=rows), template)).text
    assert "0123456789ab yes" not in words
    assert re.search(r"0123456789ab .* yes", words)
    assert "<NA>" not in words
    none = Page(render_atlas(synthesis_of(), template)).text
    assert "No prediction was registered before it was tested." in none


def test_tested_predictions_have_a_picture_and_others_none(text, template):
    assert 'id="figure-predicted-accuracy"' in text
    assert 'id="figure-predicted-speed"' not in text
    waiting = prediction_row(observed=math.nan, inside=pd.NA, condition="")
    page = render_atlas(synthesis_of([effect_row()], predictions=[waiting]), template)
    assert "figure-predicted" not in page
    assert "2026-11-29 10:00" in page


def test_failed_runs_stand_beside_those_of_the_reference(template):
    rows = [
        effect_row("1.0", "a", failed=3.0, reference_failed=1.0),
        effect_row("1.0", "b", failed=18.0, verdict="fails"),
        effect_row("1.0", "b", outcome="speed", failed=20.0),
    ]
    words = Page(render_atlas(synthesis_of(rows), template)).text.replace("\N{NO-BREAK SPACE}", " ")
    assert "without 1.0 2 40 21 52.5 % 1" in words


def test_names_are_text_wherever_they_stand(template):
    rows = [effect_row(HARM, HARM, studies=HARM, dataset=HARM, architecture=HARM)]
    pooled = [pooled_row(HARM)]
    moderators = [moderator_row(HARM, moderator=HARM)]
    texts = dict.fromkeys(("study", "condition", "registered_at", "digest"), HARM)
    predictions = [prediction_row(HARM, **texts)]
    text = render_atlas(
        synthesis_of(
            rows, pooled, moderators, predictions,
            left_out=(HARM,), studies=(HARM, "javascript:alert(1)"),
        ),
        template,
    )  # fmt: skip
    page = Page(text)
    tags = [tag for tag, _ in page.tags]
    assert tags.count("script") == 1
    assert "img" not in tags
    for tag, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on")], tag
        assert not str(attributes.get("href")).startswith("javascript:"), tag
    assert "{{ 7 * 7 }}" in page.text
    assert page.text.count("<script>alert(1)") > 5


@pytest.mark.parametrize(
    "synthesis",
    [
        synthesis_of(left_out=(), studies=(), runs=0, failed=0),
        synthesis_of([effect_row()]),
        synthesis_of([effect_row(outcome="speed", verdict="inconclusive")]),
        synthesis_of(
            [effect_row(verdict="fails", estimate=math.nan, lower=math.nan, upper=math.nan,
                        effect=math.nan, failed=20.0)]
        ),
        synthesis_of([], [pooled_row()]),
        plausible(SCHEMES[:1], conditions=2, levels=("norm_shift",)),
    ],
    ids=["nothing", "one effect", "speed alone", "all failed", "means alone", "one scheme"],
)  # fmt: skip
def test_any_shape_of_tables_gives_a_whole_page(synthesis, template):
    page = Page(render_atlas(synthesis, template))
    assert "nan" not in page.text.split()
    assert "How it was computed" in page.text


def test_nothing_left_out_is_said_so(template):
    assert "Nothing is left out." in Page(render_atlas(synthesis_of(left_out=()), template)).text
