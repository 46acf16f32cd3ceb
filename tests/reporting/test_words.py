from pathlib import Path

import docutils.core
import jinja2
import pytest
from synthetic import make_study

from biasinit.reporting.captions import restructured
from biasinit.reporting.catalogue import CAPTION_NAMES, FIGURE_NAMES, FIGURES
from biasinit.reporting.drawing import caption_texts
from biasinit.reporting.selection import cell_labels, contrasts, judged, run_cells
from biasinit.reporting.verdicts.markdown import answer_markdown


def test_every_item_has_a_caption_with_numbers(tables, study, figures):
    captions = caption_texts(tables, study, figures)
    assert tuple(captions) == CAPTION_NAMES
    for name, text in captions.items():
        assert any(character.isdigit() for character in text), name


@pytest.mark.parametrize("name", CAPTION_NAMES)
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
    source = Path(__file__).parents[2] / "report" / "workflow.rst"
    config = study.keys
    text = jinja2.Template(source.read_text(encoding="utf-8")).render(snakemake={"config": config})
    assert "zeros, 0.01, 1.0, xavier" in text
    docutils.core.publish_string(text, writer="html5", settings_overrides={"halt_level": 2})


def test_categories_are_numbered_and_rise():
    categories = [FIGURES[name].category for name in FIGURE_NAMES]
    assert categories == sorted(categories)
    assert all(category[0].isdigit() for category in categories)
    assert len({tuple(FIGURES[name].labels) for name in FIGURE_NAMES}) == 1


def test_the_answer_as_markdown_has_the_statements_and_the_matrix(tables, study):
    text = answer_markdown(tables, study)
    assert "**Without batch normalisation**" in text
    assert "- **Worse than zeros:** 1.0, by 0.9" in text
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(rows) == 4
    assert len({row.count(" | ") for row in rows}) == 1


def test_markdown_without_verdicts_says_so(study):
    assert answer_markdown({}, study) == "The study has no verdicts: not in this table.\n"


def test_cells_are_named_in_words():
    assert cell_labels(["all", "learning_rate 0.02"]) == {
        "all": "mean over cells",
        "learning_rate 0.02": "learning rate 0.02",
    }


def test_runs_are_given_the_cells_of_the_analysis_tables(tables):
    runs = run_cells(tables["runs"])
    analysed = set(tables["accuracy_contrasts"]["cell"]) - {"all"}
    assert set(runs["cell"]) == analysed


def test_the_judged_row_is_the_one_on_seeds_where_both_trained(tables, study):
    frame = judged(tables["accuracy_contrasts"])
    keys = ["family", "normalization", "scheme", "cell"]
    assert not frame.duplicated(keys).any()
    failed = frame.query("scheme == '1.0' and normalization == 'none' and cell == 'all'")
    assert failed["basis"].tolist() == ["seeds where both trained"]


def test_contrasts_carry_their_verdicts(tables, study):
    frame = contrasts(
        tables, "accuracy_contrasts", family="accuracy", outcome="accuracy",
        schemes=study.schemes,
    )  # fmt: skip
    assert len(frame) == 6
    assert frame["verdict"].notna().all()


def test_one_cell_study_has_a_command_and_a_name():
    study = make_study(("zeros", "1.0"), learning_rates=(0.02,))
    assert study.cells == 1
