"""Every seed has a split of its own, of the same class shares, and an official test set stays."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from biasinit.data.exchange import exchange_of_classes, exchange_within_classes
from specifications import prepared

SIZES = {"train": 1100, "validation": 100, "test": 597}
SEEDS = st.integers(0, 1000)


def image_numbers(dataset, seed, study_seed=1):
    """Return the images that a seed sees of each subset."""
    shown = dataset.shown_to(study_seed=study_seed, seed=seed)
    return {name: shown[numbers].reshape(-1) for name, numbers in dataset.split.items()}


@pytest.fixture(scope="module")
def digits():
    return prepared(kind="digits", **SIZES)


@given(seed=SEEDS)
def test_subsets_of_a_seed_are_disjoint_and_stratified_as_those_of_the_one_split(seed, digits):
    found = image_numbers(digits, seed)
    together = np.concatenate(list(found.values()))
    assert len(np.unique(together)) == len(together) == 1797
    for name, images in found.items():
        places = digits.split[name]
        # place by place, so that labels, pairs and thinned classes hold for every seed
        assert np.array_equal(digits.labels[images], digits.labels[places])


def test_seeds_split_differently_and_each_always_the_same(digits):
    first, again, other = (image_numbers(digits, seed) for seed in (0, 0, 1))
    for name in SIZES:
        assert np.array_equal(first[name], again[name])
        assert not np.array_equal(np.sort(first[name]), np.sort(other[name]))


@pytest.mark.parametrize("change", ["study_seed", "split_seed"])
def test_the_study_and_split_seed_key_the_splits(change, digits):
    if change == "study_seed":
        other = image_numbers(digits, 0, study_seed=2)
    else:
        other = image_numbers(prepared(kind="digits", **SIZES, split_seed=1), 0)
    assert not np.array_equal(image_numbers(digits, 0)["test"], other["test"])


def test_every_image_of_a_class_is_tested_on_equally_often(digits):
    draws = 400
    counts = np.zeros(len(digits.images))
    for seed in range(draws):
        counts[image_numbers(digits, seed)["test"]] += 1
    share = np.bincount(digits.labels[digits.split["test"]]) / np.bincount(digits.labels)
    expected = share[digits.labels]
    error = (counts / draws - expected) / np.sqrt(expected * (1 - expected) / draws)
    assert np.abs(error).max() < 5
    assert (error**2).mean() == pytest.approx(1, abs=0.15)


def test_images_beyond_the_sizes_are_drawn_for_other_seeds():
    dataset = prepared(kind="digits", train=240, validation=80, test=200)
    assert len(dataset.images) == 1797
    seen = {image for seed in range(40) for image in image_numbers(dataset, seed)["train"]}
    assert len(seen) > 1700


def test_one_split_for_all_seeds_carries_no_other_images():
    dataset = prepared(kind="digits", train=240, validation=80, test=200, split="once")
    assert len(dataset.images) == 520
    first, other = (image_numbers(dataset, seed) for seed in (0, 1))
    for name in SIZES:
        assert np.array_equal(first[name], other[name])


def test_an_official_test_set_stays_while_the_others_are_drawn_anew():
    labels = np.arange(300) % 5
    part = np.repeat(["train", "test"], [200, 100])
    exchange = exchange_within_classes(labels, part, split_seed=0)
    one, other = (exchange.images_at_places(study_seed=1, seed=seed) for seed in (0, 1))
    assert np.array_equal(one[200:], np.arange(200, 300))
    assert np.array_equal(np.sort(one[:200]), np.arange(200))
    assert not np.array_equal(one, other)


def test_official_validation_images_never_mix_with_training_images():
    labels = np.arange(300) % 5
    part = np.repeat(["train", "validation", "test"], [150, 50, 100])
    places = exchange_within_classes(labels, part, split_seed=0).images_at_places(
        study_seed=1, seed=3
    )
    assert np.array_equal(part[places], part)
    assert np.array_equal(labels[places], labels)


@given(seed=SEEDS, order=st.permutations(range(120)))
def test_whole_classes_change_places_in_whatever_order_images_come(seed, order):
    labels = np.repeat(np.arange(30), 4)[np.array(order)]
    part = np.where(labels < 20, "train", "test")
    places = exchange_of_classes(labels, part, split_seed=0).images_at_places(
        study_seed=1, seed=seed
    )
    assert np.array_equal(np.sort(places), np.arange(120))
    assert np.array_equal(places[part == "test"], np.flatnonzero(part == "test"))
    moved_to = {(int(old), int(new)) for old, new in zip(labels, labels[places], strict=True)}
    assert len(moved_to) == 30  # one class at the places of each
