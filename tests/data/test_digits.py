import dataclasses

import numpy as np
import pytest

from biasinit.data.digits import digits
from biasinit.data.prepared import GreyLevels, load_prepared, save_prepared
from biasinit.data.splits import SplitSizes, stratified_split
from biasinit.errors import DataError
from specifications import prepared


def test_the_digits_are_the_1797_real_images():
    images, labels = digits()
    assert images.shape == (1797, 8, 8, 1)
    assert (images.min(), images.max()) == (0, 16)
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_the_subsets_are_disjoint_stratified_and_of_the_sizes_asked_for():
    dataset = prepared(kind="digits", train=960, validation=240, test=597, split_seed=3)
    sizes = {name: len(numbers) for name, numbers in dataset.split.items()}
    assert sizes == {"train": 960, "validation": 240, "test": 597}
    together = np.concatenate(list(dataset.split.values()))
    assert len(np.unique(together)) == 1797
    shares = np.bincount(dataset.labels) / 1797
    for numbers in dataset.split.values():
        found = np.bincount(dataset.labels[numbers]) / len(numbers)
        assert np.abs(found - shares).max() < 1 / len(numbers) + 1e-9


def test_the_split_is_keyed_by_its_seed_alone():
    sizes = {"kind": "digits", "train": 100, "validation": 50, "test": 50}
    first, again, other = (prepared(**sizes, split_seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first.split["train"], again.split["train"])
    assert not np.array_equal(first.split["train"], other.split["train"])


def test_standardised_inputs_have_mean_0_and_sd_1_over_the_training_set_alone(small_digits):
    scaled = small_digits.scaled("standardized")
    assert scaled["train"].images.mean() == pytest.approx(0, abs=1e-12)
    assert scaled["train"].images.std() == pytest.approx(1, abs=1e-12)
    assert scaled["test"].images.mean() != pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("images", "pixels"),
    [(60_000, 28 * 28), (45_000, 32 * 32 * 3), (1_281_166, 224 * 224 * 3)],
    ids=["all of MNIST", "all of CIFAR-10", "all of ImageNet"],
)
def test_large_sets_are_standardised_too_whose_sums_need_more_than_64_bits(images, pixels):
    """Half of the images are of one grey level, half of another: mean 120 and SD 100 in all."""
    grey = np.repeat([20, 220], images // 2)
    levels = GreyLevels(sums=grey * pixels, squares=grey**2 * pixels, pixels=pixels, maximum=255)
    scaled = levels.scaled("standardized", np.arange(images))
    assert scaled == pytest.approx((np.arange(256) - 120) / 100, abs=1e-12)


def test_raw_inputs_are_between_0_and_1(small_digits):
    images = small_digits.scaled("raw")["train"].images
    assert (images.min(), images.max()) == (0, 1)


def test_a_stored_data_set_comes_back_and_has_the_same_bytes(small_digits, tmp_path):
    paths = [tmp_path / "a.npz", tmp_path / "b.npz"]
    for path in paths:
        save_prepared(small_digits, path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    loaded = load_prepared(paths[0])
    for field in ("images", "labels"):
        assert np.array_equal(getattr(loaded, field), getattr(small_digits, field))
    assert loaded.maximum == small_digits.maximum
    assert all(
        np.array_equal(loaded.split[name], small_digits.split[name]) for name in loaded.split
    )
    assert np.array_equal(
        loaded.shown_to(study_seed=1, seed=2), small_digits.shown_to(study_seed=1, seed=2)
    )


@pytest.mark.parametrize("damage", ["missing", "truncated", "not a zip", "another archive"])
def test_a_damaged_file_is_named_with_what_to_do(damage, small_digits, tmp_path):
    path = tmp_path / "digits.npz"
    save_prepared(small_digits, path)
    if damage == "missing":
        path.unlink()
    elif damage == "truncated":
        path.write_bytes(path.read_bytes()[:-500])
    elif damage == "not a zip":
        path.write_bytes(b"no zip at all")
    else:
        np.savez(path, something=np.zeros(3))
    with pytest.raises(DataError, match=r"digits\.npz cannot be read .* Delete the file"):
        load_prepared(path)


def test_a_pickle_in_a_data_file_is_never_run(small_digits, tmp_path):
    path = tmp_path / "digits.npz"
    np.savez(path, images=np.array([dataclasses.dataclass], dtype=object))
    with pytest.raises(DataError, match="holds something else than plain arrays"):
        load_prepared(path)


def test_impossible_sizes_are_refused():
    sizes = SplitSizes(train=8, validation=2, test=2)
    with pytest.raises(DataError, match=r"Change the sizes in 'datasets'\."):
        stratified_split(np.zeros(10, dtype=np.uint8), sizes=sizes, seed=0)
