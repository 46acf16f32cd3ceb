"""Accuracy, and the same runs by their error: every analysis finds the mirror image.

Errors are 100 less the accuracy, and lower is better. Every column of every table of brought runs
is compared; a new table fails here until it is said what becomes of it.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from biasinit.analyses.contract import AnalysedStudy
from biasinit.analyses.index import analyses_of
from biasinit.analyses.keys import plan_keys
from biasinit.bringing import BroughtRuns
from biasinit.runs.imported import Bringing, BroughtTable, complete_runs
from biasinit.runs.tables import BROUGHT_TABLES
from biasinit.study.reading import parse_any_study

pytestmark = pytest.mark.slow

SEEDS, RATES, EPOCHS = 10, (0.005, 0.02, 0.08), 10
SCHEMES = ("zeros", "worse", "same", "open", "depends", "lost")
EFFECTS = {  # on accuracy, at each learning rate
    "zeros": (0.0, 0.0, 0.0),
    "worse": (-2.0, -2.0, -2.0),
    "same": (0.0, 0.0, 0.0),
    "open": (0.2, 0.2, 0.2),
    "depends": (-2.0, 0.0, 2.0),
    "lost": (1.0, 1.0, 1.0),
    "zeros_again": (0.0, 0.0, 0.0),
}
CHANCE = 10.0
ACCURACY = {
    "study": "mirrored",
    "runs_table": "runs.csv",
    "schemes": list(SCHEMES),
    "reference": "zeros",
    "replicate": "zeros",
    "epochs": EPOCHS,
    "analysis": {
        "margins": {"mine": 0.5},
        "thresholds": {"mine": 80.0},
        "collapse_points": 15.0,
        "calibration_tables": 20,
        "resamples": 1000,
    },
}
ERROR = ACCURACY | {"metric": {"name": "test error", "better": "lower", "unit": "percent"}}
QUESTIONS = [
    {
        "normalization": "none",
        "scheme": scheme,
        "factor": "learning_rate",
        "level": "0.02",
        "against": "0.08",
        "reference": reference,
    }
    for scheme, reference in (("worse", ""), ("depends", "zeros"), ("open", "zeros"))
]

NEGATED = (
    *("estimate", "t", "skewness", "without_collapsed", "mixed_estimate"),
    "mean_accuracy_difference",
)
ENDS = (  # the mirror image of the one is the other, negated
    *(("lower", "upper"), ("margin_lower", "margin_upper"), ("printed_lower", "printed_upper")),
    *(("simultaneous_lower", "simultaneous_upper"), ("equivalence_lower", "equivalence_upper")),
    ("without_collapsed_lower", "without_collapsed_upper"),
)
SIDES = (("p_below", "p_above"), ("below", "above"))  # or the other, as it is
SAME = {  # tables in which nothing is a difference of the metric
    *("failure_rates", "failure_contrasts", "speed_means", "speed_contrasts", "curve_means"),
    *("early_verdicts", "pairing", "calibration"),
}
DIFFERENCES = {  # all of whose rows are
    *("accuracy_contrasts", "tuned", "identity", "replicate", "level_contrasts"),
    "margin_probabilities",
}
BY_THEMSELVES = {  # a test each
    *("accuracy_means", "accuracy_model", "accuracy_residuals", "accuracy_power"),
    *("sensitivity", "verdicts"),
}
WORDS = ("headline", "metric", "unit", "better")
FITTED = (  # by mixed models, whose optima are found to some digits
    *("mixed_estimate", "mixed_standard_error", "mixed_df", "mixed_p", "mixed_p_adjusted"),
    *("mixed_scheme_by_cell_p", "df"),
)
SIMULATED = ("seeds_needed", "seeds_needed_low", "seeds_needed_high")


def accuracies():
    """Runs of every kind: some fail, one collapses, one strays, some never reach the threshold."""
    rng = np.random.default_rng(3)
    rows = []
    for level in ("none", "batchnorm_shift", "batchnorm"):
        for place, rate in enumerate(RATES):
            for seed in range(SEEDS):
                start = 90 + rng.normal(0, 0.5) - abs(place - 1)
                for scheme, effects in EFFECTS.items():
                    effect = 0.0 if level == "batchnorm" else effects[place]
                    changed = effect * (0.5 if level == "batchnorm_shift" else 1.0)
                    spread = 0.6 if scheme == "open" else 0.1
                    value = start + changed + rng.normal(0, spread)
                    rows.append((level, rate, seed, scheme, value))
    names = ["normalization", "learning_rate", "seed", "scheme", "final_accuracy"]
    runs = pd.DataFrame(rows, columns=names).assign(dataset="mine", failed=False, reached=True)
    runs["validation_accuracy"] = runs["final_accuracy"] + rng.normal(0, 0.2, len(runs))
    runs["epochs_to_threshold"] = 4 + rng.normal(0, 0.2, len(runs)) + (runs["scheme"] == "worse")
    runs["epochs_to_early_threshold"] = runs["epochs_to_threshold"] / 2
    runs["weights_hash"] = runs["seed"].astype(str)
    runs["order_hash"] = runs["seed"].astype(str) + (runs["scheme"] == "zeros_again").map(
        {True: " again", False: ""}
    )
    plain = (runs["normalization"] == "none") & (runs["learning_rate"] == RATES[1])
    fails = (runs["scheme"] == "lost") & (runs["normalization"] == "none")
    fails &= (runs["seed"] < 7) | (runs["learning_rate"] == RATES[2])
    late = plain & (runs["scheme"] == "open") & (runs["seed"] < 2)
    runs.loc[plain & (runs["scheme"] == "same") & (runs["seed"] == 1), "final_accuracy"] = 60.0
    runs.loc[plain & (runs["scheme"] == "same") & (runs["seed"] == 2), "final_accuracy"] -= 8.0
    runs.loc[fails, ["failed", "reached"]] = (True, False)
    runs.loc[fails, ["final_accuracy", "validation_accuracy"]] = CHANCE
    runs.loc[late, "reached"] = False
    runs.loc[fails | late, ["epochs_to_threshold", "epochs_to_early_threshold"]] = np.nan
    return runs


def errors(runs):
    names = ["final_accuracy", "validation_accuracy"]
    return runs.assign(**{name: 100 - runs[name] for name in names})


def analysed(keys, runs):
    """Return what every analysis makes of brought runs, as the workflow runs them."""
    study = parse_any_study(keys)
    said = BroughtRuns(study=study, folder=Path()).said(None)
    tables = {"runs": complete_runs(BroughtTable(frame=runs), Bringing(**said)).runs}
    analysed_study = AnalysedStudy(
        plan=plan_keys(study, QUESTIONS),
        run_columns=frozenset(tables["runs"].columns),
        compares_pairs=False,
        learning_rates=None,
    )
    found = {}
    for analysis in analyses_of(analysed_study, BROUGHT_TABLES):
        read = {*analysis.reads, *analysis.reads_if_there} & set(tables)
        made = analysis.run(
            {name: tables[name] for name in read}, analysis.keys(analysed_study.plan)
        )
        found |= {table.name: table.checked(made[table.name]) for table in analysis.makes}
        tables |= found
    return found


@pytest.fixture(scope="module")
def both():
    """The tables of a study of accuracies, and of that of the same runs by their errors."""
    runs = accuracies()
    return analysed(ACCURACY, runs), analysed(ERROR, errors(runs))


def mirrored(frame, rows=slice(None)):
    """Return a table with those rows, all where nothing is said, as their mirror image."""
    found = frame.copy()
    for name in [name for name in NEGATED if name in frame]:
        found.loc[rows, name] = -frame.loc[rows, name]
    for pairs, sign in ((ENDS, -1), (SIDES, 1)):
        for low, high in [pair for pair in pairs if set(pair) <= set(frame)]:
            found.loc[rows, low] = sign * frame.loc[rows, high]
            found.loc[rows, high] = sign * frame.loc[rows, low]
    return found


def assert_same(own, theirs, *, but=()):
    for close, rtol, atol in ((False, 1e-5, 1e-7), (True, 1e-2, 1e-5)):
        kept = [name for name in own.columns if name not in but and (name in FITTED) is close]
        pd.testing.assert_frame_equal(
            own[kept].reset_index(drop=True),
            theirs[kept].reset_index(drop=True),
            rtol=rtol,
            atol=atol,
        )


def test_every_table_of_brought_runs_is_looked_at(both):
    for tables in both:
        assert set(tables) == SAME | DIFFERENCES | BY_THEMSELVES
        empty = {name for name, table in tables.items() if not len(table)}
        assert empty == {"curve_means"}  # of learning curves, which no table brings


@pytest.mark.parametrize("name", sorted(SAME))
def test_what_is_no_difference_of_the_metric_stays(both, name):
    accuracy, error = (tables[name] for tables in both)
    assert_same(accuracy, error)


@pytest.mark.parametrize("name", sorted(DIFFERENCES))
def test_differences_are_mirrored_and_their_tests_stay(both, name):
    accuracy, error = (tables[name] for tables in both)
    assert_same(accuracy, mirrored(error), but=(*WORDS, *SIMULATED))


def test_verdicts_stay_and_their_numbers_are_mirrored(both):
    accuracy, error = (tables["verdicts"] for tables in both)
    of_metric = accuracy["unit"] == "points"
    assert set(accuracy.loc[of_metric, "outcome"]) == {"accuracy", "interaction"}
    assert {
        "worse beyond the margin",
        "better",
        "equivalent",
        "inconclusive",
        "depends",
        "fails",
    } <= set(accuracy.loc[of_metric, "verdict"])
    assert_same(accuracy, mirrored(error, of_metric), but=(*WORDS, *SIMULATED))
    assert_same(accuracy[~of_metric], error[~of_metric], but=("headline", *SIMULATED))
    assert set(error.loc[of_metric, "unit"]) == {"percent"}
    assert set(error.loc[of_metric, "better"]) == {"lower"}
    assert set(error.loc[of_metric, "metric"]) == {"test error"}


@pytest.mark.parametrize("name", ["verdicts", "level_contrasts"])
def test_the_seeds_needed_are_those_of_other_simulated_studies(both, name):
    accuracy, error = (tables[name][list(SIMULATED)].astype(float) for tables in both)
    assert accuracy.notna().any().all()
    np.testing.assert_allclose(accuracy, error, rtol=0.1)


def test_headlines_say_the_same_in_other_words(both):
    accuracy, error = (tables["verdicts"] for tables in both)
    for own, theirs in zip(accuracy["headline"], error["headline"], strict=True):
        for said, meant in (("is worse than", "is better than"), ("is equivalent", "inconclusive")):
            assert (said in own, meant in own) == (said in theirs, meant in theirs)
        assert (" is lower" in own) == (" is higher" in theirs)
        assert "accuracy" not in theirs
        assert "points" not in theirs


def test_specifications_decide_the_other_way(both):
    accuracy, error = (tables["sensitivity"] for tables in both)
    kept = accuracy[accuracy["scale"].isin(set(error["scale"]))]
    assert set(accuracy["scale"]) - set(error["scale"]) == {"log-error", "logit"}
    of_metric = error["outcome"] == "accuracy"
    theirs = mirrored(error, of_metric)
    turned = {"higher": "lower", "lower": "higher"}
    theirs.loc[of_metric, "decision"] = error.loc[of_metric, "decision"].replace(turned)
    assert_same(kept, theirs)
    assert set(turned) <= set(kept["decision"])


def test_means_are_what_is_missing_to_a_hundred(both):
    accuracy, error = (tables["accuracy_means"] for tables in both)
    theirs = mirrored(error)
    values = ["estimate", "lower", "upper"]
    assert set(accuracy["scheme"]) == set(SCHEMES)
    assert_same(accuracy, theirs.assign(**{name: 100 + theirs[name] for name in values}))


def test_models_have_the_same_spread_and_mirrored_contrasts(both):
    accuracy, error = (tables["accuracy_model"] for tables in both)
    keys = ["normalization", "quantity", "level", "cell"]
    pd.testing.assert_frame_equal(accuracy[keys], error[keys])
    contrast = accuracy["quantity"].str.startswith("contrast, ")
    checks = accuracy["quantity"].str.startswith("residual check")  # against simulated tables
    assert contrast.any()
    assert checks.any()
    theirs = mirrored(error, contrast)
    theirs.loc[contrast, "value"] = -error.loc[contrast, "value"]
    numbers = ["value", "standard_error", "lower", "upper", "p"]
    np.testing.assert_allclose(
        accuracy.loc[~checks, numbers], theirs.loc[~checks, numbers], rtol=1e-3, atol=1e-5
    )


def test_residuals_are_mirrored(both):
    accuracy, error = (tables["accuracy_residuals"] for tables in both)
    for level, rows in accuracy.groupby("normalization"):
        theirs = error[error["normalization"] == level]
        own = rows.set_index(rows["normal"].round(9))["observed"]
        turned = -theirs.set_index(-theirs["normal"].round(9))["observed"]
        both_have = own.index.intersection(turned.index)  # of the two in the middle, one stands
        assert len(both_have) >= len(own) - 2
        np.testing.assert_allclose(own[both_have], turned[both_have], rtol=1e-3, atol=1e-5)


def test_the_power_is_that_of_other_simulated_studies(both):
    accuracy, error = (tables["accuracy_power"] for tables in both)
    assert_same(accuracy, error, but=("power", "wanted"))
    # 2,000 studies each: standard errors of the 250 differences are up to 1.6 %
    np.testing.assert_allclose(accuracy["power"], error["power"], atol=0.08)
