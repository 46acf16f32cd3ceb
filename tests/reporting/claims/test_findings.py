"""What a study measured of a piece of evidence, as it is shown."""

import pytest
from evidence import layer_evidence, level_evidence, verdict_evidence

from biasinit.reporting.claims.finding import Bearing, Place
from biasinit.reporting.claims.findings import finding
from biasinit.study.evidence import FailureEvidence, TwinEvidence


def test_a_verdict_is_shown_with_its_numbers_and_what_it_says_of_the_claim(study_tables):
    found = finding(verdict_evidence(), study_tables)
    assert found.measured == ("−1.23 points, 95 % interval −2.00 to −0.50", "margin ±0.5")
    assert (found.shown, found.kind) == ("▼ worse", "is-worse")
    assert found.bearing is Bearing.REFUTES
    assert found.sure == (
        "20 seeds; failed runs: 3 of one and 0 of zeros; depends on the learning rate; "
        "fragile: the second analysis disagrees"
    )
    assert found.place == Place(figure="effects", table="accuracy_contrasts", rule="rule-accuracy")


def test_an_open_verdict_says_how_many_seeds_would_decide(study_tables):
    found = finding(verdict_evidence(outcome="speed"), study_tables)
    assert found.measured == ("1.10 times, 95 % interval 0.90 to 1.30", "margin 0.8 to 1.25")
    assert found.bearing is Bearing.OPEN
    assert found.sure == "20 seeds; about 53 would decide"


def test_arms_without_a_failure_are_said_so_and_may_refute(study_tables):
    found = finding(verdict_evidence(outcome="failure", refutes=("no failures",)), study_tables)
    assert (found.shown, found.kind) == ("no failures", "is-none")
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
    assert (found.shown, found.kind) == ("▼ lower", "")


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
    # R: binom.test(2, 12)$conf.int is 0.0209, 0.4841; binom.test(0, 12) ends at 0.2646
    assert found.grid.rows == (
        ("constant", ("2 of 12 (2 to 48 %)\n95.5 %",)),
        ("he", ("0 of 12 (0 to 26 %)\n95.5 %",)),
    )


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
