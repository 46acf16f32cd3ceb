"""Intervals for new seeds and new images: how wide they are, and whose they are."""

import numpy as np
import pandas as pd
import pytest

from biasinit.statistics.inference.study_runs import read_runs
from biasinit.statistics.paired.seed_tests import one_sample
from biasinit.statistics.trust.new_test_set import new_test_set_family

SEEDS, IMAGES = 20, 300
ORDER = {"reference": "zeros", "schemes": ("zeros", "one")}


def _tables(gaps):
    """Runs and the bits of their predictions: 'one' minus 'zeros' is ``gaps``, (seeds, images)."""
    rows, bits = [], []
    for seed, gap in enumerate(gaps):
        for scheme, right in (("zeros", gap < 0.5), ("one", gap > -0.5)):
            rows.append({"normalization": "none", "scheme": scheme, "seed": seed})
            bits.append(np.packbits(right).tobytes())
    runs = pd.DataFrame(rows).assign(dataset="made")
    return runs.assign(correct=bits), read_runs(runs)


def _interval(gaps):
    correct, runs = _tables(gaps)
    found = new_test_set_family(
        correct, runs, test_images={"made": IMAGES}, draws=4_000, analysis_seed=1, **ORDER
    )
    assert found["scheme"].tolist() == ["one"]
    return found.loc[0, "lower"], found.loc[0, "upper"]


def _deviation(interval):
    return (interval[1] - interval[0]) / (2 * 1.96)


def test_where_images_matter_more_than_seeds_it_is_wider_than_for_this_test_set():
    """A third of the images is right under one scheme only, whatever the seed."""
    image = np.where(np.arange(IMAGES) < IMAGES // 3, 1.0, 0.0)
    gaps = np.tile(image, (SEEDS, 1))
    gaps[np.arange(SEEDS), np.arange(SEEDS)] = 0.0  # an image that each seed gets right twice
    lower, upper = _interval(gaps)
    accuracy = 100 * gaps.mean(axis=1)
    assert lower < accuracy.mean() < upper
    assert accuracy.std() < 1e-9  # so the interval for this test set is a point
    assert _deviation((lower, upper)) == pytest.approx(
        100 * gaps.mean(axis=0).std() / np.sqrt(IMAGES), rel=0.1
    )


def test_where_seeds_alone_matter_it_is_that_of_the_seeds():
    """Each seed gains or loses on all images alike."""
    seed = np.random.default_rng(3).choice([-1.0, 0.0, 1.0], SEEDS)
    gaps = np.tile(seed[:, None], (1, IMAGES))
    test = one_sample(100 * seed[:, None]).iloc[0]
    # the bootstrap divides by S where the t-test divides by S - 1
    expected = test["standard_error"] * np.sqrt((SEEDS - 1) / SEEDS)
    assert _deviation(_interval(gaps)) == pytest.approx(expected, rel=0.1)


def test_a_seed_with_a_failed_run_in_one_cell_does_not_enter():
    gaps = np.tile(np.resize([1.0, 0.0, 0.0], IMAGES), (SEEDS, 1))
    gaps[4] = -1.0
    cells = [_tables(gaps)[0].assign(learning_rate=rate) for rate in (0.01, 0.1)]
    correct = pd.concat(cells, ignore_index=True)
    runs = read_runs(correct.drop(columns="correct"))
    lost = (runs["seed"] == 4) & (runs["scheme"] == "one") & (runs["learning_rate"] == 0.1)
    runs.loc[lost, "failed"] = True
    found = new_test_set_family(
        correct, runs, test_images={"made": IMAGES}, draws=500, analysis_seed=1, **ORDER
    )
    assert found.loc[0, "lower"] > 25
