"""Another metric than accuracy: a mirrored table gives mirrored estimates and equal verdicts."""

import numpy as np
import pandas as pd
import pytest
from whole_study import analysed, only_what_decides

from biasinit.metric import ACCURACY, Metric
from biasinit.statistics.failure.analysis import analyse_failure
from biasinit.statistics.judging.level_contrasts import LevelQuestion, compare_levels
from biasinit.statistics.paired.tuned_rates import tuned_contrasts
from biasinit.statistics.trust.sensitivity import sensitivity

SEEDS, RATES = 12, (0.005, 0.02, 0.08)
SCHEMES = ("zeros", "worse", "same", "open", "depends")
EFFECTS = {  # of a scheme at each rate, where higher is better
    "zeros": (0.0, 0.0, 0.0),
    "worse": (-0.03, -0.03, -0.03),
    "same": (0.0, 0.0, 0.0),
    "open": (0.004, 0.004, 0.004),
    "depends": (-0.03, 0.0, 0.03),
}
MARGINS, COLLAPSE = {"mine": 0.005}, 0.2
GAIN = Metric.of(name="log-likelihood", unit="nats", better="higher")
LOSS = Metric.of(name="validation loss", unit="nats", better="lower")
RULES = {"reference": "zeros", "schemes": SCHEMES, "alpha": 0.05, "analysis_seed": 1}
MIRRORED = {  # what is the other end, or the other side, in a mirrored table
    "lower": "upper",
    "margin_lower": "margin_upper",
    "p_below": "p_above",
}
SIGNED = ("estimate", "lower", "upper", "margin_lower", "margin_upper")


@pytest.fixture(scope="module")
def gains():
    """Runs of which more is better, some of which fail, collapse and stray."""
    rng = np.random.default_rng(5)
    rows = []
    for level in ("none", "batchnorm_shift"):
        for place, rate in enumerate(RATES):
            for seed in range(SEEDS):
                base = -0.3 + rng.normal(0, 0.01) - 0.05 * abs(place - 1)
                for scheme in SCHEMES:
                    spread = 0.01 if scheme == "open" else 0.001
                    value = base + EFFECTS[scheme][place] + rng.normal(0, spread)
                    rows.append((level, rate, seed, scheme, value))
    runs = pd.DataFrame(
        rows, columns=["normalization", "learning_rate", "seed", "scheme", "final_accuracy"]
    ).assign(dataset="mine", failed=False)
    runs["validation_accuracy"] = runs["final_accuracy"] + rng.normal(0, 0.002, len(runs))
    own = runs["scheme"] == "same"
    at = (runs["learning_rate"] == RATES[1]) & (runs["normalization"] == "none")
    runs.loc[own & at & (runs["seed"] == 0), "failed"] = True
    runs.loc[own & at & (runs["seed"] == 1), "final_accuracy"] -= 0.5  # collapses
    runs.loc[own & at & (runs["seed"] == 2), "final_accuracy"] -= 0.1  # strays
    runs.loc[runs["failed"], ["final_accuracy", "validation_accuracy"]] = (-2.3, np.nan)
    return runs


def mirrored(runs):
    values = ["final_accuracy", "validation_accuracy"]
    return runs.assign(**{name: -runs[name] for name in values})


def turned(runs, metric):
    return runs if metric is GAIN else mirrored(runs)


def tuned(runs, metric):
    return tuned_contrasts(
        runs, margins=MARGINS, collapse_points=COLLAPSE, metric=metric, resamples=500, **RULES
    )


def verdicts(runs, metric):
    with only_what_decides():
        return analysed(
            runs,
            schemes=SCHEMES,
            margins=MARGINS,
            tuned=tuned(runs, metric),
            metric=metric,
            collapse_points=COLLAPSE,
        )["verdicts"]


def test_a_mirrored_table_has_mirrored_estimates_and_equal_verdicts(gains):
    more = verdicts(gains, GAIN)
    less = verdicts(mirrored(gains), LOSS)
    assert len(set(more["verdict"])) >= 6
    measured = more["unit"] == "nats"
    assert measured.any()
    assert not measured.all()
    for name in more.columns:
        other = {**MIRRORED, **{b: a for a, b in MIRRORED.items()}}.get(name, name)
        if name in ("headline", "metric", "better"):
            continue
        own, theirs = more[name], less[other].where(measured, less[name])
        if name in SIGNED:
            theirs = theirs.where(~measured, -theirs)
        if pd.api.types.is_numeric_dtype(own):
            np.testing.assert_allclose(
                own, theirs.astype(float), rtol=1e-7, atol=1e-9, err_msg=name
            )
        else:
            pd.testing.assert_series_equal(own, theirs, check_names=False)
    assert set(less.loc[measured, "better"]) == {"lower"}
    assert set(more.loc[measured, "better"]) == {"higher"}
    assert set(less["better"]) == {"lower"}  # less time and fewer events are better too
    assert set(less.loc[measured, "metric"]) == {"validation loss"}


def test_what_befell_runs_is_the_same_of_a_mirrored_table(gains):
    options = {"margins": MARGINS, "collapse_points": COLLAPSE, "resamples": 500, **RULES}
    more = analyse_failure(gains, metric=GAIN, **options)
    less = analyse_failure(mirrored(gains), metric=LOSS, **options)
    pd.testing.assert_frame_equal(more.rates, less.rates)
    pd.testing.assert_frame_equal(more.contrasts, less.contrasts)
    row = more.rates.set_index(["normalization", "scheme", "cell"])
    assert row.loc[("none", "same", "all"), ["failed", "collapsed", "stray"]].tolist() == [1, 1, 1]


def test_the_best_rate_is_that_of_the_lowest_loss(gains):
    more, less = tuned(gains, GAIN), tuned(mirrored(gains), LOSS)
    assert set(more["reference_learning_rates"]) == {"0.02"}
    rates = ["learning_rates", "reference_learning_rates", "at_edge", "pairs", "failed"]
    pd.testing.assert_frame_equal(more[rates], less[rates])
    np.testing.assert_allclose(more["estimate"], -less["estimate"], atol=1e-12)
    assert set(tuned(mirrored(gains), GAIN)["reference_learning_rates"]) != {"0.02"}


@pytest.mark.parametrize("metric", [GAIN, LOSS], ids=lambda metric: metric.better)
def test_a_rate_at_which_runs_fail_is_not_chosen_for_what_is_not_known_of_them(metric, gains):
    """Zero, the least of accuracies, would be the best of these values."""
    runs = turned(gains, metric)
    fails = (runs["scheme"] == "worse") & (runs["learning_rate"] == RATES[0])
    runs = runs.assign(failed=runs["failed"] | fails)
    runs.loc[fails, "validation_accuracy"] = np.nan
    found = tuned(runs, metric)
    assert set(found.loc[found["scheme"] == "worse", "learning_rates"]) == {"0.02"}


@pytest.mark.parametrize("metric", [GAIN, LOSS], ids=lambda metric: metric.better)
def test_a_rate_at_which_few_runs_are_lucky_is_not_chosen(metric, gains):
    """Of the others nothing is known but what a network has that learnt nothing."""
    own = (gains["scheme"] == "worse") & (gains["learning_rate"] == RATES[0])
    lucky = gains.assign(validation_accuracy=gains["validation_accuracy"].where(~own, -0.1))
    fails = own & (gains["seed"] >= SEEDS // 3)
    runs = lucky.assign(failed=lucky["failed"] | fails)
    runs.loc[fails, ["final_accuracy", "validation_accuracy"]] = (-2.3, np.nan)
    for found, rates in ((tuned(turned(lucky, metric), metric), {"0.005"}),
                         (tuned(turned(runs, metric), metric), {"0.02"})):  # fmt: skip
        assert set(found.loc[found["scheme"] == "worse", "learning_rates"]) == rates


@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_the_unit_decides_nothing(scale, gains):
    """As in watts or in gigawatts: the same rates are chosen, and the same is said of them."""
    values = ["final_accuracy", "validation_accuracy"]
    losses = mirrored(gains)
    scaled = losses.assign(**{name: scale * losses[name] for name in values})
    rules = {"metric": LOSS, "resamples": 500, **RULES}
    usual = tuned_contrasts(losses, margins=MARGINS, collapse_points=COLLAPSE, **rules)
    margins = {name: scale * margin for name, margin in MARGINS.items()}
    found = tuned_contrasts(scaled, margins=margins, collapse_points=scale * COLLAPSE, **rules)
    words = ["learning_rates", "reference_learning_rates", "pairs", "collapsed", "stray"]
    pd.testing.assert_frame_equal(found[words], usual[words])
    for name in ("p_adjusted", "p_equivalence_adjusted"):
        np.testing.assert_allclose(found[name], usual[name], rtol=1e-6)
    np.testing.assert_allclose(found["estimate"], scale * usual["estimate"], rtol=1e-6)


def test_levels_of_a_factor_are_judged_by_the_direction_too(gains):
    question = LevelQuestion(
        normalization="none", scheme="worse", factor="learning_rate", level="0.02", against="0.08"
    )
    options = {"margins": MARGINS, "alpha": 0.05, "resamples": 500, "analysis_seed": 1}
    found = [
        compare_levels(runs, questions=[question], metric=metric, **options).iloc[0]
        for runs, metric in ((gains, GAIN), (mirrored(gains), LOSS), (mirrored(gains), GAIN))
    ]
    assert [row["verdict"] for row in found] == [
        "better beyond the margin",
        "better beyond the margin",
        "worse beyond the margin",
    ]
    assert found[1]["estimate"] == pytest.approx(-found[0]["estimate"])
    assert (found[1]["unit"], found[1]["better"]) == ("nats", "lower")


@pytest.mark.slow
def test_of_another_metric_no_error_is_taken_the_logarithm_of(gains):
    options = {"resamples": 500, **RULES}
    found = sensitivity(mirrored(gains), metric=LOSS, **options)
    assert set(found["scale"]) == {"points"}
    percent = gains.assign(final_accuracy=90 + gains["final_accuracy"])
    assert set(sensitivity(percent, metric=ACCURACY, **options)["scale"]) == {
        "points", "log-error", "logit",
    }  # fmt: skip
