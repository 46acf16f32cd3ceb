"""The thread's claims, complete and bound to real studies, and what is wrong with other files."""

import re

import pytest

from biasinit.quantities import PROBED_QUANTITIES
from biasinit.reporting.claims.ledger import DEFAULT_STUDY
from biasinit.reporting.claims.overview import main
from biasinit.study.claims import (
    level_questions,
    name_in_claims,
    read_claims,
    read_prevalence,
)
from biasinit.study.evidence import (
    FailureEvidence,
    FirstGuessEvidence,
    LayerEvidence,
    LevelEvidence,
    TwinEvidence,
    VerdictEvidence,
)
from biasinit.study.reading import load_study
from biasinit.verdicts import Verdict
from biasinit.vocabulary import WITHOUT_AND_WITH
from repository import REPOSITORY, study_in

CLAIMS = read_claims(REPOSITORY / "claims.yaml")


PREVALENCE = read_prevalence(REPOSITORY / "prevalence.yaml")


STUDIES = {
    study.study: study
    for study in map(
        study_in, [REPOSITORY / "config.yaml", *sorted((REPOSITORY / "studies").glob("*.yaml"))]
    )
}


EVIDENCE = [(claim.number, evidence) for claim in CLAIMS for evidence in claim.evidence]


LEVELS = {
    "architecture": lambda study: {network.name for network in study.architectures},
    "weight_init": lambda study: set(study.weight_inits),
    "input_scaling": lambda study: set(study.input_scalings),
    "learning_rate": lambda study: set(study.learning_rates),
    "optimizer": lambda study: {optimizer.name for optimizer in study.optimizers},
}


DOCUMENTARY = (4, 14, 17)


def test_all_seventeen_claims_of_the_thread_and_six_of_others_are_there():
    assert [claim.number for claim in CLAIMS] == list(range(1, 24))


@pytest.mark.parametrize(("number", "evidence"), EVIDENCE, ids=str)
def test_evidence_lies_in_a_study_that_has_it(number, evidence):
    study = STUDIES[evidence.study]
    schemes = {scheme.name for scheme in study.schemes}
    named = evidence.schemes if hasattr(evidence, "schemes") else (evidence.scheme,)
    assert set(named) <= schemes
    if isinstance(evidence, VerdictEvidence):
        assert evidence.scheme != study.reference
    if isinstance(evidence, VerdictEvidence) and evidence.outcome == "interaction":
        assert evidence.normalization == "batchnorm_shift - none"
        assert set(WITHOUT_AND_WITH) <= set(study.normalizations)
    else:
        assert evidence.normalization in study.normalizations
    if isinstance(evidence, LayerEvidence):
        assert evidence.quantity in PROBED_QUANTITIES
        assert evidence.refutes is None or evidence.refutes.scheme in evidence.schemes
    if isinstance(evidence, TwinEvidence):
        assert all(item.layout.compares_pairs for item in study.architectures)
    if isinstance(evidence, FailureEvidence):
        assert evidence.factor in LEVELS
    if isinstance(evidence, LevelEvidence):
        assert {evidence.level, evidence.against} <= LEVELS[evidence.factor](study)
        assert evidence.reference in {"", *schemes}


@pytest.mark.parametrize(
    "claim", [claim for claim in CLAIMS if claim.evidence], ids=lambda claim: str(claim.number)
)
def test_every_claim_can_be_refuted_by_its_evidence_or_by_what_people_do(claim):
    refutes = any(
        isinstance(evidence, FirstGuessEvidence) or getattr(evidence, "refutes", None)
        for evidence in claim.evidence
    )
    assert refutes != claim.about_people
    assert not claim.about_people or PREVALENCE[claim.number]


def test_a_claim_that_says_by_more_than_the_margin_is_refuted_by_no_less():
    for claim in CLAIMS:
        if "beyond the margin" in claim.refuted_if or "by more than the margin" in claim.refuted_if:
            words = {word for evidence in claim.evidence for word in refuting(evidence)}
            assert words
            assert not words & {"worse", "better"}


def refuting(evidence):
    return evidence.refutes if isinstance(evidence, VerdictEvidence | LevelEvidence) else ()


@pytest.mark.parametrize(
    ("words", "covered", "open_"),
    [
        (("worse",), ("worse", "worse beyond the margin"), ("fails", "better", "depends")),
        (("better",), ("better", "better beyond the margin"), ("reference fails", "worse")),
        (("worse beyond the margin",), ("worse beyond the margin",), ("worse",)),
        (("equivalent",), ("equivalent", "identical"), ("different but negligible",)),
    ],
)
def test_a_word_covers_what_is_a_case_of_it(words, covered, open_):
    asked = VerdictEvidence(
        kind="verdict", study="s", outcome="accuracy", normalization="none", scheme="a",
        refutes=words,
    )  # fmt: skip
    assert all(asked.is_refuted_by(Verdict(word)) for word in covered)
    assert not any(asked.is_refuted_by(Verdict(word)) for word in open_)


def test_claims_about_what_people_do_have_their_sources():
    assert tuple(PREVALENCE) == DOCUMENTARY
    for practices in PREVALENCE.values():
        assert len({(item.who, item.where) for item in practices}) == len(practices)
        assert any(item.read == "at the source" for item in practices)


def test_the_command_without_a_file_is_that_of_the_default_study():
    assert load_study(REPOSITORY / "config.yaml").study == DEFAULT_STUDY


def asking(keys, *, outcome="accuracy", claim="about_people: false"):
    """Return a file of one claim with one piece of evidence that has these keys too."""
    return (
        f"- {{number: 1, claim: c, said_by: a, source: b, estimand: e, refuted_if: r, {claim}, "
        f"evidence: [{{kind: verdict, study: s, outcome: {outcome}, normalization: none, "
        f"scheme: one, {keys}}}]}}"
    )


def test_a_quick_try_is_asked_what_its_study_is_asked():
    assert name_in_claims("positions-quick") == "positions"
    asked = level_questions(CLAIMS, "positions-quick")
    assert asked == level_questions(CLAIMS, "positions") != []
    assert level_questions(CLAIMS, "mine") == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- {number: 1, claim: c}", "[0].said_by: is missing. Add it"),
        ("- {number: one}", "[0].number: must be a whole number, got 'one'."),
        ("- {clam: c}", "[0].clam: is not a key of a claim or of a source. Did you mean 'claim'?"),
        ("- {evidence: [{kind: verdict, scheem: a}]}",
         "[0].evidence[0].scheem: is not a key of a claim or of a source. Did you mean 'scheme'?"),
        ("- {evidence: [{kind: verdicts}]}",
         "[0].evidence[0]: has the unknown kind 'verdicts'. Use one of 'verdict', 'layers',"),
        ("- [", "cannot be read"),
        ("", "the whole: must be a list, got None."),
        ("- {number: 1, claim: c, said_by: a, source: b, estimand: e, refuted_if: r, evidence: "
         "[{kind: verdict, study: s, outcome: accuracy, normalization: none, scheme: one, "
         "refutes: [bad]}]}", "[0].evidence[0].refutes[0]: must be 'fails', 'reference fails',"),
        (asking("at: '0.02'"), "[0].evidence[0].at: must be a condition, 'all' or 'own best "
         "learning rate', got '0.02'. Name the level of each factor that varies, as in "
         "'learning_rate 0.02'; factors are dataset,"),
        (asking("at: own best learning rate", outcome="speed"),
         "at: is 'own best learning rate', and the outcome 'speed'. Ask it of accuracy"),
        (asking("threshold: early"), "threshold: is 'early', and the outcome 'accuracy'."),
        (asking("refutes: [depends]"), "refutes: holds 'depends', which says nothing by itself."),
        (asking("refutes: [worse], supports: [worse beyond the margin]"),
         "refutes: and supports both cover 'worse beyond the margin'."),
        (asking("refutes: [equivalent]", outcome="failure"),
         "refutes: holds 'equivalent', which no verdict on failure is. Use 'worse',"),
        (asking("refutes: [worse]", claim="about_people: true"),
         "[0].evidence[0]: refutes or supports a claim about people"),
    ],
)  # fmt: skip
def test_a_broken_file_of_claims_gets_a_clear_error(text, message, tmp_path, capsys):
    path = tmp_path / "claims.yaml"
    path.write_text(text)
    assert main(["--claims", str(path), "--results", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert message in said
    assert re.match(r"claims\.yaml has \d+ problems?:\n", said)


def test_a_number_that_stands_twice_is_named(tmp_path, capsys):
    text = (REPOSITORY / "claims.yaml").read_text(encoding="utf-8")
    path = tmp_path / "claims.yaml"
    path.write_text(text.replace("number: 2\n", "number: 1\n"))
    assert main(["--claims", str(path)]) == 1
    assert "number: 1 stands more than once" in capsys.readouterr().err
