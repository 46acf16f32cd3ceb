"""Times to the threshold: restricted means, and ratios where both arms got there."""

import numpy as np
import pytest
import scipy.stats

from biasinit.errors import RunsTableError
from biasinit.statistics.inference.reached import reached_by
from biasinit.statistics.speed.analysis import analyse_speed


def test_unreached_runs_count_with_the_whole_study(synthetic_study):
    """Means of min(time, T) over seeds and cells; nothing but the difference and ratio of them."""
    found = analyse_speed(
        synthetic_study,
        None,
        reference="zero",
        schemes=("zero", "c1.0"),
        speed_margin=(0.8, 1.25),
        epochs=15,
        alpha=0.05,
        resamples=1_000,
        analysis_seed=0,
    )
    off = synthetic_study[synthetic_study["normalization"] == "none"]
    assert not off.loc[off["scheme"] == "c1.0", "reached"].all()
    times = off["epochs_to_threshold"].where(off["reached"], 15)
    expected = times.groupby(off["scheme"]).mean()
    means = found.means.set_index(["normalization", "scheme"])["estimate"]["none"]
    for scheme in ("zero", "c1.0"):
        assert means[scheme] == pytest.approx(expected[scheme])
    rows = found.contrasts.set_index(["normalization", "cell"])
    row = rows.loc["none", "all"]
    assert row["restricted_ratio"] == pytest.approx(expected["c1.0"] / expected["zero"])
    assert row["restricted_lower"] < row["restricted_ratio"] < row["restricted_upper"]


@pytest.fixture(scope="module")
def contrasts(synthetic_study):
    return analyse_speed(
        synthetic_study,
        None,
        reference="zero",
        schemes=("zero", "c0.01", "c1.0"),
        speed_margin=(0.8, 1.25),
        epochs=15,
        alpha=0.05,
        resamples=1_000,
        analysis_seed=0,
    ).contrasts


def log_ratios(study, scheme, cell, normalization="none"):
    """log(scheme / reference) of each seed in a cell in which both reached the threshold."""
    part = study[(study["normalization"] == normalization) & (study["architecture"] == cell)]
    times = part["epochs_to_threshold"].where(part["reached"] & (part["epochs_to_threshold"] <= 15))
    wide = part.assign(log=np.log(times)).pivot(index="seed", columns="scheme", values="log")
    return (wide[scheme] - wide["zero"]).dropna()


@pytest.mark.parametrize("scheme", ["c0.01", "c1.0"])
def test_what_is_judged_is_the_geometric_mean_ratio_where_both_got_there(
    synthetic_study, contrasts, scheme
):
    rows = contrasts[(contrasts["normalization"] == "none") & (contrasts["scheme"] == scheme)]
    rows = rows.set_index("cell")
    means = {}
    for cell in ("mnist_mlp", "cifar_cnn", "cifar_resnet"):
        logs = log_ratios(synthetic_study, scheme, cell)
        row = rows.loc[f"architecture {cell}"]
        means[cell] = logs.mean()
        assert row["seeds"] == len(logs)
        assert row["ratio"] == pytest.approx(scipy.stats.gmean(np.exp(logs)))
        test = scipy.stats.ttest_1samp(logs, 0.0)
        interval = test.confidence_interval(0.95)
        assert row["p"] == pytest.approx(test.pvalue)
        assert (row["ratio_lower"], row["ratio_upper"]) == pytest.approx(
            (np.exp(interval.low), np.exp(interval.high))
        )
        assert (row["basis"] == "seeds where both reached it") == (len(logs) < 20)
    # over cells, the geometric mean of the cells' ratios: a cell counts once, however many seeds
    assert rows.loc["all", "ratio"] == pytest.approx(
        scipy.stats.gmean(np.exp(list(means.values())))
    )


def test_seeds_that_did_not_get_there_are_a_risk_and_no_time(synthetic_study, contrasts):
    """Whatever time is written beside a run that did not reach it, the ratio is the same."""
    lost = ~synthetic_study["reached"]
    assert lost.any()
    changed = synthetic_study.assign(
        epochs_to_threshold=synthetic_study["epochs_to_threshold"].mask(lost, 3)
    )
    again = analyse_speed(
        changed,
        None,
        reference="zero",
        schemes=("zero", "c0.01", "c1.0"),
        speed_margin=(0.8, 1.25),
        epochs=15,
        alpha=0.05,
        resamples=1_000,
        analysis_seed=0,
    ).contrasts
    np.testing.assert_allclose(again["ratio"], contrasts["ratio"])


def test_a_time_after_the_last_epoch_did_not_reach_it(synthetic_study):
    late = reached_by(synthetic_study.assign(reached=True, epochs_to_threshold=15.5), 15.0)
    assert late["not_reached"].all()
    assert not late["reached"].any()
    at_last = reached_by(synthetic_study.assign(reached=True, epochs_to_threshold=15.0), 15.0)
    assert at_last["reached"].all()


@pytest.mark.parametrize("time", [0.0, -1.0])
def test_times_that_have_no_logarithm_are_refused(synthetic_study, time):
    broken = synthetic_study.copy()
    broken["epochs_to_threshold"] = broken["epochs_to_threshold"].astype(float)
    broken.loc[3, "epochs_to_threshold"] = time
    message = rf"'epochs_to_threshold' must hold times above 0, got {time:g}\. Count epochs from 1"
    with pytest.raises(RunsTableError, match=message):
        reached_by(broken, 15.0)
