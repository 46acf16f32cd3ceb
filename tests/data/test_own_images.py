import numpy as np
import pytest

from biasinit.data.own_images import read_own_images
from biasinit.errors import DataError
from specifications import prepared

COUNT = 120
LABELS = np.arange(COUNT) % 3
PART = np.repeat(["train", "validation", "test"], 40)
SIZES = {"train": 21, "validation": 12, "test": 12}


@pytest.fixture
def images(rng):
    return rng.integers(0, 200, (COUNT, 6, 5, 3), dtype=np.uint8)


def written(folder, **arrays):
    np.savez(folder / "own.npz", **arrays)
    return folder / "own.npz"


def test_a_file_of_ones_own_is_one_block_of_the_study(images, tmp_path):
    path = written(tmp_path, images=images, labels=LABELS)
    dataset = prepared(kind="npz", path=str(path), split_seed=0, **SIZES)
    assert dataset.image_shape == (6, 5, 3)
    assert dataset.classes == 3
    assert dataset.maximum == 255
    for name, size in SIZES.items():
        assert np.bincount(dataset.labels[dataset.split[name]]).tolist() == [size // 3] * 3
        assert np.array_equal(dataset.images[dataset.split[name]], images[dataset.split[name]])


def test_grey_images_need_no_channel_and_may_have_a_maximum_of_their_own(images, tmp_path):
    grey = images[..., 0] % 17
    read = read_own_images(written(tmp_path, images=grey, labels=LABELS, maximum=16), channels=None)
    assert read.images.shape == (COUNT, 6, 5, 1)
    assert read.maximum == 16


@pytest.mark.parametrize("with_validation", [True, False])
def test_subsets_are_drawn_from_the_parts_of_the_file(with_validation, images, tmp_path):
    images[:, 0, 0, 0] = np.arange(COUNT)  # says which image it is
    part = PART if with_validation else np.where(PART == "validation", "train", PART)
    path = written(tmp_path, images=images, labels=LABELS, part=part)
    dataset = prepared(kind="npz", path=str(path), split_seed=0, **SIZES)
    for name, size in SIZES.items():
        numbers = dataset.images[dataset.split[name], 0, 0, 0]
        assert len(set(numbers.tolist())) == size
        expected = name if with_validation or name == "test" else "train"
        assert set(part[numbers].tolist()) == {expected}
    both = np.concatenate([dataset.split["train"], dataset.split["validation"]])
    assert len(set(both.tolist())) == 33


def test_fewer_images_than_classes_are_refused(images, tmp_path):
    path = written(tmp_path, images=images, labels=np.arange(COUNT) % 12, part=PART)
    with pytest.raises(DataError, match=r"cannot be drawn from 40: .*sizes in 'datasets'\."):
        prepared(kind="npz", path=str(path), split_seed=0, **(SIZES | {"validation": 11}))


@pytest.mark.parametrize("changes", [{"train": 41}, {"test": 41}, {"validation": 41}])
def test_sizes_that_a_part_cannot_give_are_refused(changes, images, tmp_path):
    path = written(tmp_path, images=images, labels=LABELS, part=PART)
    with pytest.raises(DataError, match=r"cannot be drawn from 40: .*sizes in 'datasets'\."):
        prepared(kind="npz", path=str(path), split_seed=0, **(SIZES | changes))


def test_a_whole_part_may_be_used(images, tmp_path):
    path = written(tmp_path, images=images, labels=LABELS, part=PART)
    dataset = prepared(kind="npz", path=str(path), split_seed=0, train=40, validation=12, test=40)
    assert [len(numbers) for numbers in dataset.split.values()] == [40, 12, 40]


WRONG = {
    "no images": ({"images": None}, "lacks the array 'images'"),
    "no labels": ({"labels": None}, "lacks the array 'labels'"),
    "real numbers": ({"images": np.zeros((120, 6, 5))}, r"'images' must be .* got float64"),
    "flat images": ({"images": np.zeros((120, 30), np.uint8)}, r"'images' must be .*\(120, 30\)"),
    "channels first": (
        {"images": np.zeros((120, 1, 8, 8), np.uint8)},
        r"'images' have 8 channels, the last number of their shape \(120, 1, 8, 8\); 1, 3 or 4 are "
        r"usual\. Write numpy\.moveaxis\(images, 1, -1\), if channels come first; if it is right, "
        r"say 'channels: 8' in the study\.",
    ),
    "many channels": (
        {"images": np.zeros((120, 6, 5, 12), np.uint8)},
        r"1, 3 or 4 are usual\. If it is right, say 'channels: 12' in the study\.",
    ),
    "no image": ({"images": np.zeros((0, 6, 5), np.uint8)}, r"'images' must be"),
    "too few labels": ({"labels": LABELS[:5]}, r"'labels' must be 120 .* shape \(5,\)"),
    "real labels": ({"labels": LABELS * 1.0}, "'labels' must be 120 whole numbers"),
    "a gap": ({"labels": LABELS * 2}, r"without a gap, got 0, 2, 4\. Renumber"),
    "from 1": ({"labels": LABELS + 1}, "without a gap, got 1, 2, 3"),
    "one class": ({"labels": LABELS * 0}, r"without a gap, got 0\."),
    "many gaps": ({"labels": np.arange(120) * 2}, "got 0, 2, 4, 6, 8, …"),
    "a low maximum": ({"maximum": 3}, r"'maximum' must be .* to 255, and at least 1, got 3"),
    "a high maximum": ({"maximum": 256}, "'maximum' must be"),
    "maxima": ({"maximum": [255, 255]}, "'maximum' must be one whole number"),
    "a real maximum": ({"maximum": 255.0}, "'maximum' must be one whole number"),
    "numbers as parts": ({"part": LABELS}, "'part' must be 120 texts, one for each image, got"),
    "too few parts": ({"part": PART[:9]}, "'part' must be 120 texts"),
    "another part": ({"part": np.repeat(["train", "dev", "test"], 40)}, "got 'dev', 'test', 'tra"),
    "no test part": ({"part": np.repeat("train", 120)}, "must hold 'train' and 'test'"),
}


@pytest.mark.parametrize(("changes", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_array_is_named_with_what_it_should_be(changes, message, images, tmp_path):
    arrays = {"images": images, "labels": LABELS, **changes}
    path = written(tmp_path, **{name: new for name, new in arrays.items() if new is not None})
    with pytest.raises(DataError, match=message) as caught:
        read_own_images(path, channels=None)
    assert str(caught.value).startswith(str(path))


def test_another_number_of_channels_is_said_in_the_study(images, tmp_path):
    spectra = np.repeat(images, 4, axis=-1)
    keys = {"kind": "npz", "split_seed": 0, **SIZES}
    keys["path"] = str(written(tmp_path, images=spectra, labels=LABELS))
    assert prepared(**keys, channels=12).image_shape == (6, 5, 12)
    with pytest.raises(DataError, match="have 12 channels"):
        prepared(**keys)
    with pytest.raises(DataError, match=r"and 'channels' in the study says 3\. Correct one of the"):
        prepared(**keys, channels=3)
    with pytest.raises(ValueError, match="channels: must be greater than or equal to 1, got 0"):
        prepared(**keys, channels=0)


def test_too_many_classes_are_refused(tmp_path):
    count = 65_537
    path = written(tmp_path, images=np.zeros((count, 1, 1), np.uint8), labels=np.arange(count))
    with pytest.raises(DataError, match="'labels' must be at most 65535, got 65536"):
        read_own_images(path, channels=None)


@pytest.mark.parametrize("damage", ["missing", "truncated", "no archive", "one array", "a pickle"])
def test_a_file_that_is_no_archive_of_arrays_is_named(damage, images, tmp_path):
    path = written(tmp_path, images=images, labels=LABELS)
    if damage == "missing":
        path.unlink()
    elif damage == "truncated":
        path.write_bytes(path.read_bytes()[:-200])
    elif damage == "no archive":
        path.write_bytes(b"no archive")
    elif damage == "one array":
        np.save(tmp_path / "own.npy", images)
        (tmp_path / "own.npy").rename(path)
    else:
        written(tmp_path, images=np.array([print], dtype=object), labels=LABELS)
    with pytest.raises(DataError, match=r"own\.npz (cannot be read|is no \.npz file of plain)"):
        read_own_images(path, channels=None)


def test_the_kind_needs_a_path():
    with pytest.raises(ValueError, match=r"path: is missing\. Name the \.npz file"):
        prepared(kind="npz", split_seed=0, **SIZES)
