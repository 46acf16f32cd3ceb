"""The interval that is printed is the one that decides: over random and published tables."""

import importlib.util

import numpy as np
import pandas as pd
import pytest
from agreement import contradictions
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from whole_study import analysed, only_what_decides

from biasinit.statistics.paired.tuned_rates import tuned_contrasts
from biasinit.verdicts import Verdict
from repository import MEASURED, REPOSITORY, compared_studies

SCHEMES = ("zeros", "one", "two")
EPOCHS = 10.0


def random_study(key, *, seeds, cells, normalizations, failing, collapsing, missing, identical):
    """Runs whose effects, spreads, failures and gaps are drawn anew for each arm and cell."""
    rng = np.random.default_rng(key)
    effect_size = rng.choice([0.0, 0.2, 0.5, 1.5])
    spread = rng.choice([0.02, 0.1, 0.3, 1.0])
    rows = []
    for normalization in ("none", "batchnorm_shift")[:normalizations]:
        for cell in range(cells):
            level = 95 + rng.normal(0, 0.3, seeds)
            for scheme in SCHEMES:
                effect = 0.0 if scheme == "zeros" else effect_size * rng.normal()
                noise = rng.normal(size=seeds) if rng.uniform() < 0.7 else rng.exponential(
                    size=seeds
                )  # fmt: skip
                accuracy = level + effect + spread * noise
                times = 4 * np.exp(0.3 * effect + 0.3 * spread * rng.normal(size=seeds))
                risk = rng.choice([0.0, failing, 1.0], p=[0.5, 0.45, 0.05]) if failing else 0.0
                failed = rng.uniform(size=seeds) < risk
                low = rng.uniform(size=seeds) < collapsing
                late = failed | (rng.uniform(size=seeds) < risk / 2)
                frame = {
                    "dataset": "digits",
                    "normalization": normalization,
                    "learning_rate": 0.1 / 2**cell,
                    "scheme": scheme,
                    "seed": np.arange(seeds),
                    "final_accuracy": np.where(failed, 10.0, accuracy - 30 * low),
                    "validation_accuracy": np.where(failed, 10.0, accuracy - 30 * low),
                    "failed": failed,
                    "epochs_to_threshold": np.where(late, np.nan, times),
                    "reached": ~late & (times <= EPOCHS),
                }
                rows.append(pd.DataFrame(frame)[rng.uniform(size=seeds) >= missing])
    runs = pd.concat(rows, ignore_index=True)
    if identical:
        same = runs["scheme"].isin(["zeros", "one"]) & (runs["learning_rate"] == 0.1)
        for column in ("final_accuracy", "validation_accuracy", "failed", "reached"):
            first = runs[same].groupby(["normalization", "seed"])[column].transform("first")
            runs.loc[same, column] = first
        runs.loc[same, "epochs_to_threshold"] = 3.0
    return runs.sample(frac=1, random_state=key % 1_000).reset_index(drop=True)


def check(key, **shape):
    runs = random_study(key, **shape)
    margins = {"digits": 0.5}
    tuned = None
    if runs["learning_rate"].nunique() > 1 and key % 2:
        tuned = tuned_contrasts(
            runs,
            reference="zeros",
            schemes=SCHEMES,
            margins=margins,
            collapse_points=15.0,
            alpha=0.05,
            resamples=200,
            analysis_seed=key,
        )
    with only_what_decides():
        found = analysed(
            runs,
            schemes=SCHEMES,
            margins=margins,
            epochs=EPOCHS,
            tuned=tuned,
            resamples=200,
            analysis_seed=key,
        )["verdicts"]
    assert contradictions(found) == []
    assert not found["headline"].str.contains("nan|inf ", regex=True).any()
    _collapsed_runs_are_named(found)
    if tuned is not None:
        _those_at_chosen_rates_are_counted(found, tuned)
    return found


def _those_at_chosen_rates_are_counted(found, tuned):
    rows = found[found["cell"] == "own best learning rate"].set_index(["normalization", "scheme"])
    for seen in tuned[tuned["cell"] == "all"].to_dict("records"):
        row = rows.loc[(seen["normalization"], seen["scheme"])]
        for name in ("failed", "collapsed", "stray"):
            for column in (name, f"reference_{name}"):
                assert (row[column] > 0) == (seen[column] >= 0.01)
                assert abs(row[column] - seen[column]) < 1


def _collapsed_runs_are_named(found):
    for row in found[found["outcome"] == "accuracy"].to_dict("records"):
        for name, prefix in ((row["scheme"], ""), (row["reference"], "reference_")):
            if row[f"{prefix}collapsed"]:
                assert f"runs of {name} collapsed" in row["headline"]
            if row[f"{prefix}stray"]:
                assert f"runs of {name} ended more than ten margins" in row["headline"]


# a study takes a good second where the machine is busy: a failing one is shown, not made smaller
ONCE = settings(phases=[Phase.explicit, Phase.reuse, Phase.generate])
SHAPES = {
    "seeds": st.sampled_from([1, 2, 3, 5, 6, 7, 12, 18]),
    "cells": st.integers(1, 3),
    "normalizations": st.integers(1, 2),
    "failing": st.sampled_from([0.0, 0.05, 0.4]),
    "collapsing": st.sampled_from([0.0, 0.0, 0.05]),
    "missing": st.sampled_from([0.0, 0.0, 0.1, 0.5]),
    "identical": st.booleans(),
}


@pytest.mark.slow
@settings(ONCE, max_examples=15)
@given(key=st.integers(0, 10**6), **SHAPES)
def test_no_verdict_of_a_random_study_contradicts_its_interval(key, **shape):
    check(key, **shape)


@pytest.mark.slow
@settings(ONCE, max_examples=500)
@given(key=st.integers(0, 10**6), **SHAPES)
def test_no_verdict_of_many_random_studies_contradicts_its_interval(key, **shape):
    check(key, **shape)


@pytest.mark.slow
def test_the_random_studies_have_every_verdict():
    """Otherwise the above would hold of what was never said."""
    usual = {"cells": 2, "normalizations": 1, "collapsing": 0.02, "identical": False}
    tables = [
        check(key, seeds=12, failing=0.3 * (key % 2), missing=0.0, **usual) for key in range(24)
    ]
    tables.append(check(1, seeds=12, failing=0.0, missing=0.0, **usual | {"identical": True}))
    tables.append(check(1, seeds=1, failing=0.0, missing=0.0, **usual))
    assert set(pd.concat(tables)["verdict"]) >= set(Verdict) - {Verdict.REFERENCE_FAILS}


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"verdict": "equivalent"}, "inside the margin"),
        ({"verdict": "inconclusive"}, "it holds no effect"),
        ({"verdict": "better beyond the margin", "lower": 0.4}, "beyond the margin exactly"),
        ({"verdict": "better"}, "beyond the margin exactly"),
        ({"verdict": "worse beyond the margin"}, "on its side"),
        ({"verdict": "different but negligible"}, "inside the margin"),
        ({"verdict": "identical"}, "it is no effect"),
        ({"verdict": "depends"}, "no interval"),
        ({"verdict": "fails"}, "no interval"),
        ({"estimate": 2.0}, "the estimate"),
        ({"verdict": "inconclusive", "lower": -0.1, "upper": 0.1, "estimate": 0}, "not inside"),
    ],
)
def test_a_contradiction_would_be_seen(changes, what):
    row = {
        "outcome": "accuracy", "normalization": "none", "scheme": "one", "cell": "all",
        "verdict": "better beyond the margin", "estimate": 0.8, "lower": 0.6, "upper": 1.0,
        "level": 95.0, "interval": "difference", "margin_lower": -0.5, "margin_upper": 0.5,
        "depends_on": "", "conditions": 2,
    }  # fmt: skip
    assert contradictions(pd.DataFrame([row])) == []
    found = contradictions(pd.DataFrame([row | changes]))
    assert any(what in one for one in found)


def _script():
    path = REPOSITORY / "bench" / "statistics" / "published_again.py"
    spec = importlib.util.spec_from_file_location("published_again", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.parametrize("study", compared_studies())
def test_no_verdict_of_a_published_study_contradicts_its_interval(study):
    with only_what_decides():
        found = _script().StudyFolder.of(MEASURED / study).tables_again({"verdicts"})["verdicts"]
    assert len(found) > 5
    assert contradictions(found) == []
    _collapsed_runs_are_named(found)
