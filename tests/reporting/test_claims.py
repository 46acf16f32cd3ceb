"""The ledger of claims: complete, bound to real studies, and equal to the tables it reads."""

import json

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from biasinit.config import load_study
from biasinit.errors import ConfigurationError
from biasinit.reporting.claims import (
    FailureEvidence,
    LayerEvidence,
    LevelEvidence,
    StudyTables,
    VerdictEvidence,
    finding,
    ledger_markdown,
    main,
    read_claims,
)
from biasinit.vocabulary import PROBED_QUANTITIES, TREATMENTS
from repository import REPOSITORY

CLAIMS = read_claims(REPOSITORY / "claims.yaml")
STUDIES = {
    study.study: study
    for study in map(
        load_study, [REPOSITORY / "config.yaml", *sorted((REPOSITORY / "studies").glob("*.yaml"))]
    )
}
EVIDENCE = [(claim.number, evidence) for claim in CLAIMS for evidence in claim.evidence]
LEVELS = {
    "architecture": lambda study: {network.name for network in study.architectures},
    "weight_init": lambda study: set(study.weight_inits),
    "input_scaling": lambda study: set(study.input_scalings),
}
FACTORS_OF_ONE_CELL = {
    "dataset": "digits",
    "architecture": "small_cnn",
    "weight_init": "he",
    "input_scaling": "standardized",
    "optimizer": "sgd",
    "learning_rate": 0.02,
}


def test_all_seventeen_claims_of_the_thread_are_there():
    assert [claim.number for claim in CLAIMS] == list(range(1, 18))


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
        assert set(TREATMENTS) <= set(study.normalizations)
    else:
        assert evidence.normalization in study.normalizations
    if isinstance(evidence, LayerEvidence):
        assert evidence.quantity in PROBED_QUANTITIES
    if isinstance(evidence, FailureEvidence):
        assert evidence.factor in LEVELS
    if isinstance(evidence, LevelEvidence):
        assert {evidence.level, evidence.against} <= LEVELS[evidence.factor](study)


@pytest.fixture
def tables(rng):
    rows = [
        FACTORS_OF_ONE_CELL
        | {"scheme": scheme, "seed": seed, "normalization": "none", "weight_init": weights}
        | {"final_accuracy": 97 - (weights == "pytorch") + rng.normal(0, 0.3), "failed": False}
        for scheme in ("zeros", "one")
        for weights in ("he", "pytorch")
        for seed in range(12)
    ]
    runs = pd.DataFrame(rows)
    runs.loc[[0, 1], ["final_accuracy", "failed"]] = [10.0, True]  # zeros, He, seeds 0 and 1
    verdicts = pd.DataFrame(
        [
            {
                "outcome": "accuracy",
                "normalization": "none",
                "scheme": "one",
                "verdict": "worse",
                "headline": "one is worse.",
            }
        ]
    )
    layer_means = pd.DataFrame(
        [
            {
                "normalization": "none",
                "scheme": scheme,
                "when": "start",
                "layer": layer,
                "quantity": "dead_fraction",
                "estimate": 0.125,
                "lower": 0.1,
                "upper": 0.15,
            }
            for scheme in ("zeros", "one")
            for layer in ("conv1", "conv2")
        ]
    )
    return {
        "s": StudyTables(
            runs=runs, verdicts=verdicts, layer_means=layer_means, margins={"digits": 0.5}
        )
    }


def verdict_evidence(**changes):
    given = {"outcome": "accuracy", "normalization": "none", "scheme": "one"}
    return VerdictEvidence(kind="verdict", study="s", **(given | changes))


def test_a_verdict_is_quoted(tables):
    assert finding(verdict_evidence(), tables) == "**worse**: one is worse."


def test_layers_are_listed_with_their_intervals(tables):
    evidence = LayerEvidence(
        kind="layers", study="s", normalization="none", when="start", quantity="dead_fraction",
        schemes=("one",),
    )  # fmt: skip
    assert finding(evidence, tables) == (
        "dead fraction, without batch normalisation, at the start: one: conv1 0.125 (0.100 to "
        "0.150), conv2 0.125 (0.100 to 0.150)."
    )


def test_failures_are_counted_by_level(tables):
    evidence = FailureEvidence(
        kind="failures", study="s", normalization="none", factor="weight_init", schemes=("zeros",)
    )
    runs = tables["s"].runs
    means = runs[runs["scheme"] == "zeros"].groupby("weight_init")["final_accuracy"].mean()
    assert finding(evidence, tables) == (
        "without batch normalisation, by weight init — "
        f"he: zeros 2 of 12 failed, mean accuracy {means['he']:.1f} %. "
        f"pytorch: zeros 0 of 12 failed, mean accuracy {means['pytorch']:.1f} %."
    )


def test_levels_are_compared_within_seeds(tables):
    evidence = LevelEvidence(
        kind="levels", study="s", normalization="none", scheme="one", factor="weight_init",
        level="pytorch", against="he",
    )  # fmt: skip
    runs = tables["s"].runs
    wide = runs[runs["scheme"] == "one"].pivot_table(
        index="seed", columns="weight_init", values="final_accuracy"
    )
    test = scipy.stats.ttest_rel(wide["pytorch"], wide["he"])
    assert test.pvalue < 1e-4
    said = finding(evidence, tables)
    assert said.startswith("**worse** (biases: one)")
    difference = np.mean(wide["pytorch"] - wide["he"])
    assert f"−{abs(difference):.2f} points" in said


def test_levels_are_compared_where_both_trained_and_failures_are_counted(tables):
    evidence = LevelEvidence(
        kind="levels", study="s", normalization="none", scheme="zeros", factor="weight_init",
        level="he", against="pytorch",
    )  # fmt: skip
    said = finding(evidence, tables)
    assert "he failed in 2 of 12 runs and pytorch in 0 of 12" in said
    assert "Among the 10 seeds where both trained" in said
    runs = tables["s"].runs
    trained = runs[(runs["scheme"] == "zeros") & ~runs["seed"].isin([0, 1])]
    means = trained.groupby("weight_init")["final_accuracy"].mean()
    assert f"{means['he'] - means['pytorch']:.2f} points" in said


def test_levels_of_which_one_never_trained_are_not_estimable(tables):
    evidence = LevelEvidence(
        kind="levels", study="s", normalization="none", scheme="one", factor="weight_init",
        level="he", against="pytorch",
    )  # fmt: skip
    runs = tables["s"].runs
    runs.loc[runs["weight_init"] == "he", "failed"] = True
    assert finding(evidence, tables) == "**not estimable** (biases: one): 12 of 24 runs failed."


def test_a_study_that_was_not_run_is_said_so(tables):
    assert finding(verdict_evidence(), {}) is None
    text = ledger_markdown(CLAIMS, tables)
    assert "Not measured yet: study `digits` has not been run." in text
    for claim in CLAIMS:
        assert f"## {claim.number}. {claim.claim}" in text


def test_evidence_that_a_study_does_not_have_is_named(tables):
    with pytest.raises(ConfigurationError, match="asks the study 's' for outcome speed"):
        finding(verdict_evidence(outcome="speed"), tables)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- {number: 1, claim: c}", "0.said_by: Field required"),
        ("- [", "cannot be read"),
        ("", "Input should be a valid tuple"),
    ],
)
def test_a_broken_file_of_claims_gets_a_clear_error(text, message, tmp_path, capsys):
    path = tmp_path / "claims.yaml"
    path.write_text(text)
    assert main(["--claims", str(path), "--results", str(tmp_path)]) == 1
    assert message in capsys.readouterr().err


def test_a_number_that_stands_twice_is_named(tmp_path, capsys):
    text = (REPOSITORY / "claims.yaml").read_text(encoding="utf-8")
    path = tmp_path / "claims.yaml"
    path.write_text(text.replace("number: 2\n", "number: 1\n"))
    assert main(["--claims", str(path)]) == 1
    assert "has the number 1 more than once" in capsys.readouterr().err


def test_the_ledger_reads_finished_studies_from_their_folders(tables, tmp_path, capsys):
    folder = tmp_path / "results" / "s"
    (folder / "analysis").mkdir(parents=True)
    tables["s"].runs.to_parquet(folder / "runs.parquet")
    tables["s"].verdicts.to_parquet(folder / "analysis" / "verdicts.parquet")
    tables["s"].layer_means.to_parquet(folder / "analysis" / "layer_means.parquet")
    plan = {"plan": {"study": {"analysis": {"margins": {"digits": 0.5}}}}}
    (folder / "plan.json").write_text(json.dumps(plan))
    claims = tmp_path / "claims.yaml"
    claims.write_text(
        "- {number: 1, claim: c, said_by: a, source: b, estimand: e., refuted_if: r.,\n"
        "   evidence: [{kind: verdict, study: s, outcome: accuracy, normalization: none,"
        " scheme: one}]}"
    )
    assert main(["--claims", str(claims), "--results", str(tmp_path / "results")]) == 0
    assert "Study `s`: **worse**: one is worse." in capsys.readouterr().out
