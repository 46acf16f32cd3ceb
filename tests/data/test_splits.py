import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from biasinit.data.cifar10 import CIFAR10, TRAINING_BATCHES
from biasinit.data.digits import digits
from biasinit.data.source import Source
from biasinit.data.splits import SplitSizes, split_by_class, split_within_parts
from biasinit.errors import DataError
from biasinit.plugins.registry import DATASETS
from biasinit.plugins.resolve import resolve
from biasinit.specs.datasets import cifar10 as cifar10_keys
from biasinit.specs.datasets import digits as digits_keys

CHARACTERS = np.repeat(np.arange(30), 20)
PART = np.where(CHARACTERS < 20, "train", "test")


@given(
    train=st.integers(1, 10),
    validation=st.integers(1, 10),
    test=st.integers(1, 10),
    seed=st.integers(0, 100),
)
def test_whole_classes_are_drawn_and_no_two_subsets_share_one(train, validation, test, seed):
    sizes = SplitSizes(train=20 * train, validation=20 * validation, test=20 * test)
    split = split_by_class(CHARACTERS, PART, sizes=sizes, seed=seed)
    found = {name: np.bincount(CHARACTERS[numbers]) for name, numbers in split.items()}
    assert all(set(counts.tolist()) <= {0, 20} for counts in found.values())
    classes = {name: set(np.flatnonzero(counts).tolist()) for name, counts in found.items()}
    assert [len(classes[name]) for name in ("train", "validation", "test")] == [
        train,
        validation,
        test,
    ]
    assert not classes["train"] & classes["validation"]
    assert max(classes["train"] | classes["validation"]) < 20 <= min(classes["test"])


def test_more_training_classes_keep_the_test_classes():
    splits = [
        split_by_class(
            CHARACTERS, PART, sizes=SplitSizes(train=train, validation=20, test=100), seed=3
        )
        for train in (100, 200)
    ]
    assert np.array_equal(splits[0]["test"], splits[1]["test"])
    assert set(splits[0]["train"]) < set(splits[1]["train"])


def test_classes_are_keyed_by_the_seed():
    sizes = SplitSizes(train=100, validation=20, test=100)
    one, other = (split_by_class(CHARACTERS, PART, sizes=sizes, seed=seed) for seed in (0, 1))
    assert not np.array_equal(one["train"], other["train"])


def test_parts_of_classes_are_refused():
    sizes = SplitSizes(train=110, validation=20, test=50)
    with pytest.raises(DataError, match=r"of 20 images are drawn, got train 110 and test 50"):
        split_by_class(CHARACTERS, PART, sizes=sizes, seed=0)


@pytest.mark.parametrize(("train", "test"), [(400, 20), (20, 220)])
def test_more_classes_than_there_are_are_refused(train, test):
    sizes = SplitSizes(train=train, validation=20, test=test)
    with pytest.raises(DataError, match="20 classes for training and validation and 10 for test"):
        split_by_class(CHARACTERS, PART, sizes=sizes, seed=0)


def test_official_test_images_are_never_trained_on():
    labels = np.arange(1000) % 10
    part = np.repeat(["train", "test"], [800, 200])
    sizes = SplitSizes(train=600, validation=200, test=200)
    split = split_within_parts(labels, part, sizes=sizes, seed=0)
    assert np.array_equal(split["test"], np.arange(800, 1000))
    both = np.concatenate([split["train"], split["validation"]])
    assert np.array_equal(np.sort(both), np.arange(800))
    for numbers in split.values():
        assert len(set(np.bincount(labels[numbers]).tolist())) == 1


def test_the_sizes_that_the_study_is_checked_with_are_those_of_the_readers():
    assert len(digits()[0]) == digits_keys.IMAGES
    assert CIFAR10.images * len(TRAINING_BATCHES) == cifar10_keys.OFFICIAL.training
    assert CIFAR10.images == cifar10_keys.OFFICIAL.test


def test_every_kind_of_the_study_has_a_reader():
    for place in DATASETS.values():
        assert isinstance(resolve(resolve(place).source), Source)
