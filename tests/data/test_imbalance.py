"""Training classes of different sizes, and nothing else changed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from biasinit.data.imbalance import thinned
from specifications import prepared


def class_sizes(dataset, subset):
    return np.bincount(dataset.labels[dataset.split[subset]], minlength=dataset.classes)


@given(ratio=st.floats(1, 100), seed=st.integers(0, 100))
def test_classes_fall_off_exponentially(ratio, seed, small_digits):
    before, after = (
        class_sizes(dataset, "train")
        for dataset in (small_digits, thinned(small_digits, ratio=ratio, seed=seed))
    )
    expected = before * ratio ** (-np.arange(10) / 9)
    assert (np.abs(after - np.maximum(expected, 1)) <= 0.5 + 1e-9).all()
    assert after[0] == before[0]


def test_kept_images_were_there_and_other_subsets_are_untouched(small_digits):
    result = thinned(small_digits, ratio=10, seed=1)
    assert set(result.split["train"]) < set(small_digits.split["train"])
    assert (np.diff(result.split["train"]) > 0).all()
    for subset in ("validation", "test"):
        assert np.array_equal(result.split[subset], small_digits.split[subset])


def test_the_seed_decides_which_images_are_kept(small_digits):
    kept = [set(thinned(small_digits, ratio=10, seed=seed).split["train"]) for seed in (1, 1, 2)]
    assert kept[0] == kept[1] != kept[2]


def test_a_study_can_ask_for_it():
    sizes = {"train": 1000, "validation": 100, "test": 597}
    dataset = prepared(kind="digits", split_seed=0, imbalance=20, **sizes)
    large, small = class_sizes(dataset, "train")[[0, 9]]
    assert large / small == pytest.approx(20, rel=0.1)
