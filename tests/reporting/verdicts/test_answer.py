import math
import re

import pytest
from rows import opposite, row
from synthetic import make_study, make_tables

from biasinit.reporting.verdicts.answer import answer_text, answers
from biasinit.reporting.verdicts.own_best import BestRates, best_rates
from biasinit.reporting.verdicts.sentences import sentence, threshold_words
from biasinit.reporting.verdicts.verdict_rows import read_verdicts
from biasinit.verdicts import Outcome, Verdict


def said(*rows, rates=None):
    """Return the answer on rows as text."""
    return answer_text(rows, threshold="95 %", rates=rates or {})


def test_a_large_p_value_is_never_read_as_no_difference(study, tables):
    verdicts = read_verdicts(tables, study)
    texts = [sentence(item, threshold="95 %", conditions=()) for item in verdicts]
    text = " ".join([*texts, said(*verdicts)]).lower()
    assert "significan" not in text
    assert "no difference" not in text


def test_every_number_of_the_answer_is_in_the_table(study, tables):
    verdicts = read_verdicts(tables, study)
    text = answer_text(verdicts, threshold=threshold_words(study), rates=best_rates(tables))
    known = {"95", "0.5", "0.8", "1.25", "0.005", "0.02", *study.schemes}
    for item in verdicts:
        values = (item.estimate, item.lower, item.upper)
        known |= {f"{abs(value):.2f}" for value in values if math.isfinite(value)}
        counts = (item.seeds, item.seeds_needed, item.failed, item.reference_failed, item.runs)
        counts += (item.seeds_needed_low, item.seeds_needed_high, item.collapsed, item.conditions)
        counts += (100 * item.p_inside, 100 * item.undetected)
        known |= {f"{value:.0f}" for value in counts if math.isfinite(value)}
    found = re.findall(r"\d+(?:\.\d+)?", text)
    assert len(found) > 30
    assert set(found) <= known


def test_the_answer_names_every_scheme_with_the_margin(study, tables):
    verdicts = read_verdicts(tables, study)
    without, with_it, changes = answers(verdicts, threshold="95 %", rates={})
    assert changes.title == "What batch normalisation changes"
    for answer, level in ((without, "none"), (with_it, "batchnorm_shift")):
        assert answer.normalization == level
        assert "±0.5 points" in str(answer)
        for scheme in study.schemes[1:]:
            assert scheme in str(answer)


def test_opposite_effects_are_told_apart_and_never_averaged():
    text = said(*opposite())
    assert text == (
        "Without batch normalisation: Depends on the learning rate: 1.0 (worse at 0.02, by 4.00, "
        "more than the margin; better at 0.005, by 0.80)."
    )
    assert "1.60" not in text


def test_opposite_times_are_told_apart_and_never_averaged():
    ratios = {"outcome": Outcome.SPEED, "margin_lower": 0.8, "margin_upper": 1.25}
    rows = [
        row(verdict=Verdict.DEPENDS, depends_on="learning_rate", conditions=2.0, estimate=0.92,
            lower=math.nan, upper=math.nan, **ratios),
        row(cell="learning_rate 0.005", verdict=Verdict.BETTER, estimate=0.79, **ratios),
        row(cell="learning_rate 0.02", verdict=Verdict.WORSE, estimate=1.16, **ratios),
    ]  # fmt: skip
    text = said(*rows).replace("\N{NO-BREAK SPACE}", " ")
    assert text.endswith(
        "Speed depends on the learning rate: 1.0 (slower at 0.02, × 1.16; faster at 0.005, × 0.79)."
    )
    assert "0.92" not in text


def test_a_scheme_that_fails_at_one_rate_is_told_with_what_it_is_at_the_other():
    whole, low, high = opposite()
    failing = row(cell=high.cell, verdict=Verdict.FAILS, estimate=math.nan, failed=20.0)
    text = said(whole, low, failing)
    assert "1.0 (never trains at 0.02; better at 0.005, by 0.80)" in text
    assert "estimable" not in text


def test_the_single_pair_of_a_scheme_that_fails_is_no_size():
    whole, low, _ = opposite()
    one = row(cell="learning_rate 0.02", verdict=Verdict.REFERENCE_FAILS, estimate=-16.75,
              lower=math.nan, upper=math.nan)  # fmt: skip
    text = said(whole, low, one)
    assert "(reference never trains at 0.02; better" in text
    assert "16.75" not in text


def test_many_conditions_are_counted_with_the_range_of_their_effects():
    cells = [
        row(cell=f"architecture plain-{place}", verdict=Verdict.WORSE, estimate=-0.1 * place)
        for place in range(1, 8)
    ]
    whole, _, _ = opposite()
    assert "1.0 (worse at 7 conditions, by 0.10 to 0.70)" in said(whole, *cells)


def test_a_mean_over_conditions_is_called_one():
    assert "by more than the margin, mean over the 3 conditions: 1.0, by 6.93" in said(
        row(conditions=3.0)
    )


def test_an_equivalence_over_conditions_holds_in_each():
    text = said(row(verdict=Verdict.EQUIVALENT, conditions=3.0))
    assert "Equivalent to zeros within ±0.5 points, in each of 3 conditions: 1.0." in text


def test_an_equivalence_says_what_it_cannot_exclude():
    equal = {"verdict": Verdict.EQUIVALENT, "undetected": 0.168}
    assert said(row(**equal)).endswith(": 1.0. 0 of 20 collapsed: up to 17 % could.")
    text = said(row(**equal), row(scheme="b", verdict=Verdict.EQUIVALENT, undetected=0.31))
    assert "1.0 (0 of 20 collapsed: up to 17 % could) and b (0 of 20 collapsed: up to 31 %" in text


@pytest.mark.parametrize("verdict", [v for v in Verdict if v is not Verdict.NONE_SEEN])
@pytest.mark.parametrize(
    ("befell", "words"),
    [
        ({"collapsed": 1.0}, "1 of 40 runs collapsed"),
        ({"collapsed": 1.0, "stray": 2.0}, "1 of 40 runs collapsed, 2 strayed"),
        ({"reference_collapsed": 2.0}, "zeros, the reference: 2 of 40 runs collapsed."),
        ({"stray": 1.0}, "1 of 40 runs strayed"),
        ({"reference_stray": 1.0}, "zeros, the reference: 1 of 40 runs strayed."),
    ],
)
def test_a_collapsed_or_stray_run_is_named_beside_every_verdict(verdict, befell, words):
    assert words in said(row(verdict=verdict, **befell))


def test_a_collapsed_run_is_named_however_many_schemes_are_open():
    rows = [row(scheme=f"s{place}", verdict=Verdict.INCONCLUSIVE) for place in range(8)]
    text = said(*rows, row(scheme="bad", verdict=Verdict.INCONCLUSIVE, collapsed=1.0))
    assert "bad (1 of 40 runs collapsed)" in text


def test_an_open_verdict_says_how_probable_it_is_to_be_negligible_and_what_decides():
    text = said(
        row(verdict=Verdict.INCONCLUSIVE, p_inside=0.981, seeds_needed=59.0,
            seeds_needed_low=38.0, seeds_needed_high=111.0)
    )  # fmt: skip
    assert text.endswith(
        "1.0 (98 % probable to lie inside the margin; about 59 seeds (38 to 111) would decide)."
    )


def test_many_open_schemes_are_named_with_their_range():
    rows = [
        row(scheme=f"s{place}", verdict=Verdict.INCONCLUSIVE, p_inside=0.5 + 0.1 * place,
            seeds_needed=10.0 * (place + 1))
        for place in range(5)
    ]  # fmt: skip
    assert said(*rows).endswith(
        "Inconclusive: s0, s1, s2, s3 and s4 (50 % to 90 % probable to lie inside the margin; up "
        "to 50 seeds would decide)."
    )


def test_each_scheme_at_its_own_best_rate_is_told_with_its_rate_and_its_edge():
    best = {"cell": "own best learning rate", "conditions": 1.0}
    rows = [
        row(), row(estimate=-1.14, lower=-1.61, upper=-0.67, **best),
        row(scheme="b", verdict=Verdict.EQUIVALENT, undetected=0.168, **best),
    ]  # fmt: skip
    rates = {
        ("none", "1.0"): BestRates(
            rates="0.005", edge="lowest", reference_rates="0.02", reference_edge="highest"
        )
    }
    text = said(*rows, rates=rates)
    assert "by 6.93" in text, "over all conditions stands beside it"
    assert text.endswith(
        "Each at its own best learning rate (zeros at 0.02, the highest tried): worse, by more "
        "than the margin: 1.0 (by 1.14, 0.67 to 1.61; at 0.005, the lowest tried); equivalent: b. "
        "Of the equivalent, 0 of 20 collapsed: up to 17 % could."
    )


def test_low_runs_at_own_best_rates_are_told_with_what_equivalence_does_not_exclude():
    best = {"cell": "own best learning rate", "verdict": Verdict.EQUIVALENT, "runs": 20.0}
    rows = [
        row(), row(undetected=0.168, **best),
        row(scheme="b", collapsed=1.0, undetected=0.249, **best),
        row(scheme="c", failed=2.0, stray=1.0, undetected=0.168,
            **best | {"verdict": Verdict.INCONCLUSIVE, "p_inside": math.nan}),
    ]  # fmt: skip
    assert said(*rows).endswith(
        "Each at its own best learning rate: equivalent: 1.0 (0 of 20 collapsed: up to 17 % could) "
        "and b (1 of 20 runs collapsed; 1 collapsed: up to 25 % could); inconclusive: c (−6.93; "
        "2 of 20 runs failed, 1 strayed)."
    )


def test_low_runs_of_the_reference_at_its_own_best_rate_are_told_beside_the_rate():
    best = row(cell="own best learning rate", reference_runs=20.0, reference_collapsed=1.0)
    rates = BestRates(rates="0.005", edge="", reference_rates="0.02", reference_edge="")
    text = said(row(), best, rates={("none", "1.0"): rates})
    assert "Each at its own best learning rate (zeros at 0.02; 1 of 20 runs collapsed): " in text


def test_rates_that_differ_between_halves_are_told_by_the_most_frequent():
    best = row(cell="own best learning rate", verdict=Verdict.EQUIVALENT)
    found = BestRates(rates="0.05 (80 %), 0.1 (14 %), 0.02 (6 %)", edge="highest",
                      reference_rates="0.05 (87 %), 0.02 (13 %)", reference_edge="")  # fmt: skip
    assert found.words == "mostly at 0.05, reaching the highest tried"
    assert said(row(), best, rates={("none", "1.0"): found}).endswith(
        "Each at its own best learning rate (zeros mostly at 0.05): equivalent: 1.0 (reaches the "
        "highest rate tried)."
    )


def test_no_size_and_no_probability_is_told_of_an_endless_interval():
    endless = {"verdict": Verdict.INCONCLUSIVE, "lower": -math.inf, "upper": math.inf}
    text = said(row(p_inside=0.0, **endless))
    assert "probable" not in text
    whole, low, _ = opposite()
    text = said(whole, low, row(cell="learning_rate 0.02", estimate=-26.5, **endless))
    assert "inconclusive at 0.02)" in text
    assert "26.5" not in text


def test_a_scheme_that_fails_is_named_even_when_its_accuracy_is_equivalent():
    assert "Fails: 1.0 in 3 of 40 runs." in said(
        row(verdict=Verdict.EQUIVALENT, estimate=0.0, failed=3.0)
    )


def test_failures_in_some_conditions_only_say_in_which():
    rows = [row(verdict=Verdict.EQUIVALENT, failed=8.0, conditions=2.0)]
    rows += [
        row(outcome=Outcome.FAILURE, verdict=Verdict.WORSE, cell=f"learning_rate {rate}",
            failed=failed)
        for rate, failed in (("0.005", 0.0), ("0.02", 8.0))
    ]  # fmt: skip
    assert "Fails: 1.0 in 8 of 40 runs (all at 0.02)." in said(*rows)


def test_a_reference_that_fails_is_named():
    assert "zeros, the reference: 2 of 40 runs failed." in said(
        row(verdict=Verdict.EQUIVALENT, estimate=0.0, reference_failed=2.0)
    )


def test_who_misses_the_threshold_more_often_is_named():
    missing = row(
        outcome=Outcome.NOT_REACHED, verdict=Verdict.WORSE, estimate=0.4, lower=0.1, upper=0.7,
        events=8.0, reference_events=0.0,
    )  # fmt: skip
    assert said(row(), missing).endswith(
        "Misses 95 % more often: 1.0 (8 of 20 seeds (zeros: 0 of 20); +40.0 % of seeds, "
        "95 % interval 10.0 to 70.0)."
    )


def test_thirty_schemes_are_all_named():
    study = make_study(["zeros", *(f"scheme_{number:02d}" for number in range(29))])
    found = answers(read_verdicts(make_tables(study), study), threshold="95 %", rates={})
    assert len(found) == 3
    for answer in found:
        assert re.findall(r"scheme_\d\d", str(answer)) != []
        assert set(re.findall(r"scheme_\d\d", str(answer))) == set(study.schemes[1:])


def test_no_verdicts_give_no_answer(study):
    assert read_verdicts({}, study) == ()
    assert said() == ""


def test_who_fails_is_named_below_who_is_worse_and_above_the_rest():
    rows = [
        row(failed=4.0),
        row(scheme="b", verdict=Verdict.EQUIVALENT, failed=3.0),
        row(scheme="c", verdict=Verdict.BETTER),
    ]
    (answer,) = answers(rows, threshold="95 %", rates={})
    leads = [statement.lead for statement in answer.statements]
    assert leads == [
        "Worse than zeros, by more than the margin:",
        "Fails:",
        "Better than zeros:",
        "Equivalent to zeros within ±0.5 points:",
    ]
    assert answer.statements[1].text == "b in 3 of 40 runs."


def test_a_changed_effect_is_neither_good_nor_bad():
    changed = row(outcome=Outcome.INTERACTION, normalization="batchnorm_shift - none")
    (answer,) = answers([changed], threshold="95 %", rates={})
    (statement,) = answer.statements
    assert statement.lead == "Effect on accuracy lower with it, by more than the margin:"
    assert statement.kind == "is-different-but-negligible"
