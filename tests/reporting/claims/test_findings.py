"""What a study measured of a piece of evidence, as it is shown."""

import math

import pandas as pd
import pytest
from evidence import VERDICT, layer_evidence, level_evidence, verdict_evidence

from biasinit.reporting.claims.finding import Bearing, Place
from biasinit.reporting.claims.findings import finding
from biasinit.study.evidence import FailureEvidence, TwinEvidence


def test_a_verdict_is_shown_with_its_numbers_and_what_it_says_of_the_claim(study_tables):
    found = finding(verdict_evidence(), study_tables)
    assert found.measured == (
        "−1.23 points, 95 % interval −2.00 to −0.50, mean over the 2 conditions",
        "margin ±0.5",
    )
    assert (found.shown, found.kind) == ("▽ worse", "is-worse")
    assert found.bearing is Bearing.REFUTES
    assert found.sure == (
        "20 seeds; failed runs: 3 of one and 0 of zeros; fragile: the second analysis disagrees"
    )
    assert found.place == Place(figure="effects", table="accuracy_contrasts", rule="rule-accuracy")


def test_an_open_verdict_says_how_many_seeds_would_decide(study_tables):
    found = finding(verdict_evidence(outcome="speed"), study_tables)
    assert found.measured == (
        "1.10 times, 95 % interval 0.90 to 1.30, mean over the 2 conditions",
        "margin 0.8 to 1.25",
    )
    assert found.bearing is Bearing.OPEN
    assert found.sure == (
        "20 seeds; 70 % probable to lie inside the margin; about 53 seeds (40 to 81) would decide"
    )


def test_arms_without_a_failure_are_said_so_and_may_refute(study_tables):
    found = finding(verdict_evidence(outcome="failure", refutes=("none seen",)), study_tables)
    assert (found.shown, found.kind) == ("none failed", "is-none")
    assert found.measured[1] == "0 of 20 seeds (zeros: 0 of 20)"
    assert found.bearing is Bearing.REFUTES


def test_a_comparison_of_levels_is_shown_with_the_interval_of_its_family(study_tables):
    found = finding(level_evidence(), study_tables)
    assert found.question == (
        "architecture: untied − shared, final accuracy, biases zeros, without batch normalisation"
    )
    assert found.measured == ("+0.04 points, 95 % interval −0.17 to 0.25", "margin ±0.5")
    assert found.bearing is Bearing.SUPPORTS
    assert found.sure == "20 seeds; failed runs: 0 of untied and 1 of shared"


def test_a_changed_effect_between_levels_is_neither_good_nor_bad(study_tables):
    effect = study_tables["level_contrasts"].assign(reference="one", verdict="worse")
    found = finding(level_evidence(reference="one"), {**study_tables, "level_contrasts": effect})
    assert found.question == (
        "architecture: untied − shared, effect of zeros against one on final accuracy, "
        "without batch normalisation"
    )
    assert (found.shown, found.kind) == ("▽ lower", "")


def test_layers_refute_where_an_interval_lies_above_the_bound(study_tables):
    bound = {"scheme": "one", "above": 0.0}
    assert finding(layer_evidence(refutes=bound), study_tables).bearing is Bearing.REFUTES
    bound["scheme"] = "zeros"
    found = finding(layer_evidence(refutes=bound), study_tables)
    assert found.bearing is Bearing.OPEN
    assert found.grid.rows[1] == ("one", ("0.125\n0.100 to 0.150", "0.125\n0.100 to 0.150"))


def test_twins_are_shown_by_architecture_for_information(study_tables):
    evidence = TwinEvidence(
        kind="twins", study="s", normalization="none", when="end", quantity="asymmetry",
        schemes=("zeros", "absent"),
    )  # fmt: skip
    found = finding(evidence, study_tables)
    assert found.question == "asymmetry by architecture, without batch normalisation, at the end"
    assert found.grid.columns == ("shared", "untied")
    assert found.grid.rows == (("zeros", ("0.000\n0.000 to 0.000", "1.250\n1.000 to 1.500")),)
    assert (found.bearing, found.sure) == (Bearing.NUMBERS, "20 runs in each mean")
    assert found.place == Place(figure="twins", table="twin_means", rule="rule-twins")


def test_failures_are_counted_by_level_with_exact_intervals(study_tables):
    evidence = FailureEvidence(
        kind="failures", study="s", normalization="none", factor="weight_init", schemes=("zeros",)
    )
    found = finding(evidence, study_tables)
    assert found.question == "seeds with a failed run by weight init, without batch normalisation"
    # R: binom.test(2, 12)$conf.int is 0.0209, 0.4841; binom.test(0, 12) ends at 0.2646
    assert found.grid.rows == (
        ("constant", ("2 of 12 (2 to 48 %)\n95.5 %",)),
        ("he", ("0 of 12 (0 to 26 %)\n95.5 %",)),
    )


def test_several_runs_of_one_seed_count_once(study_tables):
    runs = study_tables["runs"]
    again = runs.assign(learning_rate=0.1, failed=False)
    evidence = FailureEvidence(
        kind="failures", study="s", normalization="none", factor="weight_init", schemes=("zeros",)
    )
    found = finding(evidence, {"runs": pd.concat([runs, again], ignore_index=True)})
    assert found.grid.rows[0] == ("constant", ("2 of 12 (2 to 48 %)\n95.5 %",))


def by_condition(slow, fast, **whole):
    """Return verdicts that depend on the rate, with those at a low and at a high one."""
    cells = {"all": "depends", "learning_rate 0.005": slow, "learning_rate 0.02": fast}
    rows = [
        VERDICT | {"cell": cell, "verdict": verdict, "conditions": 1, "fragile": False}
        for cell, verdict in cells.items()
    ]
    rows[0] |= {"conditions": 2, "depends_on": "learning_rate", "lower": float("nan")} | whole
    rows[1]["p"], rows[2]["p"] = 0.02, 0.003
    return {"verdicts": pd.DataFrame(rows)}


def test_what_depends_on_the_condition_is_shown_in_each():
    found = finding(verdict_evidence(), by_condition("inconclusive", "worse beyond the margin"))
    assert found.shown == "↕ depends on the learning rate"
    assert found.measured == (
        "worse at 0.02, by 1.23, more than the margin; inconclusive at 0.005, −1.23",
        "margin ±0.5",
    )


@pytest.mark.parametrize(
    ("slow", "fast", "bearing", "p"),
    [
        ("worse", "worse", Bearing.REFUTES, 0.02),
        ("worse", "inconclusive", Bearing.OPEN, 1.0),
        ("worse", "better", Bearing.OPEN, 1.0),
        ("worse", "fails", Bearing.OPEN, 1.0),
        ("equivalent", "identical", Bearing.SUPPORTS, math.nan),
    ],
)
def test_what_depends_bears_on_a_claim_only_where_every_condition_says_the_same(
    slow, fast, bearing, p
):
    asked = verdict_evidence(refutes=("worse",), supports=("equivalent",))
    found = finding(asked, by_condition(slow, fast))
    assert found.bearing is bearing
    assert found.p == pytest.approx(p, nan_ok=True)


def test_a_claim_may_ask_for_one_condition():
    tables = by_condition("inconclusive", "worse")
    found = finding(verdict_evidence(at="learning_rate 0.02"), tables)
    assert found.bearing is Bearing.REFUTES
    assert found.question.endswith("without batch normalisation, at learning rate 0.02")
    assert found.measured[0] == "−1.23 points, 95 % interval −2.00 to −0.50"
    other = finding(verdict_evidence(at="learning_rate 0.1"), tables)
    assert other.bearing is Bearing.ABSENT
    assert other.measured == (
        "The study as it was run has no such condition; it has: all conditions, "
        "learning rate 0.005, learning rate 0.02.",
    )


def test_verdicts_from_before_conditions_are_asked_to_be_made_again(study_tables):
    old = {"verdicts": study_tables["verdicts"].drop(columns="cell")}
    found = finding(verdict_evidence(at="learning_rate 0.02"), old)
    assert found.measured == (
        "Not judged by condition yet: run the study once more; nothing is trained again.",
    )


def test_an_early_threshold_has_verdicts_of_its_own(study_tables):
    evidence = verdict_evidence(outcome="speed", threshold="early")
    missing = finding(evidence, study_tables)
    assert missing.bearing is Bearing.ABSENT
    assert missing.measured[0].startswith("Not measured yet: the runs do not say when")
    found = finding(evidence, study_tables | {"early_verdicts": study_tables["verdicts"]})
    assert found.question == (
        "one / zeros, epochs to the early threshold, without batch normalisation"
    )
    assert found.shown == "? inconclusive"
    assert found.place == Place(table="early_verdicts", rule="rule-speed")


@pytest.mark.parametrize(
    ("verdict", "refutes", "p"),
    [
        ("worse", "worse", 0.004),
        # the claim is about any difference
        ("worse beyond the margin", "worse", 0.004),
        # two-sided test of the end of the margin, from the probability beyond it
        ("worse beyond the margin", "worse beyond the margin", 2 * (1 - 0.9)),
        # differs, and by less than the margin: the larger p-value of the two
        ("different but negligible", "different but negligible", 0.9),
        ("fails", "fails", math.nan),
        ("inconclusive", "worse", 1.0),
    ],
)
def test_a_comparison_enters_the_adjustment_with_the_p_value_of_what_it_says(verdict, refutes, p):
    asked = verdict_evidence(refutes=(refutes,), supports=("equivalent",))
    found = finding(asked, {"verdicts": pd.DataFrame([VERDICT | {"verdict": verdict}])})
    assert found.p == pytest.approx(p, nan_ok=True)


def test_levels_that_are_equivalent_enter_it_with_the_p_value_of_equivalence(study_tables):
    assert finding(level_evidence(), study_tables).p == 0.002


@pytest.mark.parametrize(
    "evidence",
    [
        verdict_evidence(scheme="absent"),
        level_evidence(level="absent"),
        layer_evidence(schemes=("absent",)),
        FailureEvidence(
            kind="failures", study="s", normalization="none", factor="absent", schemes=("zeros",)
        ),
        TwinEvidence(
            kind="twins",
            study="s",
            normalization="none",
            when="start",
            quantity="asymmetry",
            schemes=("zeros",),
        ),
    ],
    ids=lambda evidence: evidence.kind,
)
def test_what_a_changed_study_no_longer_has_is_said_so(study_tables, evidence):
    found = finding(evidence, study_tables)
    assert found.bearing is Bearing.ABSENT
    assert found.measured == ("The study as it was run has no such runs.",)


def test_a_study_from_before_the_comparison_of_levels_is_asked_to_run_again(study_tables):
    old = {name: study_tables[name] for name in ("runs", "verdicts")}
    found = finding(level_evidence(), old)
    assert found.bearing is Bearing.ABSENT
    assert "nothing is trained again" in found.measured[0]
