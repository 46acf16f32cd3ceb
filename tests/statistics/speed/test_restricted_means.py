"""Restricted means and their ratios, from the definition."""

import pytest

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
    assert row["estimate"] == pytest.approx(expected["c1.0"] - expected["zero"])
    assert row["ratio"] == pytest.approx(expected["c1.0"] / expected["zero"])
    assert row["ratio_lower"] < row["ratio"] < row["ratio_upper"]
