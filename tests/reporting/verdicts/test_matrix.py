import math
import re

import pytest
from rows import opposite, row

from biasinit.reporting.verdicts.matrix import accuracy_matrix, speed_matrix
from biasinit.reporting.verdicts.own_best import BestRates
from biasinit.reporting.verdicts.verdict_rows import read_verdicts
from biasinit.verdicts import Outcome, Verdict


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_every_number_of_the_matrix_equals_the_table(study, tables):
    verdicts = read_verdicts(tables, study)
    matrix = accuracy_matrix(verdicts, rates={})
    assert [scheme for scheme, _ in matrix.rows] == ["0.01", "1.0", "xavier"]
    assert matrix.columns == (
        "over all conditions",
        "at its own best learning rate",
    )
    _, cells = matrix.rows[0]
    own = next(v for v in verdicts if v.outcome == "accuracy" and v.scheme == "0.01")
    assert cells[0].marks[0].verdict == "= equivalent"
    numbers = [
        float(number.replace("−", "-"))
        for number in re.findall(r"[−\d.]+", cells[0].marks[0].detail)
    ]
    assert numbers == pytest.approx([own.estimate, own.lower, own.upper], abs=0.00501)


def test_conditions_that_differ_stand_open_without_their_mean():
    ((_, (cell,)),) = accuracy_matrix(opposite(), rates={}).rows
    assert [str(mark) for mark in cell.marks] == [
        "↕ depends on the learning rate",
        "0.005: △ +0.80 (0.10 to 1.50)",
        "0.02: ▼ −4.00 (−4.80 to −3.20)",
    ]
    assert cell.folded == ()


def test_conditions_that_agree_can_be_opened():
    rows = [row(conditions=2.0), *(one for one in opposite()[1:])]
    ((_, (cell,)),) = accuracy_matrix(rows, rates={}).rows
    assert cell.summary == "mean over the 2 conditions"
    assert [mark.where for mark in cell.folded] == ["0.005", "0.02"]


def test_failed_collapsed_and_stray_runs_stand_below_the_verdict():
    rows = [
        row(stray=1.0),
        row(outcome=Outcome.FAILURE, verdict=Verdict.WORSE, failed=8.0),
        row(outcome=Outcome.COLLAPSE, verdict=Verdict.INCONCLUSIVE, collapsed=1.0),
    ]
    ((_, (cell,)),) = accuracy_matrix(rows, rates={}).rows
    assert [str(mark) for mark in cell.marks] == [
        "▼ worse, by more than the margin −6.93 (−10.70 to −3.10)",
        "▽ 8 of 40 failed",
        "? 1 of 40 collapsed",
        "1 of 40 strayed",
    ]


def test_the_own_best_rate_stands_beside_with_its_edge():
    rows = [row(), row(cell="own best learning rate", estimate=-1.14, lower=-1.61, upper=-0.67)]
    rates = {
        ("none", "1.0"): BestRates(
            rates="0.005", edge="lowest", reference_rates="0.02", reference_edge=""
        )
    }
    ((_, (_, best)),) = accuracy_matrix(rows, rates=rates).rows
    assert str(best) == (
        "▼ worse, by more than the margin −1.14 (−1.61 to −0.67); at 0.005, the lowest tried"
    )


def test_at_the_own_best_rate_low_runs_stand_below_what_is_not_excluded():
    best = row(
        cell="own best learning rate", verdict=Verdict.EQUIVALENT, estimate=0.1, lower=-0.2,
        upper=0.3, runs=20.0, failed=2.0, collapsed=1.0, undetected=0.273,
    )  # fmt: skip
    ((_, (_, cell)),) = accuracy_matrix([row(), best], rates={}).rows
    assert [str(mark) for mark in cell.marks][1:] == [
        "1 collapsed: up to 27 % could",
        "2 of 20 runs failed, 1 collapsed",
    ]


def test_speed_has_ratios_and_who_missed_the_threshold(study):
    rows = [
        row(outcome=Outcome.SPEED, verdict=Verdict.BETTER, estimate=0.5, lower=0.4, upper=0.6),
        row(outcome=Outcome.NOT_REACHED, verdict=Verdict.INCONCLUSIVE, events=2.0),
        row(),
    ]
    ((_, (cell,)),) = speed_matrix(rows, study, rates={}).rows
    assert plain(str(cell)) == "△ faster × 0.50 (0.40 to 0.60); ? 2 of 20 seeds missed 95 %"
    assert [mark.kind for mark in cell.marks] == ["is-better", "is-inconclusive"]


def test_a_study_without_speed_has_no_matrix_of_it(study):
    assert speed_matrix([row()], study, rates={}).rows == ()


def test_a_verdict_that_the_study_does_not_have_is_a_dash():
    rows = [row(), row(scheme="b", normalization="batchnorm_shift")]
    cells = dict(accuracy_matrix(rows, rates={}).rows)
    assert [str(cell) for cell in cells["b"]] == ["–", "▼ worse, by more than the margin −6.93 "
                                                  "(−10.70 to −3.10)"]  # fmt: skip


def test_the_note_says_what_signs_and_intervals_are():
    equal = row(verdict=Verdict.EQUIVALENT, level=90.0, interval="equivalence", scheme="b")
    note = accuracy_matrix([row(), equal], rates={}).note
    assert note == (
        "▼ worse, by more than the margin, = equivalent. Intervals hold for all comparisons of "
        "their family at once (95 %). Those of equivalent schemes are of the tests that decided "
        "(90 %)."
    )


def test_nothing_is_printed_for_what_cannot_be_estimated():
    lost = row(verdict=Verdict.FAILS, estimate=math.nan, lower=math.nan, upper=math.nan)
    ((_, (cell,)),) = accuracy_matrix([lost], rates={}).rows
    assert str(cell) == "✕ never trains"


def test_the_reason_stands_below_what_cannot_be_estimated():
    none = row(verdict=Verdict.NOT_ESTIMABLE, estimate=math.nan, runs=0.0, seeds=0.0)
    ((_, (cell,)),) = accuracy_matrix([none], rates={}).rows
    assert str(cell) == "– not estimable; there are no runs of 1.0"


def test_conditions_that_are_left_out_stand_below_the_verdict():
    ((_, (cell,)),) = accuracy_matrix([row(left_out="dataset svhn: why")], rates={}).rows
    assert str(cell).endswith("; without dataset svhn: why")
