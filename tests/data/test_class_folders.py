"""Which class and part an image is of, by its path alone."""

import pytest

from biasinit.data.class_folders import class_folders
from biasinit.data.folder_faults import Fault, Faults
from biasinit.errors import DataError


def of(*paths: str, faults: Faults | None = None):
    """Return what is found of these files; a path that ends with a slash is a folder."""
    parts = {path: tuple(path.strip("/").split("/")) for path in paths}
    files = [found for path, found in parts.items() if not path.endswith("/")]
    folders = {
        found[:depth]
        for path, found in parts.items()
        for depth in range(1, len(found) + path.endswith("/"))
    }
    told = faults or Faults("mine")
    found = class_folders(files, folders, image_endings=(".png",), faults=told)
    if faults is None:
        assert told.names == {}
    return found


@pytest.mark.parametrize("root", ["", "pictures/", "a/b/c/"])
def test_folders_that_hold_everything_are_looked_through(root):
    found = of(f"{root}cat/1.png", f"{root}dog/1.png")
    assert found.classes == ("cat", "dog")
    assert "/".join(found.root) == root.rstrip("/")


def test_what_lies_beside_such_a_folder_may_stay():
    found = of("README.md", "a/LICENSE", "a/train/cat/1.png", "a/train/dog/1.png", "a/test/x.csv",
               "a/test/cat/1.png", "a/test/dog/1.png")  # fmt: skip
    assert found.root == ("a",)
    assert ["/".join(path) for path in found.beside] == ["README.md", "a/LICENSE", "a/test/x.csv"]


def test_training_images_alone_are_split():
    found = of("train/cat/1.png", "train/dog/1.png")
    assert found.root == ("train",)
    assert found.parts is None


@pytest.mark.parametrize("name", ["train", "test", "Val", "training"])
def test_a_class_may_have_the_name_of_a_part(name):
    found = of(f"{name}/1.png", "bus/1.png", "car/1.png")
    assert set(found.classes) == {name, "bus", "car"}
    assert found.parts is None


@pytest.mark.parametrize("train", ["train", "Train", "TRAINING"])
@pytest.mark.parametrize("test", ["test", "Testing"])
@pytest.mark.parametrize("validation", ["val", "Valid", "validation", None])
def test_parts_are_known_by_usual_names(train, validation, test):
    folders = {"train": train, "validation": validation, "test": test}
    given = {part: name for part, name in folders.items() if name is not None}
    found = of(*(f"{name}/{label}/1.png" for name in given.values() for label in ("cat", "dog")))
    assert found.parts == [part for part in given for _ in range(2)]
    assert [path[0] for path in found.images] == [name for name in given.values() for _ in range(2)]


def test_images_are_ordered_by_part_class_and_path():
    found = of("test/a/2.png", "test/b/1.png", "train/b/z.png", "train/a/10.png", "train/a/9.png")
    assert ["/".join(path) for path in found.images] == [
        *("train/a/10.png", "train/a/9.png", "train/b/z.png", "test/a/2.png", "test/b/1.png")
    ]
    assert found.labels == [0, 0, 1, 0, 1]


def test_every_lacking_class_is_told_with_its_parts():
    faults = Faults("mine")
    paths = [f"{part}/{label}/1.png" for part in ("train", "val", "test") for label in "ab"]
    of(*paths, "val/c/1.png", "train/d/1.png", "test/d/1.png", faults=faults)
    assert faults.names == {Fault.MISSING_CLASS: ["'c' (not in train, test)", "'d' (not in val)"]}


def test_more_classes_than_labels_can_tell_apart_are_refused(monkeypatch):
    monkeypatch.setattr("biasinit.data.class_folders.MOST_CLASSES", 2)
    with pytest.raises(DataError, match="mine: There are 3 classes; at most 2 can be told apart"):
        of("a/1.png", "b/1.png", "c/1.png")
