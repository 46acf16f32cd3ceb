"""The answer in five sentences, from plausible tables, from hardly any, and from any."""

import itertools
import math
import re

import pandas as pd
import pytest
from atlases import (
    UNPOOLED,
    any_synthesis,
    effect_row,
    moderator_row,
    plausible,
    pooled_row,
    prediction_row,
    synthesis_of,
)
from hypothesis import given

from biasinit.reporting.atlas.sentences import answer, answer_markdown
from biasinit.reporting.figures.alternatives import begun

USE, MATTERS, AVOID, OPEN, SURE = range(5)
LEADS = (
    "What to use",
    "When it matters",
    "What to avoid",
    "What is not known",
    "How sure this is",
)


def answer_sentences(synthesis):
    """Return each sentence as one text: what it is about, and its parts."""
    return tuple(f"{said.lead}: {begun('; '.join(said.parts))}." for said in answer(synthesis))


def said(place, *rows, pooled=(), **more):
    return answer_sentences(synthesis_of(rows, pooled, **more))[place]


def three(scheme="0.01", **changes):
    return [effect_row(scheme, f"digits, network-{place}", **changes) for place in range(3)]


def test_there_are_five_with_a_part_for_each_normalisation():
    found = answer(plausible())
    assert tuple(sentence.lead for sentence in found) == LEADS
    for sentence in found[:4]:
        text = " ".join(sentence.lines).lower()
        assert "without batch normalisation" in text
        assert "with batch normalisation" in text


def test_zeros_and_what_is_interchangeable_with_it():
    text = said(USE, *three(), *three("0.1"), pooled=[pooled_row(), pooled_row("0.1")])
    assert text == (
        "What to use: Without batch normalisation, zeros, since no scheme was shown to be better "
        "on average, or 0.01 (9 conditions) and 0.1 (9 conditions), interchangeable with zeros in "
        "a new condition (95 % prediction intervals within −0.50 to 0.70 margins)."
    )


def test_a_better_scheme_is_told_with_its_size_and_with_its_risk():
    better = {"mean": 1.2, "lower": 0.4, "upper": 2.0, "prediction_upper": 4.0, "p_adjusted": 0.01}
    chances = {"p_above": 0.34, "p_below": 0.001}
    text = said(USE, *three(verdict="better"), pooled=[pooled_row(**better, **chances)])
    assert text == (
        "What to use: Without batch normalisation, 0.01 (+1.20 margins, 95 % interval 0.40 to 2.00,"
        " over 9 conditions; in a new condition 34 % probable to be better by more than the "
        "margin, less than 1 % to be worse by more than it), better on average than zeros."
    )


def test_without_a_mean_zeros_are_named_for_want_of_evidence():
    text = said(USE, effect_row(), pooled=[pooled_row(**UNPOOLED)])
    assert "zeros, for want of evidence on others: none has an effect in the 3 conditions" in text
    assert "shown" not in text


def test_where_the_reference_fails_everywhere_nothing_is_recommended():
    rows = three(verdict="reference fails", reference_failed=17.0, failed=2.0, estimate=math.nan)
    assert "nothing can be told, since most runs of zeros failed in every" in said(USE, *rows)
    text = said(MATTERS, *rows, *three("1.0", verdict="reference fails", failed=20.0))
    assert "in 3 conditions most runs of zeros failed (there 0.01 failed least, in 6 of 60" in text
    assert "zeros in 51)" in text


def test_failures_are_compared_only_where_a_scheme_was_run_in_every_such_condition():
    lost = {"verdict": "reference fails", "reference_failed": 17.0, "estimate": math.nan}
    rows = [*three("seldom", failed=0.0, **lost)[:2], *three("always", failed=9.0, **lost)]
    assert "(there always failed least, in 27 of 60 runs" in said(MATTERS, *rows)
    rows = [*three("seldom", **lost)[:2], *three("other", **lost)[2:]]
    assert said(MATTERS, *rows).endswith("and in 3 conditions most runs of zeros failed.")


def test_too_few_conditions_are_told_once_for_both_outcomes():
    text = said(OPEN, effect_row(), effect_row(outcome="speed"), effect_row("b", outcome="speed"))
    assert text.count("0.01") == 1
    assert "the speed in a new condition of b (an effect in fewer than 3" in text


def test_where_the_reference_fails_in_some_conditions_it_is_not_named_without_that():
    deep = effect_row(condition="digits, deep", verdict="reference fails", estimate=math.nan)
    text = said(USE, *three(), deep, pooled=[pooled_row()])
    assert "zeros (most of whose runs failed in 1 of 4 conditions), since no scheme" in text


def test_what_fails_everywhere_is_to_avoid_with_the_count():
    rows = three("1.0", verdict="fails", estimate=math.nan, effect=math.nan, failed=18.0)
    text = said(AVOID, *rows)
    assert text == (
        "What to avoid: Without batch normalisation, harmful in several conditions: 1.0 (fails in "
        "3 of 3 conditions)."
    )
    assert "by more than the margin, or fails, in 3 of 3 conditions" in said(MATTERS, *rows)


def test_of_what_does_harm_the_mean_and_what_to_expect_are_told_where_they_are_known():
    rows = three("1.0", verdict="worse beyond the margin")
    behind = {"mean": -1.5, "lower": -2.0, "upper": -1.0, "prediction_lower": -3.0}
    text = said(AVOID, *rows, pooled=[pooled_row("1.0", **behind, p_below=0.92)])
    assert text == (
        "What to avoid: Without batch normalisation, harmful in several conditions: 1.0 (worse "
        "beyond the margin in 3 of 3 conditions; on average −1.50 margins, 95 % interval −2.00 to "
        "−1.00, over 9 conditions; in a new condition 92 % probable to be worse by more than the "
        "margin)."
    )


def test_one_harmed_condition_is_no_reason_to_avoid():
    rows = [*three("1.0")[:2], effect_row("1.0", "digits, deep", verdict="fails")]
    assert "1.0" not in said(AVOID, *rows)
    assert "no scheme was found" in said(AVOID, *rows)
    assert "1.0 (an effect in fewer than 3 conditions)" in said(OPEN, *rows)


def test_what_is_open_is_named_with_its_probability():
    wide = {"prediction_lower": -2.0, "prediction_upper": 2.0}
    pooled = [pooled_row(**wide, p_inside=0.62), pooled_row("0.1", **wide, p_inside=0.84)]
    text = said(OPEN, *three(), *three("0.1"), pooled=pooled)
    assert "of 0.01 (62 % probable to lie within the margin) and 0.1 (84 %)." in text


def test_speed_is_told_beside_accuracy_and_warns_of_what_is_to_avoid():
    fast = {"mean": 1.5, "lower": 1.0, "upper": 2.0, "prediction_upper": 3.0, "p_adjusted": 0.01}
    rows = [*three(verdict="fails"), *three(outcome="speed", verdict="better")]
    text = said(USE, *rows, pooled=[pooled_row(outcome="speed", **fast)])
    assert "faster to learn on average: 0.01 (+1.50 margins" in text
    assert "to avoid for its accuracy" in text
    behind = {"mean": -1.5, "lower": -2.0, "upper": -1.0, "prediction_lower": -3.0}
    slow = pooled_row(outcome="speed", p_adjusted=0.01, **behind)
    rows = [*three(), *three(outcome="speed", verdict="worse")]
    text = said(AVOID, *rows, pooled=[slow])
    assert "without batch normalisation, for speed, worse on average: 0.01 (−1.50 margins" in text


def test_harm_in_some_conditions_does_not_hide_that_others_are_better():
    verdicts = ("fails", "worse beyond the margin", "better beyond the margin")
    rows = [effect_row(condition=f"c{place}", verdict=word) for place, word in enumerate(verdicts)]
    assert "0.01 (fails in 1, worse beyond the margin in 1, better beyond it in 1 of 3" in said(
        AVOID, *rows
    )


def test_what_is_to_avoid_for_its_accuracy_is_not_named_again_for_speed():
    rows = [*three(verdict="fails"), *three(outcome="speed", verdict="fails")]
    assert said(AVOID, *rows).count("0.01") == 1
    assert "speed" not in said(OPEN, *rows)
    rows = [*three(), *three(outcome="speed", verdict="fails")]
    text = said(AVOID, *rows)
    assert "for speed, harmful in several conditions: 0.01 (misses the threshold in 3 of" in text


def test_who_does_harm_most_often_stands_first_and_many_means_are_a_range():
    beyond = "worse beyond the margin"
    often = [*three("often", verdict=beyond)[:2], effect_row("often", "digits, deep")]
    rows = [*often, *three("always", verdict=beyond)]
    behind = {"lower": -2.0, "upper": -0.5, "prediction_lower": -3.0, "p_adjusted": 0.01}
    pooled = [pooled_row(f"{place}.0", mean=-1.0 - place / 10, **behind) for place in range(4)]
    rows += [row for mean in pooled for row in three(mean["scheme"], verdict="worse")]
    text = said(AVOID, *rows, pooled=pooled)
    assert (
        "harmful in several conditions: always (worse beyond the margin in 3 of 3 conditions) and "
        "often (worse beyond the margin in 2 of 3 conditions), worse on average: 0.0, 1.0, 2.0 and "
        "3.0 (−1.30 to −1.00 margins)."
    ) in text


def test_only_moderators_that_were_found_are_named():
    found = [moderator_row(f"scheme-{place}", p_adjusted=place / 1000) for place in range(1, 6)]
    text = said(MATTERS, effect_row(), moderators=[*found, moderator_row("other", p_adjusted=0.05)])
    about = "the effect on accuracy changes with each doubling of hidden layers: scheme-1 by −0.80 "
    assert f"{about}(−1.20 to −0.40) margins, scheme-2" in text
    assert "scheme-4" not in text
    assert "scheme-3 by −0.80 (−1.20 to −0.40) margins and 2 more" in text
    none = said(MATTERS, effect_row(), moderators=[moderator_row(p_adjusted=0.05)])
    assert "nothing was found to change an effect (1 test)" in none


def test_certainty_counts_what_there_is():
    text = answer_sentences(plausible())[SURE]
    for part in (
        "12 conditions (3 data sets, 4 networks) of 2 studies with 4320 runs, 312 of which failed",
        "2 of 3 registered predictions came true, and 1 more is not tested yet",
    ):
        assert part in text
    assert "in the optimiser alone" not in text
    alike = [effect_row(condition=f"digits, small, {name}", optimizer=name) for name in "abc"]
    assert (
        "2 of these conditions differ from another one of the same study in the optimiser alone, "
        "and in means they count as one"
    ) in said(SURE, *alike)
    assert "no prediction was registered" in answer_sentences(synthesis_of())[SURE]
    waiting = [prediction_row(observed=math.nan, inside=pd.NA)]
    assert "1 prediction registered, none tested yet" in said(SURE, predictions=waiting)


def test_nothing_at_all_is_said_so():
    found = answer_sentences(synthesis_of(studies=(), runs=0, failed=0))
    nothing = "No effect on accuracy has been estimated yet."
    assert found[:4] == tuple(f"{lead}: {nothing}" for lead in LEADS[:4])
    assert "0 conditions (0 data sets, 0 networks) of 0 studies with 0 runs" in found[SURE]


@given(any_synthesis())
def test_any_tables_give_five_sentences(synthesis):
    found = answer_sentences(synthesis)
    assert len(found) == 5
    for text in found:
        assert text.endswith(".")
        assert not re.search(r"\bnan\b|None|<NA>|\{|\(\)|\( ?;", text), text
    assert answer_markdown(synthesis).count("\n- ") == 4


@given(any_synthesis())
def test_interchangeable_is_only_what_is_predicted_within_the_margin(synthesis):
    frame = synthesis.pooled
    for part in answer(synthesis)[USE].parts:
        named = re.search(r", or (.*?), interchangeable with", part)
        for scheme in re.findall(r"scheme-\w", named.group(1)) if named else ():
            level = level_of(part)
            here = frame[(frame["scheme"] == scheme) & (frame["outcome"] == "accuracy")]
            (row,) = here[here["normalization"] == level].itertuples()
            assert row.prediction_lower > -1
            assert row.prediction_upper < 1
        assert ("interchangeable" in part) == bool(named)


@given(any_synthesis())
def test_whatever_is_to_avoid_has_its_reason_beside_it(synthesis):
    for part in answer(synthesis)[AVOID].parts:
        for scheme in re.findall(r"scheme-\w", part):
            before = part[: part.index(scheme)]
            reason = re.search(rf"{scheme} \(([^()]+)\)", part).group(1)
            if "worse on average" in before:
                assert re.match(r"[−+]?[\d.]+ margins, 95 % interval", reason)
            else:
                assert "harmful in several conditions" in before
                counts = re.findall(r"(?:fails|threshold|beyond the margin) in (\d+)", reason)
                assert sum(map(int, counts)) >= 2


@given(any_synthesis())
def test_every_scheme_is_named_once_for_accuracy(synthesis):
    """To use, to avoid or not known, unless most runs of the reference failed everywhere."""
    found = answer(synthesis)
    frame = synthesis.effects
    for level in set(frame["normalization"]) if len(frame) else ():
        parts = [
            part
            for place in (USE, AVOID, OPEN)
            for part in found[place].parts
            if level_of(part) == level and not re.search(r"learn|speed", part)
        ]
        names = [name for part in parts for name in re.findall(r"scheme-\w", part)]
        assert len(names) == len(set(names))
        accuracy = frame[(frame["outcome"] == "accuracy") & (frame["normalization"] == level)]
        assert set(accuracy["scheme"]) <= set(names)


def level_of(part):
    begun = {
        "without": "none",
        "with batch": "batchnorm_shift",
        "with the": "norm_shift",
    }
    return next((level for start, level in begun.items() if part.startswith(start)), "")


@pytest.mark.parametrize("name", ["a_b*c", "<script>alert(1)</script>", "[x](javascript:y)", "|"])
def test_markdown_takes_names_as_text(name):
    rows = three(name)
    text = answer_markdown(synthesis_of(rows, [pooled_row(name)]))
    assert not re.search(r"(?<!\\)[<\[|_]", text)
    assert text.startswith("- **What to use.**\n  - Without batch normalisation, zeros")


def test_markdown_and_text_say_the_same():
    synthesis = plausible()
    plain = re.sub(r"\\(.)", r"\1", answer_markdown(synthesis))
    expected = [
        [f"- **{said.lead}.**", *(f"  - {line}" for line in said.lines)]
        for said in answer(synthesis)
    ]
    assert plain.splitlines() == list(itertools.chain(*expected))


def test_margins_are_told_by_data_set():
    rows = [
        effect_row("0.01", "digits, small", margin=0.5),
        effect_row("0.01", "digits, twins", margin=1.0),
        effect_row("0.01", "cifar10, small", margin=1.0),
        effect_row("0.01", "cifar10, small", outcome="speed", margin=0.2),
    ]
    text = answer_sentences(synthesis_of(rows))[SURE]
    assert "held against 0.5 or 1 points on digits and 1 point on cifar10; " in text
    assert "held against" not in answer_sentences(synthesis_of())[SURE]
