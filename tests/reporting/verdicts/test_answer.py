import math
import re

from rows import row
from synthetic import make_study, make_tables

from biasinit.reporting.verdicts.answer import answer_text, answers
from biasinit.reporting.verdicts.sentences import sentence, threshold_words
from biasinit.reporting.verdicts.verdict_rows import read_verdicts
from biasinit.verdicts import Outcome, Verdict


def test_a_large_p_value_is_never_read_as_no_difference(study, tables):
    verdicts = read_verdicts(tables, study)
    texts = [sentence(item, threshold="95 %") for item in verdicts]
    text = " ".join([*texts, answer_text(verdicts, threshold="95 %")]).lower()
    assert "significan" not in text
    assert "no difference" not in text


def test_every_number_of_the_answer_is_in_the_table(study, tables):
    verdicts = read_verdicts(tables, study)
    text = answer_text(verdicts, threshold=threshold_words(study))
    known = {"95", "0.5", "0.8", "1.25", *study.schemes}
    for item in verdicts:
        values = (item.estimate, item.lower, item.upper)
        known |= {f"{abs(value):.2f}" for value in values if math.isfinite(value)}
        counts = (item.seeds, item.seeds_needed, item.failed, item.reference_failed, item.runs)
        known |= {f"{value:.0f}" for value in counts if math.isfinite(value)}
    found = re.findall(r"\d+(?:\.\d+)?", text)
    assert len(found) > 30
    assert set(found) <= known


def test_the_answer_names_every_scheme_with_the_margin(study, tables):
    verdicts = read_verdicts(tables, study)
    without, with_it, changes = answers(verdicts, threshold="95 %")
    assert changes.title == "What batch normalisation changes"
    for answer, level in ((without, "none"), (with_it, "batchnorm_shift")):
        assert answer.normalization == level
        assert "±0.5 points" in str(answer)
        for scheme in study.schemes[1:]:
            assert scheme in str(answer)


def test_a_scheme_that_fails_is_named_even_when_its_accuracy_is_equivalent():
    rows = [row(verdict=Verdict.EQUIVALENT, estimate=0.0, failed=3.0)]
    assert "Fails: 1.0 in 3 of 40 runs." in answer_text(rows, threshold="95 %")


def test_a_reference_that_fails_is_named():
    rows = [row(verdict=Verdict.EQUIVALENT, estimate=0.0, reference_failed=2.0)]
    assert "The reference fails: zeros in 2 of 40 runs." in answer_text(rows, threshold="95 %")


def test_thirty_schemes_are_all_named():
    study = make_study(["zeros", *(f"scheme_{number:02d}" for number in range(29))])
    found = answers(read_verdicts(make_tables(study), study), threshold="95 %")
    assert len(found) == 3
    for answer in found:
        assert re.findall(r"scheme_\d\d", str(answer)) != []
        assert set(re.findall(r"scheme_\d\d", str(answer))) == set(study.schemes[1:])


def test_no_verdicts_give_no_answer(study):
    assert read_verdicts({}, study) == ()
    assert answer_text((), threshold="95 %") == ""


def test_many_schemes_of_one_verdict_are_named_with_their_range():
    rows = [
        row(scheme=f"s{place}", verdict=Verdict.INCONCLUSIVE, estimate=0.1 * place,
            seeds_needed=10.0 * (place + 1))
        for place in range(5)
    ]  # fmt: skip
    assert answer_text(rows, threshold="95 %").endswith(
        "Inconclusive: s0, s1, s2, s3 and s4 (differences from 0.00 to +0.40 points; up to 50 "
        "seeds would decide)."
    )


def test_who_fails_is_named_below_who_is_worse_and_above_the_rest():
    rows = [
        row(failed=4.0),
        row(scheme="b", verdict=Verdict.EQUIVALENT, failed=3.0),
        row(scheme="c", verdict=Verdict.BETTER),
    ]
    (answer,) = answers(rows, threshold="95 %")
    leads = [statement.lead for statement in answer.statements]
    assert leads == [
        "Worse than zeros:",
        "Fails:",
        "Better than zeros:",
        "Equivalent to zeros within ±0.5 points:",
    ]
    assert answer.statements[1].text == "b in 3 of 40 runs."


def test_a_changed_effect_is_neither_good_nor_bad():
    changed = row(outcome=Outcome.INTERACTION, normalization="batchnorm_shift - none")
    (answer,) = answers([changed], threshold="95 %")
    (statement,) = answer.statements
    assert statement.lead == "Effect on accuracy lower with it:"
    assert statement.kind == "is-different-but-negligible"
