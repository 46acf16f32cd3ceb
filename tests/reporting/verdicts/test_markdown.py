from dataclasses import replace

from biasinit.reporting.verdicts.markdown import answer_markdown


def test_the_answer_as_markdown_has_the_statements_and_the_matrices(tables, study):
    text = answer_markdown(tables, study)
    assert "**Without batch normalisation**" in text
    assert "- **Depends on the learning rate:** 1.0 (worse at 0.02, by 4.0" in text
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(rows) == 8, "accuracy and speed: a heading and three schemes each"
    assert len({row.count(" | ") for row in rows[:4]}) == 1


def test_markdown_without_verdicts_says_so(study):
    assert answer_markdown({}, study) == "The verdicts are not in this table.\n"


def test_a_study_of_one_scheme_compares_nothing(study):
    alone = replace(study, schemes=("zeros",))
    assert answer_markdown({}, alone) == (
        "The study has zeros alone, so that nothing is compared.\n"
    )
