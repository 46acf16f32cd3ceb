"""Data sets that nothing can be learnt from are refused, whatever they were read from."""

import numpy as np
import pytest

from biasinit.errors import DataError
from packing import flat, packed
from specifications import prepared

SIZES = {"train": 20, "validation": 10, "test": 10}
LABELS = np.arange(60) % 3


@pytest.fixture
def written(tmp_path):
    """Return the path of an .npz file with arrays."""

    def write(images, labels=LABELS, **more) -> str:
        np.savez(tmp_path / "own.npz", images=images, labels=labels, **more)
        return str(tmp_path / "own.npz")

    return write


@pytest.fixture
def images(rng):
    return rng.integers(0, 255, (60, 4, 4, 1), dtype=np.uint8)


@pytest.mark.parametrize("imbalance", [1, 10])
def test_training_images_of_one_grey_level_are_refused(imbalance, written):
    path = written(np.full((60, 4, 4, 1), 7, np.uint8))
    with pytest.raises(DataError) as caught:
        prepared(kind="npz", path=path, split_seed=0, imbalance=imbalance, **SIZES)
    count = {1: 20, 10: 9}[imbalance]
    assert str(caught.value) == (
        f"All {count} training images of the data set 'any' are the same, every grey level 7: "
        "nothing can be learnt from them. Check how they were written."
    )


def test_one_image_again_and_again_is_refused_with_pairs_too(images, written):
    path = written(np.repeat(images[:1], 60, axis=0))
    with pytest.raises(DataError, match=r"All 20 training images .* are the same: nothing can be"):
        prepared(kind="npz", path=path, split_seed=0, pairs=True, **SIZES)


def test_black_images_in_a_folder_are_refused(tmp_path):
    files = {f"{label}/{number}.png": flat(0) for label in "ab" for number in range(30)}
    path = packed(files, tmp_path / "mine.zip", kind="zip")
    with pytest.raises(DataError, match="are the same, every grey level 0: nothing can be learnt"):
        prepared(kind="image_folder", path=str(path), split_seed=0, **SIZES)


def test_one_image_that_differs_is_enough(images, written):
    same = np.repeat(images[:1], 60, axis=0)
    training = _training_images(images, written)
    same[training[-1]] = images[1]
    path = written(same)
    assert prepared(kind="npz", path=path, split_seed=0, split="once", **SIZES).classes == 3


def _training_images(images, written) -> list[int]:
    """Return which images the split takes for training: it does not depend on what they show."""
    marked = images.copy()
    marked[:, 0, 0, 0] = np.arange(60)
    made = prepared(kind="npz", path=written(marked), split_seed=0, split="once", **SIZES)
    return made.images[made.split["train"], 0, 0, 0].tolist()


@pytest.mark.parametrize("split", ["per seed", "once"])
def test_classes_without_a_training_image_are_refused(split, images, written):
    part = np.where(LABELS == 1, "test", np.repeat(["train", "test"], 30))
    path = written(images, part=part)
    sizes = {"train": 10, "validation": 10, "test": 10}
    with pytest.raises(DataError) as caught:
        prepared(kind="npz", path=path, split_seed=0, split=split, **sizes)
    assert str(caught.value) == (
        "The data set 'any' has classes without a training image: 1. Train on more images, add "
        "training images of them, or leave these classes out."
    )


def test_a_class_that_is_too_small_to_be_drawn_is_refused_and_not_forgotten(rng, written):
    labels = np.concatenate([np.arange(998) % 2, [2, 2]])
    path = written(rng.integers(0, 255, (1000, 2, 2), dtype=np.uint8), labels)
    sizes = {"train": 12, "validation": 10, "test": 10}
    with pytest.raises(DataError, match=r"classes without a training image: 2\. Train on more"):
        prepared(kind="npz", path=path, split_seed=0, split="once", **sizes)


def test_many_such_classes_are_counted(rng, written):
    labels = np.concatenate([np.arange(20), np.arange(40) % 2])
    part = np.repeat(["test", "train"], [20, 40])
    path = written(rng.integers(0, 255, (60, 2, 2), dtype=np.uint8), labels, part=part)
    sizes = {"train": 20, "validation": 10, "test": 20}
    with pytest.raises(DataError, match=r"image: 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 8 more\."):
        prepared(kind="npz", path=path, split_seed=0, **sizes)


def test_pairs_may_show_classes_that_no_training_image_shows(images, written):
    """Their question is whether two images show the same class, also of classes never seen."""
    part = np.where((LABELS == 2) | (np.arange(60) >= 48), "test", "train")
    path = written(images, part=part)
    sizes = {"train": 20, "validation": 10, "test": 20}
    assert prepared(kind="npz", path=path, split_seed=0, pairs=True, **sizes).classes == 2
