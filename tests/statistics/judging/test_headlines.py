"""The sentence of a verdict: whom it compares, where, by how much, and what qualifies it."""

import dataclasses
import itertools

import pytest

from biasinit.metric import ACCURACY, Metric
from biasinit.statistics.judging.counts import Counts
from biasinit.statistics.judging.evidence import DIFFERENCE, EQUIVALENCE, Judgement
from biasinit.statistics.judging.headline import headline
from biasinit.statistics.judging.verdict_row import VerdictRow
from biasinit.verdicts import Outcome, Verdict, verdicts_of

NAN = float("nan")
ALL_TRAINED = Counts(runs=20, seeds_trained=20)
PLAIN = VerdictRow(
    outcome=Outcome.ACCURACY,
    metric=ACCURACY,
    normalization="none",
    scheme="0.01",
    reference="zeros",
    cell="all",
    conditions=1,
    judgement=Judgement(
        verdict=Verdict.BETTER_BEYOND, lower=0.6, upper=1.0, level=95.0, interval=DIFFERENCE
    ),
    estimate=0.8,
    counts=ALL_TRAINED,
    reference_counts=ALL_TRAINED,
    seeds=20,
    margin_lower=-0.5,
    margin_upper=0.5,
)
EVENT = {"margin_lower": NAN, "margin_upper": NAN, "estimate": 0.1, "events": 2}
EVENT |= {"reference_events": 0}
SPEED = {"outcome": Outcome.SPEED, "margin_lower": 0.8, "margin_upper": 1.25, "estimate": 0.6}


def row(verdict=Verdict.BETTER_BEYOND, ends=(0.6, 1.0), *, level=95.0, **changes):
    kind = EQUIVALENCE if level < 95 else DIFFERENCE
    judgement = Judgement(verdict=verdict, lower=ends[0], upper=ends[1], level=level, interval=kind)
    return dataclasses.replace(PLAIN, judgement=judgement, **changes)


def said(*given, conditions=(), **changes):
    return headline(row(*given, **changes), list(conditions))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "Without batch normalisation, 0.01 is better than zeros by more than the margin ±0.5: "
            "+0.80 points of test accuracy, 95 % interval +0.60 to +1.00.",
            row(),
        ),
        (
            "Without batch normalisation, 0.01 is worse than zeros: −0.80 points of test accuracy, "
            "95 % interval −1.20 to −0.40.",
            row(Verdict.WORSE, (-1.2, -0.4), estimate=-0.8),
        ),
        (
            "With batch normalisation instead of without, the effect of 0.01 against zeros is "
            "higher: +0.80 points of test accuracy, 95 % interval +0.40 to +1.20.",
            row(Verdict.BETTER, (0.4, 1.2), outcome=Outcome.INTERACTION),
        ),
        (
            "With batch normalisation, 0.01 is faster than zeros by more than the margin 0.8 to "
            "1.25: 0.60 times the epochs to the threshold, 95 % interval 0.50 to 0.70.",
            row(ends=(0.5, 0.7), normalization="batchnorm_shift", **SPEED),
        ),
        (
            "Without batch normalisation, at learning rate 0.02, 0.01 failed in 2 of 20 seeds and "
            "zeros in 0 (difference +10 % of seeds, 95 % interval −2 to +30 %): whether the risks "
            "differ remains open.",
            row(
                Verdict.INCONCLUSIVE, (-0.02, 0.3), outcome=Outcome.FAILURE,
                cell="learning_rate 0.02", **EVENT,
            ),
        ),
        (
            "Without batch normalisation, no run failed: 0 of 20 seeds of each; either risk is at "
            "most 17 % (95 % interval).",
            row(
                Verdict.NONE_SEEN, (-0.168, 0.168), outcome=Outcome.FAILURE,
                **EVENT | {"estimate": 0.0, "events": 0},
            ),
        ),
        (
            "Without batch normalisation, 0.01 never trains: 0.01 failed in 20 of 20 runs and "
            "zeros in 0 of 20.",
            row(
                Verdict.FAILS, (NAN, NAN), level=NAN, estimate=NAN, seeds=0,
                counts=Counts(runs=20, failed=20),
            ),
        ),
        (
            "Without batch normalisation, each at its own best learning rate, 0.01 is better than "
            "zeros: +0.80 points of test accuracy, 95 % interval +0.40 to +1.20.",
            row(Verdict.BETTER, (0.4, 1.2), cell="own best learning rate"),
        ),
        (
            "Without batch normalisation, the accuracy of 0.01 against zeros is identical in all "
            "20 pairs of seeds. 0 of 20 seeds of 0.01 collapsed: up to 17 % could.",
            row(Verdict.IDENTICAL, (0.0, 0.0), estimate=0.0),
        ),
    ],
)  # fmt: skip
def test_a_headline_says_whom_it_compares_where_and_by_how_much(text, found):
    assert headline(found, []) == text


@pytest.mark.parametrize(
    ("level", "setting"),
    [
        ("none", "Without batch normalisation, "),
        ("batchnorm_shift", "With batch normalisation, "),
        ("norm_shift", "With the network's own normalisation, "),
    ],
)
def test_every_level_of_normalisation_has_its_own_words(level, setting):
    assert said(normalization=level).startswith(setting)


def test_equivalence_over_conditions_gives_the_interval_of_every_one():
    whole = row(Verdict.EQUIVALENT, (-0.3, 0.3), level=90.0, estimate=0.0)
    text = headline(dataclasses.replace(whole, conditions=3), [whole] * 3)
    assert (
        "is equivalent in each of 3 conditions: 0.00 points of test accuracy, mean over 3" in text
    )
    assert " conditions, in every condition, 90 % interval −0.30 to +0.30, margin ±0.5." in text


@pytest.mark.parametrize(
    ("new", "words"),
    [
        ((NAN, NAN), "is equivalent: "),
        ((-0.7, 0.2), "is equivalent on this test set: "),
        ((-0.4, 0.4), "is equivalent on this test set and on new images: "),
    ],
    ids=["not known", "wider than the margin", "inside the margin"],
)
def test_equivalence_is_limited_to_this_test_set_unless_new_images_agree(new, words):
    limits = {"new_test_set_lower": new[0], "new_test_set_upper": new[1]}
    text = said(Verdict.EQUIVALENT, (-0.3, 0.3), level=90.0, estimate=0.0, **limits)
    assert words in text
    assert "0 of 20 seeds of 0.01 collapsed: up to 17 % could." in text


def test_failures_and_the_pairs_that_are_left_are_told():
    text = said(counts=Counts(runs=20, failed=3, seeds_trained=17), seeds=17)
    assert text.endswith(
        "Compared are the pairs in which both trained: 0.01 failed in 3 of 20 runs and zeros in 0 "
        "of 20."
    )
    text = said(ends=(0.5, 0.7), **SPEED, counts=Counts(runs=20, not_reached=3))
    assert text.endswith(
        "Compared are the pairs that both reached it: 3 of 20 runs of 0.01 and 0 of 20 of zeros "
        "did not reach it."
    )


NOT_ESTIMABLE = Judgement(verdict=Verdict.NOT_ESTIMABLE)
NO_RUNS = Counts()
REASONS = {
    "there are no runs of 0.01": {"counts": NO_RUNS, "seeds": 0},
    "there are no runs of zeros": {"reference_counts": NO_RUNS, "seeds": 0},
    "there are no runs of 0.01 and zeros": {"counts": NO_RUNS, "reference_counts": NO_RUNS},
    "no run of 0.01 has the seed and the condition of one of zeros": {"seeds": 0},
    "there is no seed for which a run of 0.01 and one of zeros both trained": {
        "seeds": 0,
        "counts": Counts(runs=20, failed=20),
        "reference_counts": Counts(runs=20, failed=20),
    },
    "there is one pair of seeds alone, which says nothing of how much seeds differ": {"seeds": 1},
    "the difference is the same in every pair of seeds (+1.00), so that no test can judge it": {
        "seeds": 12,
        "estimate": 1.0,
    },
    "the ratio is the same in every pair of seeds (2.00), so that no test can judge it": {
        **SPEED,
        "estimate": 2.0,
    },
    "there is no seed for which a run of 0.01 and one of zeros both reached the threshold": {
        **SPEED,
        "seeds": 0,
    },
}


@pytest.mark.parametrize("reason", REASONS)
def test_what_cannot_be_compared_says_the_true_reason(reason):
    found = dataclasses.replace(PLAIN, judgement=NOT_ESTIMABLE, **REASONS[reason])
    assert f" cannot be compared: {reason}." in headline(found, [])


def test_events_without_a_pair_say_so():
    text = said(Verdict.NOT_ESTIMABLE, (NAN, NAN), **EVENT, outcome=Outcome.FAILURE, seeds=0)
    assert text.endswith(
        "how often runs failed cannot be compared: no run of 0.01 has the seed and the condition "
        "of one of zeros."
    )


def test_conditions_that_are_no_part_of_a_verdict_are_told():
    text = said(left_out="dataset svhn: there are no runs of 0.01")
    assert text.endswith(" No part of it is dataset svhn: there are no runs of 0.01.")


@pytest.mark.parametrize("verdict", verdicts_of(Outcome.ACCURACY))
@pytest.mark.parametrize("whose", ["counts", "reference_counts"])
def test_whoever_collapsed_or_strayed_is_named_whatever_the_verdict(verdict, whose):
    low = Counts(runs=20, collapsed=1, stray=2, seeds_trained=20, seeds_collapsed=1)
    text = said(verdict, **{whose: low})
    name = "0.01" if whose == "counts" else "zeros"
    assert f"1 of 20 runs of {name} collapsed." in text
    assert f"2 of 20 runs of {name} ended more than ten margins below the others." in text


def test_what_it_depends_on_is_named_with_what_holds_in_each_condition():
    conditions = [
        row(Verdict.WORSE_BEYOND, (-4.5, -3.5), estimate=-4.0, cell="learning_rate 0.02"),
        row(Verdict.INCONCLUSIVE, (-0.7, 0.1), estimate=-0.3, cell="learning_rate 0.005"),
    ]
    text = said(Verdict.DEPENDS, (NAN, NAN), depends_on="learning_rate", conditions=conditions)
    assert text == (
        "Without batch normalisation, the accuracy of 0.01 against zeros depends on the learning "
        "rate: worse beyond the margin at learning rate 0.02 (−4.00, −4.50 to −3.50) and "
        "inconclusive at learning rate 0.005 (−0.30, −0.70 to +0.10)."
    )


def test_a_verdict_on_the_mean_tells_of_conditions_that_are_judged_otherwise():
    better = row(Verdict.BETTER, (0.4, 1.2), cell="learning_rate 0.02")
    undecided = row(Verdict.INCONCLUSIVE, (-0.1, 0.5), estimate=0.2, cell="learning_rate 0.005")
    mean = {"conditions": 2}
    whole = dataclasses.replace(row(Verdict.BETTER, (0.4, 1.0)), **mean)
    text = headline(whole, [better, undecided])
    assert "+0.80 points of test accuracy, mean over 2 conditions, 95 % interval" in text
    assert "By condition: better at learning rate 0.02 (" in text
    assert "By condition" not in headline(whole, [better, better])


def test_fragility_and_what_an_open_question_needs_are_said():
    assert said(fragile=True).endswith("A second analysis decides otherwise, so this is fragile.")
    text = said(
        Verdict.INCONCLUSIVE, (-0.1, 0.5), p_inside=0.98, seeds_needed=34, seeds_needed_low=22,
        seeds_needed_high=61,
    )  # fmt: skip
    assert "remains open" in text
    assert "It is 98 % probable to lie inside the margin." in text
    assert text.endswith("About 34 seeds would decide it (22 to 61).")


def judged():
    """Yield every verdict that an outcome can have, with intervals that it can be said of."""
    for outcome in Outcome:
        for verdict in verdicts_of(outcome):
            yield outcome, verdict, (NAN, NAN)
            yield outcome, verdict, (0.4, 0.6)
            if not outcome.counts_runs:  # shares are bounded
                yield outcome, verdict, (float("-inf"), float("inf"))


@pytest.mark.parametrize(("outcome", "verdict", "ends"), list(judged()))
@pytest.mark.parametrize("estimate", [NAN, 0.5])
def test_no_headline_ever_reads_absence_of_evidence_as_evidence_of_absence(
    outcome, verdict, ends, estimate
):
    low = Counts(runs=20, failed=2, seeds_trained=18)
    changes = {"outcome": outcome, "estimate": estimate, "counts": low, "events": 2.0}
    changes["reference_events"] = 0.0
    single = [row(verdict, ends, cell="depth 4", **changes)] * 2
    for conditions, several in itertools.product([[], single], [1, 2]):
        whole = dataclasses.replace(row(verdict, ends, **changes), conditions=several)
        text = headline(whole, conditions)
        assert text[0].isupper()
        assert text.endswith(".")
        assert "no significant difference" not in text.lower()
        assert "{" not in text
        assert "nan" not in text
        assert "inf" not in text


LOSS = Metric.of(name="validation loss", unit="nats", better="lower")
SMALL = {"metric": LOSS, "margin_lower": -0.005, "margin_upper": 0.005}


def test_another_metric_has_its_name_unit_direction_and_decimals():
    worse = said(Verdict.WORSE_BEYOND, (0.00912, 0.0134), estimate=0.01126, **SMALL)
    assert worse == (
        "Without batch normalisation, 0.01 is worse than zeros by more than the margin ±0.005: "
        "+0.0113 nats of validation loss (lower is better), 95 % interval +0.0091 to +0.0134."
    )
    equivalent = said(Verdict.EQUIVALENT, (-0.001, 0.002), estimate=0.0, **SMALL)
    assert "the validation loss of 0.01 against zeros is equivalent" in equivalent
    assert not {"accuracy", "points"} & set(equivalent.replace(",", "").split())


def test_an_effect_on_a_loss_that_changes_for_the_worse_is_higher():
    changed = said(Verdict.WORSE, (0.001, 0.02), outcome=Outcome.INTERACTION, **SMALL)
    assert "the effect of 0.01 against zeros is higher: " in changed
    assert " is lower: " in said(Verdict.WORSE, (-0.9, -0.1), outcome=Outcome.INTERACTION)


def test_a_stray_loss_lies_above_the_others():
    counts = Counts(runs=20, stray=1, seeds_trained=20)
    assert "more than ten margins above the others." in said(counts=counts, **SMALL)
    assert "more than ten margins below the others." in said(counts=counts)
