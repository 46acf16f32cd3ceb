import dataclasses
import math
import re

import pytest
from synthetic import make_study, make_tables

from biasinit.reporting.verdicts.answer import answer_text, answers
from biasinit.reporting.verdicts.clauses import failures
from biasinit.reporting.verdicts.sentences import sentence, threshold_words
from biasinit.reporting.verdicts.verdict_rows import VerdictRow, read_verdicts
from biasinit.verdicts import Outcome, Verdict

BASE = VerdictRow(
    outcome=Outcome.ACCURACY, normalization="none", scheme="1.0", reference="zeros",
    verdict=Verdict.WORSE,
    estimate=-6.93, lower=-10.7, upper=-3.1, level=95.0,
    margin_lower=-0.5, margin_upper=0.5,
    p_adjusted=0.001, p_equivalence_adjusted=0.9, fragile=False, depends_on="",
    smallest_margin=10.1, seeds=20.0, seeds_needed=math.nan, failed=0.0, reference_failed=0.0,
    runs=40.0, new_test_set_lower=math.nan, new_test_set_upper=math.nan,
)  # fmt: skip


def said(**changes):
    return sentence(dataclasses.replace(BASE, **changes), threshold="95 %")


def test_worse_is_said_by_how_much_and_how_sure():
    assert said() == (
        "1.0 without batch normalisation: worse than zeros by 6.93 points "
        "(95 % interval 3.10 to 10.70)."
    )


def test_better_keeps_the_size_positive():
    text = said(verdict=Verdict.BETTER, estimate=0.8, lower=0.2, upper=1.4)
    assert "better than zeros by 0.80 points (95 % interval 0.20 to 1.40)" in text


def test_failed_runs_join_the_sentence_and_the_seeds_it_rests_on():
    text = said(failed=4.0, seeds=16.0)
    assert "among the 16 seeds where both trained" in text
    assert text.endswith("and 4 of 40 runs failed (zeros: 0 of 40).")


def test_equivalent_names_the_margin():
    text = said(verdict=Verdict.EQUIVALENT, estimate=0.02, lower=-0.14, upper=0.18)
    assert text == (
        "1.0 without batch normalisation: equivalent to zeros within ±0.5 points "
        "(+0.02 points, 95 % interval −0.14 to 0.18)."
    )


def test_negligible_says_both_halves():
    text = said(verdict=Verdict.NEGLIGIBLE, estimate=0.2, lower=0.1, upper=0.3)
    assert "different from zeros, but negligibly: +0.20 points" in text
    assert "inside ±0.5 points" in text


def test_inconclusive_says_what_would_decide():
    text = said(
        verdict=Verdict.INCONCLUSIVE, estimate=-0.3, lower=-0.65, upper=0.05, seeds_needed=45.0
    )
    assert "neither a difference nor equivalence within ±0.5 points is shown" in text
    assert "about 45 seeds would decide (20 were used)" in text


def test_not_estimable_counts_the_failures():
    text = said(
        verdict=Verdict.NOT_ESTIMABLE, estimate=math.nan, failed=40.0, reference_failed=40.0
    )
    assert "not estimable against zeros: 40 of 40 runs failed (zeros: 40 of 40)." in text


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (Verdict.WORSE, "slower: takes 1.46 times as long to 95 % as zeros"),
        (Verdict.BETTER, "faster: takes 1.46 times as long"),
        (Verdict.EQUIVALENT, "equally fast within ratios of 0.8 to 1.25"),
        (Verdict.NEGLIGIBLE, "negligibly different in speed, inside 0.8 to 1.25"),
        (Verdict.INCONCLUSIVE, "speed inconclusive"),
        (Verdict.NOT_ESTIMABLE, "speed not estimable against zeros"),
    ],
)
def test_speed_is_a_ratio_of_times(verdict, words):
    text = said(
        outcome=Outcome.SPEED, verdict=verdict, estimate=1.46, lower=1.3, upper=1.64,
        margin_lower=0.8, margin_upper=1.25,
    )  # fmt: skip
    assert words in text


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (Verdict.WORSE, "the effect on accuracy is lower with batch normalisation, by 6.93 points"),
        (Verdict.BETTER, "is higher with batch normalisation"),
        (
            Verdict.EQUIVALENT,
            "is the same with and without batch normalisation, within ±0.5",
        ),
        (Verdict.NEGLIGIBLE, "changes with batch normalisation, but negligibly"),
        (Verdict.INCONCLUSIVE, "inconclusive whether batch normalisation changes the effect"),
        (Verdict.NOT_ESTIMABLE, "not estimable whether batch normalisation changes the effect"),
    ],
)
def test_interaction_is_said_without_a_second_normalisation(verdict, words):
    text = said(
        outcome=Outcome.INTERACTION, normalization="batchnorm_shift - none", verdict=verdict
    )
    assert words in text
    assert text.startswith("1.0: ")


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (Verdict.WORSE, "more runs fail than with zeros: 8 of 40 runs failed (zeros: 0 of 40)"),
        (Verdict.BETTER, "fewer runs fail than with zeros"),
        (Verdict.INCONCLUSIVE, "failures inconclusive"),
    ],
)
def test_failures_are_counted(verdict, words):
    text = said(
        outcome=Outcome.FAILURE, verdict=verdict, estimate=0.2, lower=0.1, upper=0.3, failed=8.0
    )  # fmt: skip
    assert words in text
    assert "difference +20.0 % of runs (95 % interval 10.0 to 30.0)" in text


def test_no_failures_in_either_arm_is_one_plain_clause():
    text = said(outcome=Outcome.FAILURE, verdict=Verdict.NO_FAILURES)
    assert text.endswith("no run failed in either arm.")


def test_what_qualifies_a_verdict_is_said():
    text = said(depends_on="learning_rate", fragile=True)
    assert text.endswith("The effect depends on learning rate. Fragile: the two analyses disagree.")


def test_failures_without_known_runs_are_still_counted():
    assert failures(dataclasses.replace(BASE, failed=3.0, runs=math.nan)) == (
        "3 runs failed (zeros: 0)"
    )


def test_a_large_p_value_is_never_read_as_no_difference(study, tables):
    verdicts = read_verdicts(tables, study)
    texts = [sentence(row, threshold="95 %") for row in verdicts]
    text = " ".join([*texts, answer_text(verdicts, threshold="95 %")]).lower()
    assert "significan" not in text
    assert "no difference" not in text


def test_every_number_of_the_answer_is_in_the_table(study, tables):
    verdicts = read_verdicts(tables, study)
    text = answer_text(verdicts, threshold=threshold_words(study))
    known = {"95", "0.5", "0.8", "1.25", *study.schemes}
    for row in verdicts:
        values = (row.estimate, row.lower, row.upper)
        known |= {f"{abs(value):.2f}" for value in values if math.isfinite(value)}
        counts = (row.seeds, row.seeds_needed, row.failed, row.reference_failed, row.runs)
        known |= {f"{value:.0f}" for value in counts if math.isfinite(value)}
    found = re.findall(r"\d+(?:\.\d+)?", text)
    assert len(found) > 30
    assert set(found) <= known


def test_the_answer_names_every_scheme_with_the_margin(study, tables):
    verdicts = read_verdicts(tables, study)
    for answer in answers(verdicts, threshold="95 %")[:2]:
        text = str(answer)
        assert "±0.5 points" in text
        for row in verdicts:
            if row.outcome == "accuracy" and row.normalization == answer.normalization:
                assert row.scheme in text


def test_a_scheme_that_fails_is_named_even_when_its_accuracy_is_equivalent():
    rows = [dataclasses.replace(BASE, verdict=Verdict.EQUIVALENT, estimate=0.0, failed=3.0)]
    assert "Fails: 1.0 in 3 of 40 runs." in answer_text(rows, threshold="95 %")


def test_a_reference_that_fails_is_named():
    rows = [
        dataclasses.replace(BASE, verdict=Verdict.EQUIVALENT, estimate=0.0, reference_failed=2.0)
    ]
    assert "The reference fails: zeros in 2 of 40 runs." in answer_text(rows, threshold="95 %")


def test_thirty_schemes_are_all_named():
    study = make_study(["zeros", *(f"scheme_{number:02d}" for number in range(29))])
    verdicts = read_verdicts(make_tables(study), study)
    for answer in answers(verdicts, threshold="95 %"):
        assert all(scheme in str(answer) for scheme in study.schemes[1:])


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        ((-0.3, 0.4), "On new test images too."),
        ((-0.3, 0.6), "On this test set; for new test images the 95 % interval is −0.30 to 0.60."),
        ((math.nan, math.nan), ""),
    ],
)
def test_an_equivalence_says_for_which_images_it_holds(bounds, words, tables, study):
    verdict = next(
        row
        for row in read_verdicts(tables, study)
        if row.outcome == "accuracy" and row.verdict == "equivalent"
    )
    lower, upper = bounds
    changed = dataclasses.replace(verdict, new_test_set_lower=lower, new_test_set_upper=upper)
    assert words in sentence(changed, threshold="95 %")
    assert ("test images" in sentence(changed, threshold="95 %")) == bool(words)


def test_no_verdicts_give_no_answer(study):
    assert read_verdicts({}, study) == ()
    assert answer_text((), threshold="95 %") == ""


def test_different_thresholds_are_not_given_one_number(study):
    analysis = dataclasses.replace(study.analysis, thresholds={"a": 95.0, "b": 90.0})
    assert threshold_words(dataclasses.replace(study, analysis=analysis)) == "the threshold"
    assert threshold_words(study) == "95 %"
