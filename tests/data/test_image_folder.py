"""Images in a folder for each class: the same whatever they are packed in, every fault named."""

import logging
import os
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from biasinit.data import image_folder
from biasinit.data.image_folder import read_image_folder
from biasinit.data.prepared import save_prepared
from biasinit.errors import DataError
from packing import KINDS, classes, flat, image, packed, parts
from specifications import prepared

SIZES = {"train": 20, "validation": 10, "test": 10}


def read(files, folder: Path, *, kind: str = "folder", size=None):
    return read_image_folder(packed(files, folder / "mine", kind=kind), size=size)


def levels(images) -> list[int]:
    """Return the grey level of each image of one level."""
    return images.images[:, 0, 0, 0].tolist()


def test_classes_and_files_are_in_the_order_of_their_names(tmp_path):
    names = {"dog/2": 12, "cat/10": 1, "dog/1": 11, "cat/2": 2, "Zebra/1": 9}
    found = read({f"{name}.png": flat(level) for name, level in names.items()}, tmp_path)
    assert levels(found) == [9, 1, 2, 11, 12]
    assert found.labels.tolist() == [0, 1, 1, 2, 2]
    assert found.part is None
    assert found.maximum == 255


def test_parts_are_those_of_the_folders(tmp_path):
    found = read(parts(each=2, names=("train", "val", "test")), tmp_path)
    assert found.part.tolist() == ["train"] * 4 + ["validation"] * 4 + ["test"] * 4
    assert found.labels.tolist() == [0, 0, 1, 1] * 3
    assert levels(found) == [0, 1, 10, 11] * 3


@pytest.mark.parametrize("names", [("train", "test"), ("train", "validation", "test"), ()])
def test_a_folder_is_one_block_of_the_study(names, tmp_path):
    files = parts(each=20, names=names) if names else classes(each=40)
    path = packed(files, tmp_path / "mine", kind="folder")
    dataset = prepared(kind="image_folder", path=str(path), split_seed=0, **SIZES)
    assert dataset.image_shape == (4, 4, 1)
    assert dataset.classes == 2
    for name, size in SIZES.items():
        found = dataset.labels[dataset.split[name]]
        assert np.bincount(found).tolist() == [size // 2, size // 2]
        assert (dataset.images[dataset.split[name], 0, 0, 0] // 10 >= found).all()


@pytest.mark.slow
@given(data=st.data())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_folder_a_zip_and_a_tar_give_the_same_bytes(data, tmp_path_factory):
    """Whatever the order of packing, and whether the folder was packed or what is in it."""
    name = st.text("aZ0é .-", min_size=1, max_size=4).filter(
        lambda text: not text.startswith(".") and text.strip() == text
    )
    labels = data.draw(
        st.lists(name, min_size=2, max_size=3, unique_by=str.casefold).filter(
            lambda found: len({*found} & {"train", "test"}) == 0
        )
    )
    stems = [data.draw(name) for _ in labels]
    folders = data.draw(st.sampled_from([("",), ("train/", "test/"), ("Train/", "val/", "TEST/")]))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    files = {
        f"{folder}{label}/{stem}{number}.png": image(rng.integers(0, 255, (3, 2, 3)))
        for folder in folders
        for label, stem in zip(labels, stems, strict=True)
        for number in range(20)
    }
    place = tmp_path_factory.mktemp("same")
    written = set()
    for kind in KINDS:
        order = data.draw(st.permutations(sorted(files)))
        root = data.draw(st.sampled_from(["", "./", "pictures/", "a/b/"]))
        order = {f"{root}{path}": files[path] for path in order}
        path = packed(order, place / f"mine.{kind}", kind=kind)
        sizes = {"train": 10, "validation": 10, "test": 10}
        made = prepared(kind="image_folder", path=str(path), split_seed=1, **sizes)
        save_prepared(made, place / "made.npz")
        written.add((place / "made.npz").read_bytes())
    assert len(written) == 1


def test_grey_images_have_one_channel_and_colours_three(tmp_path):
    grey = read(classes(), tmp_path)
    assert grey.images.shape == (6, 4, 4, 1)
    coloured = {name: flat(9, mode="RGB") for name in classes()}
    (tmp_path / "colour").mkdir()
    assert read(coloured, tmp_path / "colour").images.shape == (6, 4, 4, 3)


def test_grey_images_among_colours_become_colours_and_are_counted(tmp_path, caplog):
    files = {**classes(), "cat/colour.png": image(np.full((4, 4, 3), [200, 0, 100]))}
    with caplog.at_level(logging.INFO):
        found = read(files, tmp_path)
    assert found.images.shape == (7, 4, 4, 3)
    assert found.images[3, 0, 0].tolist() == [200, 0, 100]
    assert (found.images[:3].min(axis=-1) == found.images[:3].max(axis=-1)).all()
    assert "6 images are grey and 1 in colour: all become red, green and blue." in caplog.text


def test_the_log_tells_of_what_there_is_and_of_what_was_left_out(tmp_path, caplog):
    files = {f"pictures/{path}": content for path, content in parts().items()}
    more = {
        **{".DS_Store": b"x", "__MACOSX/a/._1.png": b"x", "pictures/train/cat/Thumbs.db": b"x"},
        **{"pictures/README.md": b"x", "pictures/train/labels.csv": b"x"},
    }
    with caplog.at_level(logging.INFO):
        found = read({**files, **more}, tmp_path, kind="zip")
    assert len(found.labels) == 12
    said = [record.getMessage() for record in caplog.records]
    assert "Everything is in the folder 'pictures', which is looked through." in said
    assert (
        "Left out, 3 hidden files or folders: '.DS_Store', '__MACOSX/a/._1.png', "
        "'pictures/train/cat/Thumbs.db'."
    ) in said
    assert (
        "Left out, 2 files beside the folders of classes: 'pictures/README.md', "
        "'pictures/train/labels.csv'."
    ) in said
    assert f"{tmp_path / 'mine'}: 6 images for train, 6 images for test." in said
    assert "Validation images are drawn from the training images." in said
    assert "2 classes: 0 'cat', 1 'dog'." in said


def test_what_was_done_to_images_is_counted(tmp_path, caplog):
    turned = flat(7, form="JPEG", exif=_exif(6))
    files = {**classes(), "cat/a.jpg": turned, "dog/b.jpg": turned, "dog/c.gif": _animation()}
    with caplog.at_level(logging.INFO):
        read(files, tmp_path)
    assert "Images turned as their EXIF says: 2." in caplog.text
    assert "Images with several frames, of which the first is taken: 1." in caplog.text


def test_a_long_reading_shows_progress(tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(image_folder, "SECONDS_OF_SILENCE", -1)
    with caplog.at_level(logging.INFO):
        read(classes(), tmp_path)
    assert "5 of 6 images are read." in caplog.text


def test_size_brings_all_images_to_one_size(tmp_path):
    files = {**classes(), "cat/wide.png": flat(9, width=9), "dog/large.png": flat(8, height=50)}
    assert read(files, tmp_path, size=(3, 2)).images.shape == (8, 3, 2, 1)


def test_images_in_folders_within_a_class_are_of_that_class(tmp_path):
    files = {"cat/a/1.png": flat(1), "cat/2.png": flat(2), "dog/b/c/3.png": flat(3)}
    found = read(files, tmp_path)
    assert levels(found) == [2, 1, 3]
    assert found.labels.tolist() == [0, 0, 1]


def test_links_to_images_and_folders_are_followed(tmp_path):
    store = packed(classes(), tmp_path / "store", kind="folder")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "cat").symlink_to(store / "cat")
    (tmp_path / "mine" / "dog").mkdir()
    (tmp_path / "mine" / "dog" / "one.png").symlink_to(store / "dog" / "0.png")
    assert levels(read_image_folder(tmp_path / "mine", size=None)) == [0, 1, 2, 10]


def _exif(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif.tobytes()


def _animation() -> bytes:
    first, second = (Image.new("L", (4, 4), level) for level in (5, 250))
    content = BytesIO()
    first.save(content, "GIF", save_all=True, append_images=[second])
    return content.getvalue()


JPEG = image(np.random.default_rng(0).integers(0, 255, (40, 40)), form="JPEG")
# files beside six good ones, and what is said
WRONG = {
    "no folder of a class": (
        dict.fromkeys(classes(), None) | {"1.png": flat(1)},
        "There is no folder of a class. Put images into train/CLASS and test/CLASS (and val/CLASS, "
        "if you have validation images), or into CLASS alone.",
    ),
    "one class alone": (
        {f"dog/{number}.png": None for number in range(3)},
        "There is one class alone, 'cat'. Put images into",
    ),
    "a class without files": (
        {"emu/": b""},
        "1 class has a folder without files: 'emu'. Put images there, or remove the folders.",
    ),
    "a class of hidden files": (
        {"emu/.DS_Store": b"x"},
        "1 class has a folder without files: 'emu'. Put images there, or remove the folders.",
    ),
    "a file that is no image": (
        {"cat/notes.txt": b"about cats"},
        "1 file in a class is no image that Pillow reads: 'cat/notes.txt'. Take them out, or "
        "convert them.",
    ),
    "an empty file": (
        {"cat/9.png": b""},
        "1 file is empty (0 bytes): 'cat/9.png'. Replace them by whole images, or take them out.",
    ),
    "a JPEG that breaks off": (
        {"cat/9.jpg": JPEG[:-300]},
        "1 image is damaged: 'cat/9.jpg' (image file is truncated (",
    ),
    "many files that are no images": (
        {f"cat/{number}.txt": b"x" for number in range(1, 13)},
        "12 files in classes are no images that Pillow reads: 'cat/1.txt', 'cat/10.txt', "
        "'cat/11.txt', 'cat/12.txt', 'cat/2.txt' and 7 more. Take them out, or convert them.",
    ),
    "images of several sizes": (
        {"cat/8.png": flat(1, height=6), "cat/9.png": flat(1, width=5)},
        "Images have 3 sizes, height×width: 4×4 (6), 4×5 (1), 6×4 (1). Say 'size: 4' for the data "
        "set to bring all to one.",
    ),
    "grey levels of 16 bits": (
        {"cat/9.png": image([[1]], mode="I;16")},
        "1 image has grey levels of more than 8 bits: 'cat/9.png' (mode I;16). Convert them to 8 "
        "bits, as nobody but you knows which level is white.",
    ),
    "classes that differ in capitals": (
        {"Cat/1.png": flat(1)},
        "1 pair of classes differs in capitals or blanks at the ends alone: 'Cat' and 'cat'. Give "
        "each class one name everywhere.",
    ),
    "classes that differ in a blank": (
        {"cat /1.png": flat(1)},
        "differs in capitals or blanks at the ends alone: 'cat' and 'cat '.",
    ),
    "an image in no class": (
        {"1.png": flat(1)},
        "1 image lies in no class's folder: '1.png'. Move each into the folder of its class.",
    ),
}


@pytest.mark.parametrize("kind", ["folder", "zip", "tar.gz"])
@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_named_with_the_files(case, kind, tmp_path):
    changes, message = WRONG[case]
    files = {name: found for name, found in (classes() | changes).items() if found is not None}
    with pytest.raises(DataError) as caught:
        read(files, tmp_path, kind=kind)
    said = str(caught.value)
    assert message in said
    assert said.startswith(str(tmp_path / "mine"))
    assert "\n" not in said


# the same of folders of parts
CASES = {
    "a class that is in no test images": (
        {"train/emu/1.png": flat(1)},
        "1 class is not in every part: 'emu' (not in test). Add images of it there, or take the "
        "class out.",
    ),
    "a class that differs in capitals between the parts": (
        {"test/Dog/1.png": flat(1)},
        "1 pair of classes differs in capitals or blanks at the ends alone: 'Dog' and 'dog'.",
    ),
    "a class without files in one part": (
        {"val/cat/1.png": flat(1), "val/dog/": b""},
        "1 class has a folder without files: 'val/dog'.",
    ),
    "a part without a class": (
        {"val/": b""},
        "1 part holds no class: 'val'. Put a folder for each class there.",
    ),
    "no test images": (
        {path.replace("train", "val"): flat(1) for path in parts(names=("train",))}
        | dict.fromkeys(parts(names=("test",)), None),
        "There are 'train' and 'val', and no test images. Rename 'val' to 'test' to test on its "
        "images, and have validation images drawn from the training images.",
    ),
    "no training images": (
        {path.replace("test", "val"): flat(1) for path in parts(names=("test",))}
        | dict.fromkeys(parts(names=("train",)), None),
        "There are 'test' and 'val', and no training images. Put images into train/CLASS and test/",
    ),
    "two folders of validation images": (
        {"val/cat/1.png": flat(1), "valid/cat/1.png": flat(1)},
        "There are 'val' and 'valid' for one part. Keep one of them.",
    ),
    "a folder beside training and test images": (
        {"extra/cat/1.png": flat(1)},
        "1 folder stands beside those of training and test images: 'extra'. Move them elsewhere.",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_is_named_with_the_parts(case, tmp_path):
    changes, message = CASES[case]
    files = {name: found for name, found in (parts() | changes).items() if found is not None}
    with pytest.raises(DataError) as caught:
        read(files, tmp_path)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_all_problems_of_a_folder_are_named_at_once(tmp_path):
    files = {**parts(), "train/cat/x.png": b"", "train/cat/y.txt": b"y", "train/emu/1.png": flat(1),
             "test/cat/large.png": flat(1, height=8, width=8), "extra/1.png": flat(1),
             "train/1.png": flat(1)}  # fmt: skip
    with pytest.raises(DataError) as caught:
        read(files, tmp_path)
    lines = str(caught.value).splitlines()
    assert lines[0] == f"{tmp_path / 'mine'} has 6 problems:"
    assert [line[4:].split(":")[0] for line in lines[1:]] == [
        "1 file is empty (0 bytes)",
        "1 file in a class is no image that Pillow reads",
        "1 image lies in no class's folder",
        "1 folder stands beside those of training and test images",
        "1 class is not in every part",
        "Images have 2 sizes, height×width",
    ]


def test_an_image_with_more_pixels_than_is_safe_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("PIL.Image.MAX_IMAGE_PIXELS", 100)
    for height in (15, 100):  # what Pillow warns of, and what it refuses itself
        files = {**classes(), "cat/9.png": flat(1, height=height, width=10)}
        path = packed(files, tmp_path / f"{height}.zip", kind="zip")
        with pytest.raises(DataError, match="1 image has more pixels than Pillow takes for safe"):
            read_image_folder(path, size=None)


def test_more_pixels_than_jobs_can_hold_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(image_folder, "MOST_BYTES", 80)
    with pytest.raises(DataError, match=r"Pixels take more than .* GiB, .* a smaller 'size'"):
        read(classes(), tmp_path)
    assert len(read_image_folder(tmp_path / "mine", size=(2, 2)).images) == 6


def test_fewer_images_than_the_sizes_ask_for_are_refused_with_the_numbers(tmp_path):
    path = packed(parts(each=20), tmp_path / "mine", kind="folder")
    said = "50 images for train and validation cannot be drawn from 40: that is 10 too many. Change"
    with pytest.raises(DataError, match=said):
        prepared(kind="image_folder", path=str(path), split_seed=0, **(SIZES | {"train": 40}))


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({}, r"path: is missing\. Name the folder, zip or tar with your images\."),
        (
            {"size": 0},
            r"size: must be a number of pixels from 1 to 1024, or two of them, got 0\. W",
        ),
        (
            {"size": [8]},
            r"size: must be .*, got \[8\]\. Write size: 32, or size: \[height, width\]",
        ),
        ({"size": True}, "size: must be .*, got True"),
        ({"size": 32.5}, r"size: must be .*, got 32\.5"),
    ],
)
def test_keys_that_cannot_be_are_refused(keys, message):
    with pytest.raises(ValueError, match=message):
        prepared(kind="image_folder", split_seed=0, **SIZES, **keys)


@pytest.fixture(scope="module")
def cifar10_copies() -> Path:
    named = os.environ.get("BIASINIT_CIFAR10_JPEG")
    if not named:
        pytest.skip("no JPEG copies of CIFAR-10: name their archive in BIASINIT_CIFAR10_JPEG")
    return Path(named)


@pytest.mark.slow
def test_an_archive_of_real_images_is_read(cifar10_copies):
    """JPEG copies of CIFAR-10, 5,000 and 1,000 of each class."""
    sizes = {"train": 4000, "validation": 1000, "test": 1000}
    path = str(cifar10_copies)
    dataset = prepared(kind="image_folder", path=path, split_seed=0, split="once", **sizes)
    assert dataset.image_shape == (32, 32, 3)
    for name, size in sizes.items():
        assert np.bincount(dataset.labels[dataset.split[name]]).tolist() == [size // 10] * 10
    training = dataset.images[dataset.split["train"]] / 255
    # of all official training images, by channel: .4914, .4822, .4465 and .2470, .2435, .2616
    assert training.mean((0, 1, 2)) == pytest.approx([0.4914, 0.4822, 0.4465], abs=0.01)
    assert training.std((0, 1, 2)) == pytest.approx([0.2470, 0.2435, 0.2616], abs=0.01)
