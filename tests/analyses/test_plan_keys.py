"""What of the registered plan reaches an analysis: its parameters, by which Snakemake judges."""

import pytest

from biasinit.analyses.contract import analysis_named
from biasinit.analyses.keys import plan_keys
from biasinit.metric import ACCURACY
from biasinit.study.claims import level_questions, read_claims
from biasinit.study.reading import parse_any_study, parse_study
from repository import REPOSITORY

SCHEMES = ["zeros", "0.01", "1.0", "xavier"]
BROUGHT = {
    "study": "brought",
    "runs_table": "runs.csv",
    "schemes": ["zeros", "1.0"],
    "analysis": {"margins": {"any": 1.0}, "alpha": 0.1},
}


def keys_of(name, mapping, questions=()):
    plan = plan_keys(parse_any_study(mapping), list(questions))
    return analysis_named(name).keys(plan)


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        (
            "analyse_failure",
            {
                "reference": "zeros",
                "schemes": SCHEMES,
                "margins": {"digits": 0.5},
                "metric": ACCURACY.to_mapping(),
                "collapse_points": 15.0,
                "epochs": 12,
                "alpha": 0.05,
                "resamples": 20_000,
                "analysis_seed": 304287,
            },
        ),
        ("analyse_layers", {"schemes": SCHEMES}),
        (
            "analyse_speed",
            {
                "reference": "zeros",
                "schemes": SCHEMES,
                "speed_margin": (0.8, 1.25),
                "epochs": 12,
                "alpha": 0.05,
                "resamples": 20_000,
                "analysis_seed": 304287,
            },
        ),
        (
            "analyse_tuned",
            {
                "reference": "zeros",
                "schemes": SCHEMES,
                "margins": {"digits": 0.5},
                "metric": ACCURACY.to_mapping(),
                "collapse_points": 15.0,
                "alpha": 0.05,
                "resamples": 20_000,
                "analysis_seed": 304287,
            },
        ),
        (
            "check_controls",
            {
                "reference": "zeros",
                "schemes": SCHEMES,
                "replicate": "zeros",
                "margins": {"digits": 0.5},
                "alpha": 0.05,
                "resamples": 20_000,
                "analysis_seed": 304287,
                "test_images": {"digits": 597},
            },
        ),
        (
            "calibrate",
            {
                "reference": "zeros",
                "schemes": SCHEMES,
                "margins": {"digits": 0.5},
                "alpha": 0.05,
                "analysis_seed": 304287,
                "calibration_resamples": 2_000,
                "calibration_tables": 500,
                "calibration_effect": 0.5,
            },
        ),
    ],
)
def test_an_analysis_gets_the_keys_that_it_names_and_no_others(name, keys, mapping):
    found = keys_of(name, mapping)
    assert found == keys
    assert list(found) == list(keys), "another order would be another parameter"


def test_a_planned_look_spends_its_share_of_alpha(mapping):
    mapping["analysis"]["looks"] = [{"seeds": 20, "alpha": 0.02}, {"seeds": 40, "alpha": 0.03}]
    assert keys_of("analyse_failure", mapping)["alpha"] == 0.02
    assert keys_of("analyse_failure", {**mapping, "seeds": 40})["alpha"] == 0.03


def test_more_flips_than_a_simulated_table_needs_calibrate_no_other_analysis(mapping):
    before = keys_of("calibrate", mapping)
    mapping["analysis"]["resamples"] = 50_000
    assert keys_of("calibrate", mapping) == before
    mapping["analysis"]["resamples"] = 1_500
    assert keys_of("calibrate", mapping)["calibration_resamples"] == 1_500


def test_power_is_measured_at_the_smallest_margin():
    mapping = {**BROUGHT, "analysis": {"margins": {"one": 0.5, "other": 0.25}}}
    assert keys_of("calibrate", mapping)["calibration_effect"] == 0.25


def test_brought_runs_say_nothing_of_networks_and_test_images():
    assert keys_of("check_controls", BROUGHT) == {
        "reference": "zeros",
        "schemes": ["zeros", "1.0"],
        "replicate": None,
        "margins": {"any": 1.0},
        "alpha": 0.1,
        "resamples": 20_000,
        "analysis_seed": 0,
    }
    assert keys_of("analyse_speed", {**BROUGHT, "epochs": 7})["epochs"] == 7


def test_the_questions_are_those_that_claims_ask_of_the_study(mapping):
    claims = read_claims(REPOSITORY / "claims.yaml")
    study = parse_study({**mapping, "study": "scaling"})
    questions = level_questions(claims, study.study)
    assert questions
    found = keys_of("compare_levels", {**mapping, "study": "scaling"}, questions)
    assert found["questions"] == questions
    assert set(questions[0]) == {
        *("normalization", "scheme", "factor", "level", "against", "reference"),
    }
