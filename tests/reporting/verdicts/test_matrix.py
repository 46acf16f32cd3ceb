import re

import pytest
from rows import row

from biasinit.reporting.verdicts.matrix import verdict_matrix
from biasinit.reporting.verdicts.verdict_rows import read_verdicts
from biasinit.verdicts import Outcome, Verdict


def test_every_number_of_the_matrix_equals_the_table(study, tables):
    verdicts = read_verdicts(tables, study)
    matrix = verdict_matrix(verdicts, study)
    assert [scheme for scheme, _ in matrix.rows] == ["0.01", "1.0", "xavier"]
    _, cells = matrix.rows[1]
    own = next(v for v in verdicts if v.outcome == "accuracy" and v.scheme == "1.0")
    assert cells[0].verdict == "▼ worse"
    numbers = [
        float(number.replace("−", "-")) for number in re.findall(r"[−\d.]+", cells[0].detail)
    ]
    assert numbers == pytest.approx([own.estimate, own.lower, own.upper], abs=0.00501)
    assert cells[2].detail == "8 of 40"


def test_cells_say_what_each_outcome_counts_in(study):
    rows = [
        row(failed=8.0),
        row(outcome=Outcome.SPEED, verdict=Verdict.BETTER, estimate=0.5, lower=0.4, upper=0.6),
        row(outcome=Outcome.FAILURE, verdict=Verdict.NO_FAILURES),
    ]
    ((_, cells),) = verdict_matrix(rows, study).rows
    assert [cell.detail.replace("\N{NO-BREAK SPACE}", " ") for cell in cells] == [
        "−6.93 (−10.70 to −3.10)", "× 0.50 (0.40 to 0.60)", "0 of 40",
    ]  # fmt: skip
    assert [cell.verdict for cell in cells] == ["▼ worse", "▲ faster", "none"]
    assert [cell.kind for cell in cells] == ["is-worse", "is-better", "is-none"]


def test_a_verdict_that_the_study_does_not_have_is_a_dash(study):
    rows = [row(), row(scheme="b", outcome=Outcome.SPEED)]
    cells = dict(verdict_matrix(rows, study).rows)
    assert [cell.verdict for cell in cells["1.0"]] == ["▼ worse", "–"]
