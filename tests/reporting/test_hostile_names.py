"""Names from a study file or a table of runs are text, wherever the report shows them."""

import base64
import io
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import jinja2
import pandas as pd
import pytest
from synthetic import DEVIATION, PLAN, make_study, make_tables

from biasinit.reporting.captions import caption_texts
from biasinit.reporting.figure import figures_of
from biasinit.reporting.verdicts.markdown import answer_markdown

SVG = "{http://www.w3.org/2000/svg}"
HARM = (
    "<script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    "]]>--></svg><svg onload=alert(1)>",
    '" onmouseover="alert(1)',
    "$x_{$",
    "{{ 7 * 7 }}{% raw %}",
    "`a <javascript:alert(1)>`_",
)
NAME = " ".join(HARM)


def spoilt(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose names are all out to do harm."""
    frame = frame.copy()
    for column in ("failure_kind", "note", "level", "optimizer", "depends_on", "measure"):
        if column in frame:
            frame[column] = NAME
    if "cell" in frame:
        cells = frame["cell"].astype(str)
        frame["cell"] = cells.where(cells == "all", cells + f", optimizer {NAME}")
    if "scheme" in frame:
        frame["scheme"] = frame["scheme"].replace({"xavier": NAME})
    return frame


class Elements(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def study():
    return make_study(learning_rates=(0.01, 0.02), seeds=4)


@pytest.fixture(scope="module")
def tables(study):
    return {name: spoilt(frame) for name, frame in make_tables(study).items()}


@pytest.fixture(scope="module")
def drawn(tables, study):
    return figures_of(tables, study)


@pytest.fixture(scope="module")
def page(make_page, study, tables, drawn):
    return make_page(
        study,
        tables,
        figures=drawn,
        plan=PLAN | {"note": NAME},
        deviations=[DEVIATION | {"kind": NAME}],
        configfile=f"studies/{NAME}.yaml",
    )


@pytest.mark.slow
def test_the_page_shows_them_and_takes_none_for_markup(page, template):
    parser = Elements()
    parser.feed(page)
    tags = [tag for tag, _ in parser.found]
    assert tags.count("script") == 1
    assert tags.count("style") == template.html.count("<style>") + page.count('<style type="text/')
    assert "img" not in tags
    for tag, attributes in parser.found:
        assert not [name for name in attributes if name.startswith("on")], tag
        for name in ("href", "xlink:href", "src"):
            assert not str(attributes.get(name)).startswith("javascript"), tag
    assert "&lt;script&gt;alert(1)" in page
    assert "{{ 7 * 7 }}" in page  # shown, and not computed
    assert template.script.strip() in page


def test_a_drawing_holds_shapes_and_text_alone(drawn):
    shown = 0
    for figure in drawn.values():
        root = ElementTree.fromstring(figure.svg)
        for element in root.iter():
            name = element.tag.removeprefix(SVG)
            assert name in {"svg", "g", "defs", "style", "path", "use", "text", "tspan", "rect",
                            "clipPath", "title"}, figure.entry.name  # fmt: skip
            assert not [key for key in element.attrib if key.startswith("on")], figure.entry.name
            shown += "<script>" in (element.text or "")
    assert shown  # names are on the axes, so that this could fail


def test_a_dollar_in_a_name_is_no_formula(drawn):
    assert any("$x_{$" in figure.svg for figure in drawn.values())


def test_a_caption_is_a_template_that_computes_nothing(tables, study, drawn):
    for name, text in caption_texts(tables, study, drawn).items():
        assert "49" not in jinja2.Template(text).render(), name
        assert not re.search(r"(?<!\\)`", text), name  # no link


def test_markdown_shows_them_as_text(tables, study):
    text = answer_markdown(tables, study)
    assert r"\<script\>alert(1)\</script\>" in text
    assert "<script" not in text.replace(r"\<", "")


def test_a_csv_gives_every_name_back(page, tables):
    links = re.findall(
        r'href="data:text/csv;charset=utf-8;base64,([^"]+)" download="([^"]+)"', page
    )
    files = {name: base64.b64decode(content).decode() for content, name in links}
    frame = pd.read_csv(io.StringIO(files["failure_rates.csv"]))
    assert set(frame["cell"]) == set(tables["failure_rates"]["cell"])
    assert NAME in set(frame["scheme"])
