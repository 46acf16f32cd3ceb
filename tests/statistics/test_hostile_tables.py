"""Every public function on every hostile table: an honest answer or a clear message, nothing else.

An answer's p-values lie in [0, 1], its estimates are finite or missing, and its intervals hold
the estimate. A message is one of ours, without a traceback of another library.
"""

import itertools
import warnings
from dataclasses import fields
from functools import lru_cache

import numpy as np
import pandas as pd
import pytest
from linear_questions import coefficients, mean_differences

from biasinit.errors import BiasinitError
from biasinit.statistics.accuracy.analysis import analyse_accuracy
from biasinit.statistics.failure.analysis import analyse_failure
from biasinit.statistics.judging.schemes import judge_schemes
from biasinit.statistics.mixed.fitting import fit_mixed
from biasinit.statistics.mixed.mixed_fit import MixedFit
from biasinit.statistics.mixed.residual_checks import residual_checks, residual_quantiles
from biasinit.statistics.paired.pairing import pairing_audit
from biasinit.statistics.speed.analysis import analyse_speed
from biasinit.statistics.speed.hazard import discrete_hazard
from biasinit.statistics.trust.calibration import calibrate
from biasinit.statistics.trust.sensitivity import sensitivity
from generated_study import EPOCHS, SCHEMES, generated_runs

ORDER = {"reference": "zeros", "schemes": SCHEMES}
OPTIONS = {"alpha": 0.05, "resamples": 1_000, "analysis_seed": 5}
MARGINS = {"digits": 0.5}
RULES = {"margins": MARGINS, "collapse_points": 15.0}


def _runs(**options):
    usual = {"seeds": 7, "failing": False, "normalizations": ("none", "batchnorm_shift")}
    runs = generated_runs(**usual | options)
    return runs[runs["scheme"].isin(SCHEMES)].reset_index(drop=True)


def _with(column, value, rows=slice(None)):
    def change(runs):
        runs[column] = runs[column].astype(object)
        runs.loc[runs.index[rows], column] = value
        return runs.infer_objects()

    return change


def _all_failed(runs):
    return runs.assign(failed=True, final_accuracy=10.0, reached=False, epochs_to_threshold=np.nan)


def _separated(runs):
    """One scheme always reaches at once, and fails always where the other never does."""
    one = runs["scheme"] == "one"
    return runs.assign(epochs_to_threshold=np.where(one, 0.25, np.nan), reached=one, failed=one)


def _relabelled(runs):
    return runs.assign(scheme=runs["scheme"].replace({"one": "größe: 1.0 – «β»"}))


TABLES = {
    "one seed": lambda runs: runs[runs["seed"] == 0],
    "two seeds": lambda runs: runs[runs["seed"] < 2],
    "one scheme": lambda runs: runs[runs["scheme"] == "zeros"],
    "no reference": lambda runs: runs[runs["scheme"] != "zeros"],
    "no rows": lambda runs: runs.iloc[:0],
    "constant outcome": lambda runs: runs.assign(final_accuracy=98.0, epochs_to_threshold=3.0),
    "all failed": _all_failed,
    "all censored": lambda runs: runs.assign(reached=False, epochs_to_threshold=np.nan),
    "perfect separation": _separated,
    "missing cells": lambda runs: runs[
        ~((runs["scheme"] == "one") & (runs["learning_rate"] == 0.02))
    ],
    "scattered rows": lambda runs: runs.sample(frac=0.4, random_state=1),
    "duplicated rows": lambda runs: pd.concat([runs, runs.head(3)]),
    "duplicated index": lambda runs: runs.set_axis([0] * len(runs)),
    "missing outcomes": _with("final_accuracy", np.nan, slice(0, 9)),
    "all outcomes missing": lambda runs: runs.assign(final_accuracy=np.nan),
    "infinite outcome": _with("final_accuracy", np.inf, slice(3, 4)),
    "scale 1e12": lambda runs: runs.assign(final_accuracy=1e12 * runs["final_accuracy"]),
    "scale 1e-12": lambda runs: runs.assign(final_accuracy=1e-12 * runs["final_accuracy"]),
    "unicode labels": _relabelled,
    "one scheme does not vary": lambda runs: runs.assign(
        final_accuracy=runs["final_accuracy"].where(runs["scheme"] != "one", 97.0),
        epochs_to_threshold=runs["epochs_to_threshold"].where(runs["scheme"] != "one", 4.0),
    ),
    "missing column": lambda runs: runs.drop(columns=["final_accuracy", "reached"]),
    "text in a number": _with("final_accuracy", "ninety", slice(2, 3)),
    "missing seed": _with("seed", np.nan, slice(2, 3)),
    "categorical labels": lambda runs: runs.astype({"scheme": "category", "seed": "category"}),
    "negative times": _with("epochs_to_threshold", -1.0, slice(2, 3)),
    "times of zero": _with("epochs_to_threshold", 0.0, slice(2, 3)),
}


def _point(runs):
    times = pd.to_numeric(runs["epochs_to_threshold"], errors="coerce")
    return runs.assign(point=np.ceil(times.fillna(EPOCHS).replace(np.inf, EPOCHS)).astype(int))


FUNCTIONS = {
    "fit_mixed": lambda r: fit_mixed(r, "final_accuracy ~ scheme", ["seed"]),
    "fit_mixed by scheme": lambda r: fit_mixed(
        r,
        "final_accuracy ~ scheme * normalization",
        ["seed", "seed:scheme"],
        residual_by=["scheme"],
    ),
    "marginal_means": lambda r: fit_mixed(
        r, "final_accuracy ~ scheme * normalization", ["seed"]
    ).marginal_means(["scheme"]),
    "discrete_hazard": lambda r: discrete_hazard(
        _point(r), "point", "reached", "scheme", ["learning_rate", "normalization"], "seed"
    ),
    "pairing_audit": lambda r: pairing_audit(r, **ORDER),
    "residual_checks": lambda r: residual_checks(
        fit_mixed(r, "final_accuracy ~ scheme", ["seed"]), draws=50, rng=np.random.default_rng(1)
    ),
    "residual_quantiles": lambda r: residual_quantiles(
        fit_mixed(r, "final_accuracy ~ scheme", ["seed"]), draws=50, rng=np.random.default_rng(1)
    ),
    "sensitivity": lambda r: sensitivity(r, None, epochs=EPOCHS, **ORDER, **OPTIONS),
    "calibrate": lambda r: calibrate(r, margins=MARGINS, tables=20, effect=0.5, **ORDER, **OPTIONS),
    "analyse_accuracy": lambda r: _analysis("accuracy", r),
    "analyse_speed": lambda r: _analysis("speed", r),
    "analyse_failure": lambda r: _analysis("failure", r),
    "judge_schemes": lambda r: judge_schemes(
        r,
        accuracy_contrasts=_analysis("accuracy", r).contrasts,
        speed_contrasts=_analysis("speed", r).contrasts,
        failure_contrasts=_analysis("failure", r).contrasts,
        epochs=EPOCHS,
        alpha=0.05,
        analysis_seed=5,
        **ORDER,
        **RULES,
    ),
}
ANALYSES = {
    "accuracy": lambda r: analyse_accuracy(r, **RULES, **ORDER, **OPTIONS),
    "speed": lambda r: analyse_speed(
        r, None, speed_margin=(0.8, 1.25), epochs=EPOCHS, **ORDER, **OPTIONS
    ),
    "failure": lambda r: analyse_failure(r, epochs=EPOCHS, **RULES, **ORDER, **OPTIONS),
}
_ANALYSED = {}


def _analysis(name, runs):
    """Return an analysis of one of TABLES, made once: verdicts rest on all of them."""
    key = name, id(runs)
    if key not in _ANALYSED:
        _ANALYSED[key] = ANALYSES[name](runs)
    return _ANALYSED[key]


@lru_cache
def _table(name):
    """Return one of TABLES, the same object each time, which no function may change."""
    return TABLES[name](_runs())


def _frames(answer):
    """Return every table in an answer."""
    if isinstance(answer, pd.DataFrame):
        return [answer]
    if isinstance(answer, MixedFit):
        return [coefficients(answer)]
    values = [getattr(answer, field.name) for field in fields(answer)]
    frames = [value for value in values if isinstance(value, pd.DataFrame)]
    assert frames, type(answer)
    return frames


LONG = ("sensitivity", "calibrate", "analyse_accuracy", "judge_schemes")  # a second each
SHORT_TABLES = ("one seed", "all failed", "constant outcome", "duplicated rows")


def _cases():
    """Return every pair; long functions on all but a few tables belong to the slow tests."""
    for table, function in itertools.product(TABLES, FUNCTIONS):
        slow = function in LONG and table not in SHORT_TABLES
        yield pytest.param(table, function, marks=[pytest.mark.slow] * slow)


@pytest.mark.parametrize(("table", "function"), list(_cases()))
def test_a_hostile_table_gives_an_honest_answer_or_a_clear_message(table, function):
    runs = _table(table)
    before = runs.copy()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            answer = FUNCTIONS[function](runs)
    except BiasinitError as error:
        text = str(error)
        assert len(text) > 30
        assert text.rstrip().endswith((".", ")"))
        return
    finally:
        pd.testing.assert_frame_equal(runs, before)
    for frame in _frames(answer):
        for name in frame.columns:
            if name == "p" or name.endswith(("_p", "p_adjusted", "p_equivalence")):
                values = frame[name].astype(float).dropna()
                assert values.between(0, 1).all(), name
        if "estimate" in frame:
            estimate = frame["estimate"].astype(float)
            assert not np.isinf(estimate).any()
            if "lower" in frame:
                known = frame["lower"].notna() & frame["upper"].notna()
                slack = 1e-9 * (1 + estimate[known].abs())
                assert (frame["lower"][known] <= estimate[known] + slack).all()
                assert (frame["upper"][known] >= estimate[known] - slack).all()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_answers_where_a_table_is_not_hostile(function):
    """Without it, a function that refused everything would pass all of the above."""
    frames = _frames(FUNCTIONS[function](_runs(failing=True)))
    assert any(len(frame) for frame in frames)


@pytest.mark.parametrize("factor", [1e-12, 1e12])
@pytest.mark.parametrize("residual_by", [[], ["scheme"]])
def test_a_change_of_unit_changes_nothing_but_the_unit(factor, residual_by):
    runs = _runs()
    fits = [
        fit_mixed(
            runs.assign(final_accuracy=unit * runs["final_accuracy"]),
            "final_accuracy ~ scheme * normalization",
            ["seed"],
            residual_by=residual_by,
        )
        for unit in (1.0, factor)
    ]
    one, other = (mean_differences(fit, "scheme", reference="zeros") for fit in fits)
    for column in ("estimate", "standard_error"):
        assert other[column].to_numpy() / factor == pytest.approx(
            one[column].to_numpy(), rel=1e-6, abs=1e-9
        )
    for column in ("df", "t", "p"):
        assert other[column].to_numpy() == pytest.approx(one[column].to_numpy(), rel=1e-5)


def test_a_random_term_that_stands_twice_is_refused():
    with pytest.raises(BiasinitError, match="scheme:seed twice"):
        fit_mixed(_runs(), "final_accuracy ~ scheme", ["seed:scheme", "scheme:seed"])


@pytest.mark.parametrize("function", ["analyse_accuracy", "fit_mixed"])
def test_text_among_numbers_is_named(function):
    with pytest.raises(BiasinitError, match=r"final_accuracy.*ninety"):
        FUNCTIONS[function](_table("text in a number"))


def test_a_time_of_zero_is_named():
    """Its logarithm is none; who counts epochs from 0 must say so."""
    with pytest.raises(BiasinitError, match=r"above 0, got 0\. Count epochs from 1"):
        FUNCTIONS["analyse_speed"](_table("times of zero"))


def test_a_negative_time_is_named():
    with pytest.raises(BiasinitError, match="above 0, got -1"):
        FUNCTIONS["analyse_speed"](_table("negative times"))
