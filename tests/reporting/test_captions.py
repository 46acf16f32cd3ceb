import docutils.core
import jinja2
import pytest

from biasinit.reporting.captions import caption_texts, restructured
from biasinit.reporting.index import CAPTIONS, FIGURES
from repository import REPOSITORY


def test_every_item_has_a_caption_with_numbers(tables, study, figures):
    captions = caption_texts(tables, study, figures)
    assert tuple(captions) == CAPTIONS
    for name, text in captions.items():
        assert any(character.isdigit() for character in text), name


@pytest.mark.parametrize("name", CAPTIONS)
def test_captions_are_valid_restructured_text(tables, study, figures, name):
    text = jinja2.Template(caption_texts(tables, study, figures)[name]).render()
    # halt_level 2: a warning raises.
    parts = docutils.core.publish_parts(
        text, writer="html5", settings_overrides={"halt_level": 2, "report_level": 5}
    )
    assert "<p>" in parts["body"]


def test_marks_of_restructured_text_are_escaped():
    text = restructured("a_ *b* `c` |d| {{ e }} {% f %}")
    rendered = jinja2.Template(text).render()
    body = docutils.core.publish_parts(rendered, writer="html5")["body"]
    assert "a_ *b* `c` |d|" in body


def test_the_workflow_description_renders_from_the_config(study, template):
    source = REPOSITORY / "report" / "workflow.rst"
    config = study.keys
    text = jinja2.Template(source.read_text(encoding="utf-8")).render(snakemake={"config": config})
    assert "zeros, 0.01, 1.0, xavier" in text
    docutils.core.publish_string(text, writer="html5", settings_overrides={"halt_level": 2})


def test_categories_are_numbered_and_rise():
    categories = [entry.section.category for entry in FIGURES.values()]
    assert categories == sorted(categories)
    assert all(category[0].isdigit() for category in categories)
    assert len({tuple(entry.labels) for entry in FIGURES.values()}) == 1
