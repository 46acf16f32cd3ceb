"""The six verdicts in their order, and what the headlines say."""

import dataclasses

import pytest

from biasinit.statistics.judging.evidence import Evidence, decide
from biasinit.statistics.judging.headline import headline
from biasinit.verdicts import Outcome, Verdict, verdicts_of

NAN = float("nan")
PLAIN = Evidence(
    outcome=Outcome.ACCURACY,
    normalization="none",
    scheme="0.01",
    reference="zeros",
    estimate=0.8,
    lower=0.6,
    upper=1.0,
    null=0.0,
    margin_lower=-0.5,
    margin_upper=0.5,
    different=True,
    p_equivalence_adjusted=0.9,
    alpha=0.05,
    higher_is_better=True,
    seeds=20,
    runs=20,
    reference_runs=20,
)


def _decided(**changes):
    return decide(dataclasses.replace(PLAIN, **changes))


def _headline(**changes):
    evidence = dataclasses.replace(PLAIN, **changes)
    return headline(evidence, decide(evidence))


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"lower": NAN}, Verdict.NOT_ESTIMABLE),
        ({"estimate": NAN, "p_equivalence_adjusted": 0.001}, Verdict.NOT_ESTIMABLE),
        ({"estimate": 0.2, "lower": 0.1, "upper": 0.3}, Verdict.NEGLIGIBLE),
        ({}, Verdict.BETTER),
        ({"estimate": 0.5, "lower": 0.1, "upper": 0.9}, Verdict.BETTER),
        ({"estimate": -0.8, "lower": -1.0, "upper": -0.6}, Verdict.WORSE),
        (
            {
                "estimate": 0.0,
                "lower": -0.3,
                "upper": 0.3,
                "different": False,
                "p_equivalence_adjusted": 0.01,
            },
            Verdict.EQUIVALENT,
        ),
        ({"estimate": 0.3, "lower": -0.3, "upper": 0.9, "different": False}, Verdict.INCONCLUSIVE),
        (
            {
                "estimate": 0.3,
                "lower": -0.3,
                "upper": 0.9,
                "different": False,
                "p_equivalence_adjusted": NAN,
                "margin_lower": NAN,
                "margin_upper": NAN,
            },
            Verdict.INCONCLUSIVE,
        ),
        ({"margin_lower": NAN, "margin_upper": NAN}, Verdict.BETTER),
    ],
)
def test_verdicts_follow_their_order(changes, verdict):
    assert _decided(**changes) is verdict


def test_a_smaller_ratio_of_epochs_is_better():
    faster = {
        "outcome": Outcome.SPEED,
        "null": 1.0,
        "estimate": 0.6,
        "lower": 0.5,
        "upper": 0.7,
        "margin_lower": 0.8,
        "margin_upper": 1.25,
        "higher_is_better": False,
    }
    assert _decided(**faster) is Verdict.BETTER
    assert "0.01 is faster than zeros: 0.60 times the epochs" in _headline(**faster)


def test_failures_make_the_headline_two_part():
    assert _headline(failed=3, seeds=17).startswith(
        "Without batch normalisation, 0.01 failed in 3 of 20 runs and zeros in 0 of 20. "
        "Among the 17 seeds where both trained, 0.01 is better than zeros"
    )


def test_what_the_effect_depends_on_and_fragility_are_said():
    text = _headline(depends_on="learning_rate", fragile=True)
    assert "This depends on the learning rate." in text
    assert "fragile" in text


def test_an_open_question_names_the_seeds_that_would_decide_it():
    text = _headline(lower=-0.1, different=False, seeds_needed=34)
    assert "remains open" in text
    assert "About 34 seeds would decide it." in text


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {},
            "Without batch normalisation, 0.01 is better than zeros: +0.80 points of test "
            "accuracy, 95 % interval +0.60 to +1.00.",
        ),
        (
            {"outcome": Outcome.INTERACTION},
            "With batch normalisation instead of without, the effect of 0.01 against zeros "
            "changes: +0.80 points of test accuracy, 95 % interval +0.60 to +1.00.",
        ),
        (
            {"outcome": Outcome.FAILURE, "margin_lower": NAN, "margin_upper": NAN, "failed": 2,
             "estimate": 0.1, "lower": -0.02, "upper": 0.3, "different": False},
            "Without batch normalisation, 0.01 failed in 2 of 20 runs and zeros in 0 of 20 "
            "(difference +10 % of runs, 95 % interval −2 to +30 %): whether the risks differ "
            "remains open.",
        ),
        (
            {"outcome": Outcome.FAILURE, "margin_lower": NAN, "margin_upper": NAN, "estimate": 0.0,
             "lower": -0.17, "upper": 0.17, "different": False},
            "Without batch normalisation, no run failed: 0 of 20 with 0.01, 0 of 20 with zeros; "
            "the risk of either is at most 17 % (95 % interval).",
        ),
    ],
)  # fmt: skip
def test_a_headline_says_whom_it_compares_how_and_by_how_much(changes, text):
    assert _headline(**changes) == text


def judged():
    """Yield every verdict that an outcome can have, with intervals that it can be said of."""
    for outcome in Outcome:
        for verdict in verdicts_of(outcome):
            if verdict is Verdict.NOT_ESTIMABLE:
                yield outcome, verdict, (NAN, NAN, NAN)
            else:
                yield outcome, verdict, (0.5, 0.4, 0.6)
                yield outcome, verdict, (0.0, float("-inf"), float("inf"))


@pytest.mark.parametrize(("outcome", "verdict", "interval"), list(judged()))
def test_no_headline_ever_reads_absence_of_evidence_as_evidence_of_absence(
    outcome, verdict, interval
):
    estimate, lower, upper = interval
    evidence = dataclasses.replace(
        PLAIN, outcome=outcome, estimate=estimate, lower=lower, upper=upper, failed=2
    )
    text = headline(evidence, verdict)
    assert text[0].isupper()
    assert text.endswith(".")
    assert "0.01" in text
    assert "zeros" in text
    assert "no significant difference" not in text.lower()
    assert "{" not in text
    assert "nan" not in text


SAME = {
    "estimate": 0.0,
    "lower": -0.3,
    "upper": 0.3,
    "different": False,
    "p_equivalence_adjusted": 0.01,
}


@pytest.mark.parametrize(
    ("new", "words"),
    [
        ((NAN, NAN), "equivalent on this test set: "),
        ((-0.7, 0.2), "equivalent on this test set: "),
        ((-0.4, 0.4), "equivalent on this test set and on new images: "),
    ],
    ids=["not known", "wider than the margin", "inside the margin"],
)
def test_equivalence_is_limited_to_this_test_set_unless_new_images_agree(new, words):
    new_images = {"new_test_set_lower": new[0], "new_test_set_upper": new[1]}
    assert words in _headline(**SAME, **new_images)
