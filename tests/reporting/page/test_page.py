import base64
import dataclasses
import io
import math
import re

import pandas as pd
import pytest
from parsed import Page
from synthetic import DEVIATION, PLAN, make_study, make_tables

from biasinit.reporting.index import FIGURES
from biasinit.reporting.page.questions import next_command, open_questions
from biasinit.reporting.page.sections import placed_sections
from biasinit.reporting.page.table import SHOWN_ROWS, csv_href
from biasinit.reporting.verdicts.answer import answers
from biasinit.reporting.verdicts.own_best import best_rates
from biasinit.reporting.verdicts.verdict_rows import read_verdicts

MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def elements(page):
    return Page(page)


def text_of(page):
    return Page(page).text


@pytest.mark.slow
def test_equal_inputs_give_equal_bytes(make_page, study, tables, page):
    assert make_page(study, tables) == page


def test_the_time_stands_on_the_page_only_when_given(make_page, study, tables, figures, page):
    assert "Written" not in text_of(page)
    timed = make_page(study, tables, figures=figures, generated_at="2026-11-23 17:00")
    assert "Written 2026-11-23 17:00." in text_of(timed)


def test_nothing_points_outside_the_page(elements, page):
    for tag, attributes in elements.tags:
        for key in ("src", "href", "xlink:href", "action", "srcset"):
            value = attributes.get(key)
            assert value is None or value.startswith(("#", "data:", "figures/", "analysis/")), tag
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page)


def test_every_id_is_unique_and_every_anchor_exists(elements):
    elements.assert_anchors_exist()


def test_svg_references_stay_in_their_figure(page):
    for svg in re.findall(r"<svg .*?</svg>", page, flags=re.DOTALL):
        ids = set(re.findall(r'\bid="([^"]+)"', svg))
        used = {*re.findall(r'href="#([^"]+)"', svg), *re.findall(r"url\(#([^)]+)\)", svg)}
        assert used <= ids


def test_every_figure_is_inlined_with_words_and_data(elements):
    drawings = [a for tag, a in elements.tags if tag == "svg"]
    assert len(drawings) == len(FIGURES)
    assert all(a["role"] == "img" and len(a["aria-label"]) > 40 for a in drawings)
    files = [a["download"] for tag, a in elements.tags if "download" in a]
    assert {f"{name}.csv" for name in FIGURES} <= set(files)


def test_the_csv_holds_the_table_behind_the_figure(elements, figures):
    links = {a["download"]: a["href"] for tag, a in elements.tags if "download" in a}
    encoded = links["effects.csv"].partition("base64,")[2]
    frame = pd.read_csv(io.BytesIO(base64.b64decode(encoded)), dtype={"scheme": str})
    assert list(frame["scheme"]) == list(figures["effects"].frame["scheme"])
    assert frame["estimate"].to_list() == pytest.approx(figures["effects"].frame["estimate"])


def test_large_tables_are_files_beside_the_page():
    assert csv_href("a\n1\n", fallback="figures/a.csv").startswith("data:text/csv")
    assert csv_href("a" * 300_000, fallback="figures/a.csv") == "figures/a.csv"


def test_every_sentence_of_the_answer_is_on_the_page(page, study, tables):
    text = text_of(page).replace("\N{NO-BREAK SPACE}", " ")
    for answer in answers(read_verdicts(tables, study), threshold="95 %", rates=best_rates(tables)):
        for statement in answer.statements:
            assert statement.lead in text
            assert statement.text.replace("\N{NO-BREAK SPACE}", " ") in text


def test_the_answer_comes_before_everything_else(page):
    places = [page.index(f'<section id="{name}"') for name in ("answer", "verdicts", "accuracy",
              "speed", "why", "trust", "next", "methods", "glossary")]  # fmt: skip
    assert places == sorted(places)


@pytest.mark.slow
def test_names_are_escaped(make_page, study, tables):
    evil = '<script>alert("x")</script>'
    changed = {
        name: frame.replace({"scheme": {"xavier": evil}}) if "scheme" in frame else frame
        for name, frame in tables.items()
    }
    page = make_page(
        study, changed, plan=PLAN | {"note": evil}, deviations=[DEVIATION | {"kind": evil}]
    )
    assert evil not in page
    assert "&lt;script&gt;" in page
    assert page.count("<script>") == 1


@pytest.mark.slow
def test_confirmatory_only_without_deviations(make_page, study, tables, figures):
    def status(**options):
        page = make_page(study, tables, figures=figures, **options)
        return re.search(r'class="status is-(\w+)"', page).group(1), text_of(page)

    assert status()[0] == "confirmatory"
    assert status(plan={})[0] == "exploratory"
    state, text = status(deviations=[DEVIATION])
    assert state == "exploratory"
    assert "changed analysis: study.analysis.margins.digits: registered 0.5, now 0.4" in text


def test_a_planned_look_is_confirmatory_and_says_what_it_spends(make_page, study, tables, figures):
    def registration(seeds_of_looks, deviations=()):
        planned = [{"seeds": seeds, "alpha": 0.02} for seeds in seeds_of_looks]
        analysis = {"alpha": 0.05, "looks": planned}
        plan = PLAN | {"plan": {"study": {"analysis": analysis}, "rules": {}}}
        page = make_page(study, tables, figures=figures, plan=plan, deviations=deviations)
        return re.search(r'class="status is-(\w+)"', page).group(1), text_of(page)

    status, text = registration(
        [study.seeds // 2, study.seeds], [DEVIATION | {"kind": "planned look"}]
    )
    assert status == "confirmatory"
    assert "This is look 2 of 2: it spends 0.02 of the error rate of 0.05" in text
    status, text = registration([study.seeds * 2, study.seeds * 3])
    assert status == "exploratory"
    assert f"not at {study.seeds}, so these verdicts are exploratory" in text


def test_the_registered_plan_is_shown_with_its_digest(page):
    text = text_of(page)
    assert PLAN["sha256"] in text
    assert PLAN["registered_at"] in text


def test_absent_tables_are_named_as_absent(make_page, study):
    text = text_of(make_page(study, {}))
    assert "The answer: The verdicts are not in this table." in text
    assert text.count("not in this table") >= len(FIGURES)


def test_inconclusive_verdicts_come_with_the_command_that_decides_them(study, tables):
    verdicts = read_verdicts(tables, study)
    questions = open_questions(verdicts, study)
    needed = [question.seeds_needed for question in questions]
    assert needed[:4] == [32, 32, 32, 45]
    assert all(map(math.isnan, needed[4:])), "what no number of seeds decides comes last"
    assert next_command(verdicts, study) == "snakemake --cores all --config seeds=60"
    assert next_command((), study) == "snakemake --cores all --config seeds=40"
    assert next_command((), study, configfile="studies/vgg.yaml").startswith(
        "snakemake --configfile studies/vgg.yaml --cores all"
    )


def test_long_tables_are_cut_on_the_page_but_not_in_the_csv(study, tables, figures):
    (shown, *_) = placed_sections(figures, tables, study)["why"].tables
    assert shown.name == "layer_means"
    assert len(shown.rows) == SHOWN_ROWS
    assert shown.left_out == len(tables["layer_means"]) - SHOWN_ROWS


def test_some_items_stand_on_the_page_only_where_they_have_rows(make_page, study, tables, figures):
    page = make_page(study, tables, figures=figures)
    less = {
        name: table
        for name, table in tables.items()
        if name not in ("twin_means", "level_contrasts", "tuned", "early_verdicts")
    }
    without = make_page(study, less, figures=figures)
    for place in ("figure-twins", "table-twin_means", "rule-twins", "table-level_contrasts",
                  "table-tuned", "table-early_verdicts"):  # fmt: skip
        assert f'id="{place}"' in page
        assert f'id="{place}"' not in without


CASES = {
    "one scheme": ({"schemes": ("zeros",), "learning_rates": (0.02,)}, {}),
    "thirty schemes": (
        {"schemes": ("zeros", *(f"scheme_{n:02d}" for n in range(29))), "learning_rates": (0.02,)},
        {},
    ),
    "forty cells": ({"learning_rates": tuple(0.001 * (n + 1) for n in range(40)), "seeds": 4}, {}),
    "all failed": ({"learning_rates": (0.02,), "seeds": 4}, {"all_failed": True}),
}


SLOW = ("thirty schemes", "forty cells")


@pytest.mark.parametrize(
    "case",
    [pytest.param(name, marks=pytest.mark.slow if name in SLOW else ()) for name in CASES],
)
def test_any_study_gives_a_page_below_five_megabytes(make_page, case):
    study_options, table_options = CASES[case]
    study = make_study(**study_options)
    page = make_page(study, make_tables(study, **table_options))
    assert len(page.encode()) < 5 * MEGABYTE
    assert page.endswith("</html>\n")


@pytest.mark.slow
def test_a_study_without_batch_normalisation_has_a_page(make_page, study, tables):
    alone = dataclasses.replace(study, replicate=None, replicate_name=None)
    kept = {
        name: frame[frame["normalization"] == "none"].reset_index(drop=True)
        for name, frame in tables.items()
        if "normalization" in frame and name not in ("replicate", "identity")
    }
    text = text_of(make_page(alone, kept))
    assert "Without batch normalisation" in text
    assert "What batch normalisation changes" not in text
    assert "A/A arm: not in this table." in text


@pytest.mark.slow
def test_cells_with_different_margins_and_thresholds_have_a_page(make_page, study, tables):
    analysis = dataclasses.replace(
        study.analysis, thresholds={"a": 95.0, "b": 90.0}, margins={"a": 0.5, "b": 0.2}
    )
    text = text_of(make_page(dataclasses.replace(study, analysis=analysis), tables))
    assert "Slower to the threshold" in text
    assert "±0.2 and ±0.5" in text
