from biasinit.reporting.verdicts.markdown import answer_markdown


def test_the_answer_as_markdown_has_the_statements_and_the_matrix(tables, study):
    text = answer_markdown(tables, study)
    assert "**Without batch normalisation**" in text
    assert "- **Worse than zeros:** 1.0, by 0.9" in text
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(rows) == 4
    assert len({row.count(" | ") for row in rows}) == 1


def test_markdown_without_verdicts_says_so(study):
    assert answer_markdown({}, study) == "The study has no verdicts: not in this table.\n"
