import math

import pytest
from pictures import assert_no_overlap, draw, frame
from synthetic import make_study, make_tables

from biasinit.reporting.figure import figures_of
from biasinit.reporting.figures.style import style_context
from biasinit.reporting.index import FIGURES
from biasinit.reporting.items.loading import figure_item


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_has_its_words_and_its_data(figures, name):
    figure = figures[name]
    assert not figure.absent
    assert len(figure.alternative) > 40
    assert len(figure.caption) > 40
    assert figure.csv.count("\n") == len(figure.frame) + 1
    assert figure.entry.labels == {"shows": figure.entry.title, "kind": "figure"}


@pytest.mark.parametrize("kind", ["absent", "empty", "nan", "columns"])
def test_missing_data_give_a_sentence_for_every_figure(study, tables, kind):
    broken = {
        "absent": {},
        "empty": {name: frame.head(0) for name, frame in tables.items()},
        "nan": {name: blanked(frame) for name, frame in tables.items()},
        "columns": {name: frame.iloc[:, :2] for name, frame in tables.items()},
    }[kind]
    figures = figures_of(broken, study)
    assert tuple(figures) == tuple(FIGURES)
    words = "could be estimated" if kind == "nan" else "not in this table"
    told = [figure for figure in figures.values() if figure.absent]
    assert len(told) >= len(FIGURES) - 2
    assert all(words in figure.alternative for figure in told)
    assert all(figure.svg.startswith("<svg") for figure in figures.values())


def blanked(frame):
    numeric = frame.select_dtypes("number").columns
    return frame.astype(dict.fromkeys(numeric, float)).assign(**dict.fromkeys(numeric, math.nan))


STUDIES = {
    "one scheme": ({"schemes": ("zeros",), "learning_rates": (0.02,)}, {}),
    "thirty schemes": (
        {"schemes": ("zeros", *(f"truncated_normal_{n:02d}" for n in range(29))), "seeds": 4,
         "learning_rates": (0.02,)},
        {},
    ),
    "forty cells": (
        {"learning_rates": tuple(0.001 * (n + 1) for n in range(40)), "seeds": 4},
        {},
    ),
    "all failed": ({"learning_rates": (0.02,), "seeds": 4}, {"all_failed": True}),
    "deep network": ({"learning_rates": (0.02,)}, {"layers": [f"conv{n + 1}" for n in range(32)]}),
    "longest names": ({"schemes": ("z" * 64, *(f"{n}" + "x" * 63 for n in range(3)))}, {}),
}  # fmt: skip


LONG = ("thirty schemes", "forty cells", "longest names", "deep network", "all failed")  # to draw


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, marks=[pytest.mark.slow] * (case in LONG)) for case in STUDIES],
)
def test_labels_never_overlap(case):
    study_options, table_options = STUDIES[case]
    study = make_study(**study_options)
    tables = make_tables(study, **table_options)
    drawn = 0
    for name, entry in FIGURES.items():
        rows = frame(name, tables, study)
        if figure_item(entry).drawable(rows):
            drawn += 1
            with style_context():
                assert_no_overlap(draw(name, rows, study), name)
    assert drawn >= 4, "of a study whose runs all failed; others have nearly all"
