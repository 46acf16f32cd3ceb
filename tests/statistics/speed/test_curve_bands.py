"""Bands of mean curves: by hand, laws, and how often they cover."""

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from biasinit.statistics.inference.sign_flips import coin_signs
from biasinit.statistics.speed.curve_bands import largest_t_quantile
from biasinit.statistics.speed.learning_curves import curve_means


def test_one_point_has_the_quantile_of_its_own_flips(rng):
    values = rng.normal(size=(8, 1))
    signs, _ = coin_signs(8, 0, rng)
    centred = values[:, 0] - values.mean()
    flipped = [abs(scipy.stats.ttest_1samp(centred * row, 0).statistic) for row in signs]
    expected = np.quantile(flipped, 0.95, method="higher")
    assert largest_t_quantile(values, signs) == pytest.approx(expected)


def test_scale_and_shift_of_a_curve_change_nothing(rng):
    curves = rng.normal(size=(12, 5))
    signs, _ = coin_signs(12, 0, rng)
    moved = 90 + 0.1 * curves
    assert largest_t_quantile(moved, signs) == pytest.approx(largest_t_quantile(curves, signs))


def test_a_repeated_point_costs_nothing_and_a_new_one_does(rng):
    curves = rng.normal(size=(12, 2))
    signs, _ = coin_signs(12, 0, rng)
    single = largest_t_quantile(curves[:, :1], signs)
    assert largest_t_quantile(curves[:, [0, 0]], signs) == pytest.approx(single)
    assert largest_t_quantile(curves, signs) > single


@pytest.mark.parametrize("curves", [np.full((12, 3), 10.0), np.arange(15.0).reshape(5, 3)])
def test_without_variation_or_with_few_seeds_there_is_no_band(rng, curves):
    signs, _ = coin_signs(len(curves), 0, rng)
    assert np.isnan(largest_t_quantile(curves, signs))


@pytest.mark.slow
@pytest.mark.parametrize("correlation", [0.5, 0.95])
def test_the_band_covers_the_whole_mean_curve_as_often_as_it_says(correlation):
    rng = np.random.default_rng(5)
    seeds, points, studies = 20, 36, 400
    distance = np.abs(np.subtract.outer(np.arange(points), np.arange(points)))
    root = np.linalg.cholesky(correlation**distance)
    covered = 0
    for _ in range(studies):
        curves = rng.standard_normal((seeds, points)) @ root.T
        signs, _ = coin_signs(seeds, 1_000, rng)
        error = curves.std(axis=0, ddof=1) / np.sqrt(seeds)
        inside = np.abs(curves.mean(axis=0)) <= largest_t_quantile(curves, signs) * error
        covered += int(inside.all())
    # 95 % of 400 is 380 with a standard deviation of 4.4; pointwise intervals cover 60 to 260
    assert covered >= 366


def test_the_table_has_a_band_around_every_pointwise_interval(rng):
    rows = [
        {"normalization": "none", "scheme": scheme, "seed": seed, "learning_rate": 0.02}
        | {"epoch": float(epoch), "validation_accuracy": 90 + epoch + rng.normal()}
        for scheme in ("zeros", "one")
        for seed in range(10)
        for epoch in range(6)
    ]
    curves = pd.DataFrame(rows)
    runs = curves.drop_duplicates(["scheme", "seed"])[
        ["normalization", "scheme", "seed", "learning_rate"]
    ].assign(epochs_to_threshold=2.0, final_accuracy=95.0, failed=False)
    table = curve_means(runs, curves, schemes=["zeros", "one"], analysis_seed=1)
    assert len(table) == 2 * 2 * 6  # each cell, and all of them
    assert (table["band_lower"] < table["lower"]).all()
    assert (table["band_upper"] > table["upper"]).all()
    again = curve_means(runs, curves, schemes=["zeros", "one"], analysis_seed=1)
    pd.testing.assert_frame_equal(table, again)
