import math

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from pictures import draw, frame
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


LONG = ("thirty schemes", "forty cells")  # to draw


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


def assert_no_overlap(figure, name):
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    boxes = []
    for axes in figure.axes:
        low, high = sorted(axes.get_ylim())
        labels = [
            tick.label1
            for tick in axes.yaxis.get_major_ticks()
            if tick.label1.get_visible() and low <= tick.get_loc() <= high
        ]
        left, right = sorted(axes.get_xlim())
        labels += [
            tick.label1
            for tick in axes.xaxis.get_major_ticks()
            if tick.label1.get_visible() and left <= tick.get_loc() <= right
        ]
        for text in (*axes.texts, *labels):
            if text.get_visible() and text.get_text().strip():
                boxes.append((text.get_text(), text.get_window_extent(renderer)))
    for legend in figure.legends:
        boxes += [(t.get_text(), t.get_window_extent(renderer)) for t in legend.get_texts()]
    array = np.array([[b.x0, b.y0, b.x1, b.y1] for _, b in boxes]).reshape(-1, 4)
    array = array + np.array([0.5, 0.5, -0.5, -0.5])
    inside_x = (array[:, None, 0] < array[None, :, 2]) & (array[None, :, 0] < array[:, None, 2])
    inside_y = (array[:, None, 1] < array[None, :, 3]) & (array[None, :, 1] < array[:, None, 3])
    pairs = np.argwhere(np.triu(inside_x & inside_y, k=1))
    assert not len(pairs), f"{name}: {[(boxes[i][0], boxes[j][0]) for i, j in pairs[:3]]}"
    width, height = canvas.get_width_height()
    beyond = [text for text, b in boxes if b.x1 > width + 2 or b.x0 < -2 or b.y1 > height + 2]
    assert not beyond, f"{name}: {beyond[:3]} leave the figure"
