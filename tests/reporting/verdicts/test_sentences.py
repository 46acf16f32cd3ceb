import dataclasses
import math
import re

import pytest
from rows import opposite, row

from biasinit.reporting.verdicts.sentences import sentence, threshold_words
from biasinit.reporting.verdicts.verdict_rows import read_verdicts
from biasinit.verdicts import Outcome, Verdict


def said(**changes):
    return sentence(row(**changes), threshold="95 %", conditions=())


def test_worse_is_said_by_how_much_and_how_sure():
    assert said() == (
        "1.0 without batch normalisation: worse than zeros by 6.93 points "
        "(95 % interval 3.10 to 10.70), which is more than the margin of ±0.5 points."
    )
    text = said(verdict=Verdict.WORSE, upper=-0.1)
    assert text.endswith("; not shown to be more than the margin of ±0.5 points.")


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


def test_not_estimable_says_the_true_reason():
    text = said(verdict=Verdict.NOT_ESTIMABLE, estimate=1.0, seeds=12.0)
    assert text.endswith(
        "not estimable against zeros: the difference is the same in every pair of seeds (+1.00), "
        "so that no test can judge it."
    )
    text = said(verdict=Verdict.NOT_ESTIMABLE, outcome=Outcome.FAILURE, estimate=math.nan, runs=0.0)
    assert text.endswith("failures not estimable: there are no runs of 1.0.")


def test_conditions_that_are_left_out_are_told():
    text = said(left_out="dataset svhn: there are no runs of 1.0")
    assert text.endswith(" Without dataset svhn: there are no runs of 1.0.")


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
        (Verdict.WORSE, "fails more often than zeros: 8 of 20 seeds (zeros: 0 of 20); "),
        (Verdict.BETTER, "fails less often than zeros"),
        (Verdict.INCONCLUSIVE, "failures inconclusive"),
    ],
)
def test_failures_are_counted_by_seed(verdict, words):
    text = said(
        outcome=Outcome.FAILURE, verdict=verdict, estimate=0.2, lower=0.1, upper=0.3, failed=8.0,
        events=8.0, reference_events=0.0,
    )  # fmt: skip
    assert words in text
    assert "difference +20.0 % of seeds (95 % interval 10.0 to 30.0)" in text


def test_no_failures_in_either_arm_is_one_plain_clause():
    text = said(outcome=Outcome.FAILURE, verdict=Verdict.NONE_SEEN)
    assert text.endswith("no run failed in either arm.")


def test_a_verdict_that_depends_tells_each_condition_and_no_mean():
    whole, low, high = opposite(fragile=True)
    text = sentence(whole, threshold="95 %", conditions=(low, high))
    assert text == (
        "1.0 without batch normalisation: depends on the learning rate: worse at 0.02, by 4.00, "
        "more than the margin; better at 0.005, by 0.80. Fragile: the two analyses disagree."
    )


def test_an_open_verdict_says_how_probable_it_is_to_be_negligible():
    text = said(verdict=Verdict.INCONCLUSIVE, p_inside=0.981)
    assert "; 98 % probable to lie inside the margin under a flat prior" in text


def test_an_equivalence_says_what_it_cannot_exclude():
    text = said(verdict=Verdict.EQUIVALENT, undetected=0.168)
    assert text.endswith(" 0 of 20 collapsed: up to 17 % could.")


def test_the_interval_is_printed_with_its_own_level():
    text = said(verdict=Verdict.EQUIVALENT, interval="equivalence", level=90.0)
    assert "90 % interval −10.70 to −3.10" in text
    assert "95 %" not in text


@pytest.mark.parametrize("collapsed", [1.0, 3.0])
def test_a_collapsed_run_is_in_the_sentence_of_every_verdict(collapsed):
    for verdict in set(Verdict) - {Verdict.NONE_SEEN}:
        text = said(verdict=verdict, collapsed=collapsed)
        assert f"{collapsed:.0f} of 40 runs collapsed (zeros: 0 of 40)" in text


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
    text = sentence(changed, threshold="95 %", conditions=())
    assert words in text
    assert ("test images" in text) == bool(words)


def test_different_thresholds_are_not_given_one_number(study):
    analysis = dataclasses.replace(study.analysis, thresholds={"a": 95.0, "b": 90.0})
    assert threshold_words(dataclasses.replace(study, analysis=analysis)) == "the threshold"
    assert threshold_words(study) == "95 %"


@pytest.mark.parametrize("verdict", sorted(set(Verdict) - {Verdict.NONE_SEEN}))
def test_no_interval_is_printed_but_that_of_the_row(verdict):
    text = said(verdict=verdict, lower=-0.31, upper=0.47, level=91.0)
    spans = set(re.findall(r"[−\d.]+ to [−\d.]+", text)) - {"0.8 to 1.25"}
    assert spans <= {"−0.31 to 0.47", "0.31 to 0.47"}
    assert set(re.findall(r"[\d.]+ %", text)) <= {"91 %"}
