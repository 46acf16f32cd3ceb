import dataclasses
import hashlib
import io
import os
import pickle
import tarfile

import numpy as np
import pytest

from biasinit.data.cifar10 import BATCHES, CIFAR10, read_cifar10, unpickled_arrays
from biasinit.data.downloads import RemoteFile
from biasinit.errors import DataError

IMAGES = 20  # of a batch
SMALL = dataclasses.replace(CIFAR10, images=IMAGES, checksums={})


def python_2_pickle(data, labels, batch_label):
    """A batch as Python 2 wrote the official ones: text and pixels as byte strings."""

    def text(value):
        return b"U" + bytes([len(value)]) + value

    def integer(value):
        return b"K" + bytes([value])

    pixels = data.tobytes()
    dtype = b"cnumpy\ndtype\n" + b"(" + text(b"u1") + b"K\0K\1tR"
    dtype += b"(K\3" + text(b"|") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb"
    array = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\0t" + text(b"b") + b"tR"
    shape = b"(K" + bytes([len(data)]) + b"M" + (3072).to_bytes(2, "little") + b"t"
    array += b"(K\1" + shape + dtype + b"\x89T" + len(pixels).to_bytes(4, "little") + pixels + b"tb"
    numbers = b"(" + b"".join(integer(label) for label in labels) + b"l"
    return (
        b"\x80\2}("
        + text(b"batch_label")
        + text(batch_label)
        + text(b"labels")
        + numbers
        + text(b"data")
        + array
        + text(b"filenames")
        + b"]u."
    )


@pytest.fixture
def batches(rng):
    made = {}
    for number, name in enumerate(BATCHES, start=1):
        data = rng.integers(0, 256, (IMAGES, 3072), dtype=np.uint8)
        label = b"testing batch 1 of 1" if name == "test_batch" else b"training batch %d of 5"
        label = label % number if b"%" in label else label
        made[name] = python_2_pickle(data, [*range(10), *range(10)], label)
    return made


def archive(folder, batches, *, prefix="cifar-10-batches-py/", others=()):
    with tarfile.open(folder / "cifar-10-python.tar.gz", "w:gz") as tar:
        prefixed = [(prefix + name, content) for name, content in batches.items()]
        for name, content in [*prefixed, *others]:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return folder


def unpacked(folder, batches):
    for name, content in batches.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize("form", ["archive", "unpacked", "unpacked within"])
def test_the_official_format_is_read_as_images_with_colours_last(form, batches, tmp_path):
    if form == "archive":
        archive(tmp_path, batches)
    elif form == "unpacked":
        unpacked(tmp_path, batches)
    else:
        (tmp_path / "cifar-10-batches-py").mkdir()
        unpacked(tmp_path / "cifar-10-batches-py", batches)
    read = read_cifar10(tmp_path, SMALL)
    assert read.images.shape == (6 * IMAGES, 32, 32, 3)
    assert read.labels.tolist() == [*range(10)] * 12
    assert read.part.tolist() == ["train"] * 5 * IMAGES + ["test"] * IMAGES
    row = unpickled_arrays(batches["data_batch_1"], path=tmp_path)[b"data"][0]
    assert np.array_equal(read.images[0, 3, 5], row[[3 * 32 + 5, 1024 + 3 * 32 + 5, 2048 + 101]])


def test_pickles_of_python_3_are_read_too(tmp_path):
    for protocol in (2, 3, 4):
        data = np.arange(12, dtype=np.uint8)
        back = unpickled_arrays(pickle.dumps({b"data": data}, protocol), path=tmp_path)
        assert np.array_equal(back[b"data"], data)


class Harmful:
    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("form", ["archive", "unpacked"])
@pytest.mark.parametrize(
    ("function", "arguments"), [(os.system, "touch harm"), (eval, "open('harm', 'w')")]
)
def test_a_harmful_pickle_is_refused_and_never_run(
    form, function, arguments, batches, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    batches["data_batch_3"] = pickle.dumps({b"data": Harmful(function, arguments)})
    (archive if form == "archive" else unpacked)(tmp_path, batches)
    with pytest.raises(DataError, match=r"data_batch_3 is refused: it asks for .*(system|eval),"):
        read_cifar10(tmp_path, SMALL)
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize(
    "name", ["builtins\ngetattr", "numpy\nload", "numpy\nndarray.tofile", "numpy.core\nmultiarray"]
)
def test_only_the_four_names_of_an_array_are_known(name, tmp_path):
    with pytest.raises(DataError, match="is refused"):
        unpickled_arrays(b"c" + name.encode() + b"\n.", path=tmp_path)


def test_an_archive_writes_nothing_wherever_its_names_point(batches, tmp_path):
    place = tmp_path / "inner"
    place.mkdir()
    others = [("../escaped", b"x"), (str(tmp_path / "absolute"), b"x")]
    archive(place, batches, others=others)
    read_cifar10(place, SMALL)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [
        "cifar-10-python.tar.gz"
    ]


def test_batches_under_names_that_point_elsewhere_are_not_taken(batches, tmp_path):
    archive(tmp_path, batches, prefix="../cifar-10-batches-py/")
    with pytest.raises(DataError, match=r"tar\.gz lacks data_batch_1, .* test_batch\. Replace"):
        read_cifar10(tmp_path, SMALL)


def test_a_link_in_an_archive_is_not_followed(batches, tmp_path):
    del batches["test_batch"]
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    archive(tmp_path, batches)
    (tmp_path / "cifar-10-python.tar.gz").unlink()
    with tarfile.open(tmp_path / "cifar-10-python.tar.gz", "w:gz") as tar:
        member = tarfile.TarInfo("cifar-10-batches-py/test_batch")
        member.type, member.linkname = tarfile.SYMTYPE, str(secret)
        tar.addfile(member)
    with pytest.raises(DataError, match="lacks data_batch_1"):
        read_cifar10(tmp_path, SMALL)


def remade(batches, name, **changes):
    content = unpickled_arrays(batches[name], path=None)
    batches[name] = pickle.dumps(content | {key.encode(): new for key, new in changes.items()})


DAMAGED = {
    "no images": ({"data": None}, r"data_batch_2 must hold images as uint8 \(20, 3072\), got"),
    "other pixels": ({"data": np.zeros((20, 10), np.uint8)}, r"got uint8 \(20, 10\)"),
    "too few labels": ({"labels": [1] * 19}, "must hold 20 labels, got 19"),
    "no labels": ({"labels": None}, "must hold 20 labels, got"),
    "a label beyond": ({"labels": [10] * 20}, "must hold labels from 0 to 9, got 10"),
    "a label of another kind": ({"labels": [b"x"] * 20}, "must hold labels from 0 to 9, got b'x'"),
    "another batch": (
        {"batch_label": b"testing batch 1 of 1"},
        "must hold the training batch 2 batch, got b'testing batch 1 of 1'. Were two files",
    ),
    "no name of the batch": ({"batch_label": None}, "must hold the training batch 2"),
}


@pytest.mark.parametrize(("changes", "message"), DAMAGED.values(), ids=DAMAGED)
def test_a_batch_with_other_content_is_named(changes, message, batches, tmp_path):
    remade(batches, "data_batch_2", **changes)
    with pytest.raises(DataError, match=message):
        read_cifar10(unpacked(tmp_path, batches), SMALL)


def test_swapped_batches_are_named(batches, tmp_path):
    batches["test_batch"], batches["data_batch_1"] = batches["data_batch_1"], batches["test_batch"]
    with pytest.raises(DataError, match=r"data_batch_1 .* Were two files swapped\?"):
        read_cifar10(archive(tmp_path, batches), SMALL)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (pickle.dumps([1]), "must hold data, labels and batch_label"),
        (b"no pickle", "is no pickled batch"),
        (b"", "is no pickled batch"),
    ],
)
def test_what_is_no_batch_is_named(content, message, batches, tmp_path):
    batches["data_batch_4"] = content
    with pytest.raises(DataError, match=f"data_batch_4 {message}"):
        read_cifar10(unpacked(tmp_path, batches), SMALL)


def test_a_truncated_batch_is_named(batches, tmp_path):
    batches["data_batch_4"] = batches["data_batch_4"][:-100]
    with pytest.raises(DataError, match="data_batch_4 is no pickled batch"):
        read_cifar10(unpacked(tmp_path, batches), SMALL)


def test_a_changed_pixel_is_told_by_the_checksum(batches, tmp_path):
    checksums = {
        name: f"md5:{hashlib.md5(content).hexdigest()}" for name, content in batches.items()
    }
    release = dataclasses.replace(SMALL, checksums=checksums)
    read_cifar10(unpacked(tmp_path, batches), release)
    content = bytearray(batches["data_batch_5"])
    content[5000] ^= 1
    (tmp_path / "data_batch_5").write_bytes(content)
    with pytest.raises(DataError, match="data_batch_5 does not hold data_batch_5 of CIFAR-10"):
        read_cifar10(tmp_path, release)


@pytest.mark.parametrize("damage", ["truncated", "no archive", "a folder"])
def test_a_damaged_archive_is_named(damage, batches, tmp_path):
    path = archive(tmp_path, batches) / "cifar-10-python.tar.gz"
    content = path.read_bytes()
    path.unlink()
    if damage == "a folder":
        path.mkdir()
    else:
        path.write_bytes(content[: len(content) // 2] if damage == "truncated" else b"nothing")
    with pytest.raises(DataError, match=r"tar\.gz is truncated or damaged: it cannot be unpacked"):
        read_cifar10(tmp_path, SMALL)


def test_a_batch_that_cannot_be_read_is_named(batches, tmp_path):
    unpacked(tmp_path, batches)
    (tmp_path / "test_batch").unlink()
    (tmp_path / "test_batch").mkdir()
    with pytest.raises(DataError, match="test_batch cannot be read"):
        read_cifar10(tmp_path, SMALL)


def test_an_empty_folder_is_named_with_what_it_should_have(tmp_path):
    with pytest.raises(
        DataError, match=r"has neither cifar-10-python\.tar\.gz nor cifar-10-batches-py"
    ):
        read_cifar10(tmp_path)


def test_without_a_folder_the_archive_is_downloaded(batches, tmp_path):
    path = archive(tmp_path, batches) / "cifar-10-python.tar.gz"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    remote = RemoteFile(name=path.name, urls=(), checksum=f"sha256:{digest}", instead="")
    place = tmp_path / "downloads" / "cifar10"
    place.mkdir(parents=True)
    path.rename(place / path.name)  # there already, so that no server is asked
    read = read_cifar10(None, dataclasses.replace(SMALL, archive=remote))
    assert len(read.images) == 6 * IMAGES
