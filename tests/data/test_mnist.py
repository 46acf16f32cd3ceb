import dataclasses
import gzip
import hashlib
import shutil

import numpy as np
import pytest

from biasinit.data.idx import read_idx
from biasinit.data.mnist import FASHION_MNIST, MNIST, IdxFile, read_release
from biasinit.errors import DataError
from biasinit.specs.datasets.base import OfficialImages
from specifications import prepared


def idx(numbers, *, kind=8):
    numbers = np.asarray(numbers, dtype=np.uint8)
    sizes = np.array(numbers.shape, dtype=">u4").tobytes()
    return bytes([0, 0, kind, numbers.ndim]) + sizes + numbers.tobytes()


LABELS = np.arange(5, dtype=np.uint8)


def read(path, shape=(5,), checksum=None):
    return read_idx(path, shape=shape, checksum=checksum, what="labels of a test", mend="Mend it.")


@pytest.mark.parametrize("compress", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_numbers_come_back_compressed_or_not(compress, tmp_path):
    path = tmp_path / "labels"
    path.write_bytes(compress(idx(LABELS)))
    assert np.array_equal(read(path), LABELS)


IMAGES = np.zeros((5, 2, 2))
DAMAGED = {
    "another start": (b"PK\3\4" + bytes(20), "must start with two zero bytes, got 50 4b"),
    "nothing": (b"", "must start with two zero bytes, got nothing"),
    "another type": (idx(LABELS, kind=13), r"unsigned bytes \(type 8\), got type 13"),
    "images for labels": (
        idx(IMAGES),
        r"must hold labels \(1 dimensions\), got images \(3\)\. Were two files swapped\?",
    ),
    "too few": (idx(LABELS[:4]), r"must hold 5 numbers, got 4\. Were two files swapped\?"),
    "a header without an end": (idx(LABELS)[:6], "must hold 5 numbers, got none"),
    "truncated": (idx(LABELS)[:-2], "ends after 11 bytes; with its 5 numbers it must have 13"),
    "too long": (idx(LABELS) + b"more", "is longer; with its 5 numbers it must have 13 bytes"),
    "truncated gzip": (gzip.compress(idx(LABELS))[:-9], "compressed data have no end"),
    "a flipped bit in gzip": (
        gzip.compress(idx(LABELS))[:-8] + bytes(4) + gzip.compress(idx(LABELS))[-4:],
        "is damaged: it cannot be uncompressed",
    ),
    "no gzip after its start": (b"\x1f\x8b" + bytes(30), "is damaged"),
}


@pytest.mark.parametrize(("content", "message"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_named_with_what_is_wrong_and_what_to_do(content, message, tmp_path):
    path = tmp_path / "labels-idx1-ubyte"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        read(path)
    assert str(caught.value).startswith(str(path))
    assert str(caught.value).endswith("Mend it.")


def test_a_folder_or_a_missing_file_cannot_be_read(tmp_path):
    for path in (tmp_path, tmp_path / "absent"):
        with pytest.raises(DataError, match=r"cannot be read \("):
            read(path)


def test_other_content_of_the_right_shape_is_told_by_its_checksum(tmp_path):
    path = tmp_path / "labels"
    path.write_bytes(idx(LABELS))
    found = hashlib.md5(idx(LABELS)).hexdigest()
    assert np.array_equal(read(path, checksum=f"md5:{found}"), LABELS)
    with pytest.raises(DataError, match=f"does not hold labels of a test.*be 00, got {found}"):
        read(path, checksum="md5:00")


SMALL = dataclasses.replace(
    FASHION_MNIST,
    sizes=OfficialImages(training=20, test=10),
    files={name: IdxFile(compressed="md5:00", content=None) for name in FASHION_MNIST.files},
)


@pytest.fixture
def small_files(tmp_path, rng):
    """The four files with 20 and 10 images, two of a class for training and one for testing."""
    for prefix, count in (("train", 20), ("t10k", 10)):
        images = rng.integers(0, 256, (count, 28, 28))
        (tmp_path / f"{prefix}-images-idx3-ubyte").write_bytes(idx(images))
        labels = gzip.compress(idx(np.arange(count) % 10))
        (tmp_path / f"{prefix}-labels-idx1-ubyte.gz").write_bytes(labels)
    return tmp_path


def test_training_images_come_first_and_test_images_are_known_as_such(small_files):
    read = read_release(SMALL, small_files)
    assert read.images.shape == (30, 28, 28, 1)
    assert read.labels.tolist() == [*range(10)] * 3
    assert read.part.tolist() == ["train"] * 20 + ["test"] * 10
    content = (small_files / "t10k-images-idx3-ubyte").read_bytes()
    assert read.images[20:].tobytes() == content[16:]


def test_labels_beyond_the_classes_are_refused(small_files):
    (small_files / "t10k-labels-idx1-ubyte.gz").write_bytes(idx([10] * 10))
    with pytest.raises(DataError, match=r"t10k-labels-idx1-ubyte .* from 0 to 9, got 10"):
        read_release(SMALL, small_files)


def test_a_missing_file_is_named_with_both_of_its_names(small_files):
    (small_files / "train-images-idx3-ubyte").unlink()
    with pytest.raises(
        DataError, match=r"has neither train-images-idx3-ubyte\.gz nor train-images-idx3-ubyte\."
    ):
        read_release(SMALL, small_files)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("train-images-idx3-ubyte", "t10k-images-idx3-ubyte"),
        ("train-labels-idx1-ubyte", "t10k-labels-idx1-ubyte"),
        ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
    ],
)
def test_two_real_files_swapped_are_named(one, other, fashion_mnist_directory, tmp_path):
    for path in fashion_mnist_directory.iterdir():
        shutil.copy(path, tmp_path)
    shutil.copy(fashion_mnist_directory / f"{one}.gz", tmp_path / f"{other}.gz")
    shutil.copy(fashion_mnist_directory / f"{other}.gz", tmp_path / f"{one}.gz")
    with pytest.raises(DataError, match=r"idx\d-ubyte\.gz .*Were two files swapped\?"):
        read_release(FASHION_MNIST, tmp_path)


def test_the_files_of_one_data_set_are_not_taken_for_those_of_the_other(fashion_mnist_directory):
    with pytest.raises(DataError, match="does not hold train-images-idx3-ubyte of MNIST"):
        read_release(MNIST, fashion_mnist_directory)


def test_the_real_fashion_mnist_is_read_and_split_along_its_test_set(fashion_mnist_directory):
    everything = read_release(FASHION_MNIST, fashion_mnist_directory)
    assert everything.images.shape == (70_000, 28, 28, 1)
    assert np.bincount(everything.labels[:60_000]).tolist() == [6000] * 10
    assert np.bincount(everything.labels[60_000:]).tolist() == [1000] * 10
    dataset = prepared(
        kind="fashion_mnist",
        train=2000,
        validation=500,
        test=1000,
        split_seed=0,
        directory=str(fashion_mnist_directory),
    )
    # all official training images, which seeds draw theirs from; other test images are left out
    assert len(dataset.images) == 61_000
    official = {image.tobytes() for image in everything.images[60_000:]}
    for name, size in {"train": 2000, "validation": 500, "test": 1000}.items():
        numbers = dataset.split[name]
        assert np.bincount(dataset.labels[numbers]).tolist() == [size // 10] * 10
        inside = sum(image.tobytes() in official for image in dataset.images[numbers])
        assert inside == (size if name == "test" else 0)
    seen = [dataset.shown_to(study_seed=1, seed=seed)[:, 0] for seed in (0, 1)]
    for name, numbers in dataset.split.items():
        one, other = (set(images[numbers].tolist()) for images in seen)
        assert (one == other) == (name == "test")
        assert np.bincount(dataset.labels[seen[0][numbers]]).tolist() == [len(numbers) // 10] * 10
