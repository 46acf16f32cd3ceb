import dataclasses
import math

import pytest
from rows import row

from biasinit.reporting.verdicts.sentences import sentence, threshold_words
from biasinit.reporting.verdicts.verdict_rows import read_verdicts
from biasinit.verdicts import Outcome, Verdict


def said(**changes):
    return sentence(row(**changes), threshold="95 %")


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


def test_different_thresholds_are_not_given_one_number(study):
    analysis = dataclasses.replace(study.analysis, thresholds={"a": 95.0, "b": 90.0})
    assert threshold_words(dataclasses.replace(study, analysis=analysis)) == "the threshold"
    assert threshold_words(study) == "95 %"
