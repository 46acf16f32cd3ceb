"""What a reader must know before the verdicts: failed checks, rows that are left out."""

import dataclasses

import pandas as pd
import pytest

from biasinit.reporting.checks import failed_checks, rows_left_out
from biasinit.reporting.verdicts.markdown import answer_markdown

NOTES = pd.DataFrame(
    {
        "done": ["left out", "left out", "trimmed"],
        "of": ["row", "file", "value"],
        "column": ["scheme", "", "scheme"],
        "count": [24, 2, 6],
        "said": ["Of schemes that the study does not name: <b> (24 rows).", "Logs.", "Blanks."],
    }
)


@pytest.fixture
def failing(tables):
    identity = tables["identity"]
    broken = identity["scheme"] == "1.0"
    return tables | {
        "identity": identity.assign(
            fails=broken, mean_accuracy_difference=identity["scheme"].eq("1.0") * -3.6
        )
    }


def test_without_a_failed_check_nothing_is_said(tables, study, page):
    assert failed_checks(tables, study) == ()
    assert "A check fails" not in page
    assert "A check fails" not in answer_markdown(tables, study)


@pytest.mark.slow
def test_a_failed_identity_check_stands_before_the_answer(failing, study, make_page):
    assert "1.0 differs from zeros by −3.60 points" in failed_checks(failing, study)[0]
    page = make_page(study, failing)
    assert page.index("A check fails") < page.index("Test accuracy against")
    assert answer_markdown(failing, study).startswith("**A check fails**")


def test_runs_that_are_brought_are_told_the_word_that_they_may_mean(failing, study):
    brought = dataclasses.replace(study, imported=True)
    assert "their 'normalization' is 'batchnorm_shift'" in failed_checks(failing, brought)[-1]
    assert "batchnorm_shift" not in failed_checks(failing, study)[-1]


@pytest.mark.slow
def test_rows_that_are_left_out_stand_at_the_top_and_in_a_table(tables, study, make_page):
    assert rows_left_out(tables) == 0
    with_notes = tables | {"import_notes": NOTES}
    assert rows_left_out(with_notes) == 24
    page = make_page(study, with_notes)
    assert "<span>24 rows of the table left out</span>" in page
    assert "left out: 24 rows of scheme; left out: 2 files; trimmed: 6 values of scheme." in page
    assert "&lt;b&gt; (24 rows)" in page


@pytest.mark.slow
def test_runs_that_do_not_say_whether_they_failed_are_not_said_to_have_trained(
    tables, study, make_page
):
    silent = tables | {"runs": tables["runs"].drop(columns=["failed", "failure_kind"])}
    page = make_page(study, silent)
    assert "<span>failed runs: not in this table</span>" in page
    assert "The table does not say which runs failed." in page
    assert "None of them failed" not in page
