import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from biasinit.data.exchange import exchange_within_classes
from biasinit.data.pairs import in_pairs, pairs
from biasinit.data.prepared import PreparedDataset
from biasinit.errors import DataError
from biasinit.streams import Purpose, stream

LABELS = st.lists(st.integers(0, 4), min_size=3, max_size=40).filter(
    lambda labels: 1 < len(set(labels)) < len(labels)
)


def drawn(labels, count, seed=0):
    return pairs(np.array(labels), count, stream(1, seed, Purpose.PAIRS))


@given(labels=LABELS, count=st.integers(0, 60), seed=st.integers(0, 1000))
def test_half_of_the_pairs_are_of_one_class_and_none_is_of_one_image(labels, count, seed):
    left, right, same = drawn(labels, count, seed)
    classes = np.array(labels)
    assert len(left) == len(right) == len(same) == count
    assert same.sum() == count // 2
    assert np.array_equal(classes[left] == classes[right], same)
    assert (left != right).all()


@given(labels=LABELS, seed=st.integers(0, 1000))
def test_the_same_stream_gives_the_same_pairs(labels, seed):
    for one, other in zip(drawn(labels, 20, seed), drawn(labels, 20, seed), strict=True):
        assert np.array_equal(one, other)


def test_another_seed_gives_other_pairs():
    labels = np.repeat(np.arange(10), 10)
    assert not np.array_equal(drawn(labels, 50, 0).left, drawn(labels, 50, 1).left)


def test_every_possible_pair_comes_in_both_orders_and_as_often_as_it_should():
    labels, count = [0, 1, 0, 1, 1], 60_000
    left, right, same = drawn(labels, count)
    found = np.zeros((5, 5))
    np.add.at(found, (left, right), 1 / count)
    classes = np.array(labels)
    sizes = np.bincount(classes)[classes]
    equal = classes[:, None] == classes
    # the first image uniformly, then the second among its own, or among all others
    expected = np.where(equal, 0.5 / 5 / (sizes[:, None] - 1), 0.5 / 5 / (5 - sizes[:, None]))
    np.fill_diagonal(expected, 0)
    expected = (expected + expected.T) / 2
    assert expected.sum() == pytest.approx(1)
    assert np.abs(found - expected).max() < 5 * np.sqrt(0.1 / count)
    # and kinds of pairs are mixed, not one after the other
    assert 0.45 < same[: count // 2].mean() < 0.55


def test_a_class_of_one_image_is_in_pairs_of_different_classes_alone():
    left, right, same = drawn([0, 1, 1, 1], 400)
    with_single = (left == 0) | (right == 0)
    assert with_single.any()
    assert not (with_single & same).any()


@pytest.mark.parametrize("labels", [[0, 0, 0], [0, 1, 2], [0]])
def test_labels_without_both_kinds_of_pairs_are_refused(labels):
    with pytest.raises(DataError, match="Pairs need two classes, and two images of one of them"):
        drawn(labels, 4)


def of_classes(labels, split):
    images = np.arange(len(labels), dtype=np.uint8).reshape(-1, 1, 1, 1).repeat(4, axis=1)
    return PreparedDataset(
        images=images,
        labels=np.array(labels),
        maximum=255,
        split={name: np.array(numbers) for name, numbers in split.items()},
        shown=np.arange(len(labels))[:, None],
        exchange=exchange_within_classes(np.array(labels), None, split_seed=0),
    )


THREE_SUBSETS = {
    "train": list(range(20)),
    "validation": list(range(20, 30)),
    "test": list(range(30, 60)),
}


@given(seed=st.integers(0, 1000))
def test_a_data_set_of_pairs_keeps_its_subsets_apart(seed):
    labels = np.arange(60) % 5
    dataset = of_classes(labels, THREE_SUBSETS)
    paired = in_pairs(dataset, seed=seed)
    assert paired.image_shape == (4, 1, 2)
    assert paired.classes == 2
    for name, numbers in dataset.split.items():
        shown = paired.scaled("raw")[name].images * paired.maximum
        left, right = np.rint(shown[:, 0, 0, :]).astype(int).T
        assert len(shown) == len(numbers)
        assert {*left, *right} <= {*numbers}
        same = paired.labels[paired.split[name]]
        assert np.array_equal(labels[left] == labels[right], same == 1)


def test_the_size_of_one_subset_moves_no_pair_of_another():
    labels = np.arange(60) % 5
    one = in_pairs(of_classes(labels, THREE_SUBSETS), seed=1)
    other = in_pairs(of_classes(labels, THREE_SUBSETS | {"train": list(range(10))}), seed=1)
    assert np.array_equal(one.shown[one.split["test"]], other.shown[other.split["test"]])


@given(seed=st.integers(0, 1000))
def test_pairs_stay_pairs_of_one_class_or_two_in_the_split_of_every_seed(seed):
    labels = np.arange(60) % 5
    paired = in_pairs(of_classes(labels, THREE_SUBSETS), seed=1)
    shown = paired.shown_to(study_seed=3, seed=seed)
    left, right = shown.T
    assert np.array_equal(labels[left] == labels[right], paired.labels == 1)
    assert (left != right).all()
    seen = [set(shown[numbers].flat) for numbers in paired.split.values()]
    assert len(set.union(*seen)) == sum(map(len, seen))


def test_a_subset_without_two_images_of_a_class_is_named():
    split = THREE_SUBSETS | {"validation": [20, 21, 22]}
    with pytest.raises(DataError, match=r"Subset 'validation': Pairs need two classes"):
        in_pairs(of_classes(np.arange(60) % 5, split), seed=0)
