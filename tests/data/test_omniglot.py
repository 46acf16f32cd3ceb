import dataclasses
import hashlib
import io
import shutil
import zipfile

import numpy as np
import pytest
from PIL import Image

from biasinit.data import omniglot
from biasinit.data.omniglot import (
    ONE_SHOT_RUNS,
    SMALL_1,
    SMALL_2,
    read_characters,
    read_omniglot,
    read_one_shot_runs,
)
from biasinit.errors import DataError
from biasinit.specs.datasets.omniglot import OFFICIAL
from specifications import prepared


def png(array=None, *, kind="PNG"):
    array = np.ones((105, 105), bool) if array is None else array
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, kind)
    return buffer.getvalue()


def read_small(directory, *, size):
    return read_omniglot(directory, alphabets="small", size=size)


def zipped(path, entries):
    with zipfile.ZipFile(path, "w") as file:
        for name, content in entries.items():
            file.writestr(name, content)
    return path


def drawings(alphabet="Greek", character="character01", count=20):
    return {f"set/{alphabet}/{character}/{number:02}.png": png() for number in range(count)}


def test_the_real_small_sets_have_the_characters_that_are_known(omniglot_directory):
    first = read_characters(omniglot_directory / SMALL_1.name, size=105)
    assert first.images.shape == (2720, 105, 105, 1)
    assert np.bincount(first.labels).tolist() == [20] * 136
    assert {alphabet for alphabet, _ in first.names} == {
        "Balinese",
        "Early_Aramaic",
        "Greek",
        "Korean",
        "Latin",
    }
    assert set(np.unique(first.images)) == {0, 255}
    assert 0.02 < first.images.mean() / 255 < 0.2  # ink is what little there is


@pytest.mark.slow
def test_shrinking_keeps_the_amount_of_ink(omniglot_directory):
    path = omniglot_directory / SMALL_2.name
    whole, small = (read_characters(path, size=size) for size in (105, 28))
    assert small.images.shape[1:] == (28, 28, 1)
    amounts = [item.images.mean(axis=(1, 2, 3)) for item in (whole, small)]
    assert np.abs(amounts[0] - amounts[1]).max() < 0.5  # rounding to whole grey levels
    # at a divisor of 105, each new pixel is the mean of a block
    blocks = whole.images[:50].reshape(50, 35, 3, 35, 3).mean(axis=(2, 4))
    thirds = read_characters(path, size=35).images[:50, :, :, 0]
    assert np.abs(thirds - blocks).max() <= 0.5


@pytest.mark.slow
def test_test_characters_are_of_alphabets_that_training_never_saw(omniglot_directory):
    read = read_omniglot(omniglot_directory, alphabets="small", size=28)
    sizes = OFFICIAL["small"]
    assert (read.part == "train").sum() == sizes.training
    assert (read.part == "test").sum() == sizes.test
    assert np.bincount(read.labels).tolist() == [20] * (136 + 106)
    dataset = prepared(
        kind="omniglot",
        train=1000,
        validation=200,
        test=400,
        split="once",
        split_seed=1,
        directory=str(omniglot_directory),
        alphabets="small",
    )
    assert dataset.images.shape == (1600, 28, 28, 1)
    characters = {name: set(dataset.labels[n].tolist()) for name, n in dataset.split.items()}
    assert [len(found) for found in characters.values()] == [50, 10, 20]
    assert len(set.union(*characters.values())) == dataset.classes == 80


def test_seeds_train_on_other_characters_and_are_tested_on_the_same(omniglot_directory):
    sizes = {"train": 1000, "validation": 200, "test": 400}
    keys = {"directory": str(omniglot_directory), "alphabets": "small", "pairs": True}
    dataset = prepared(kind="omniglot", **sizes, **keys)
    character = np.arange(len(dataset.images)) // 20  # they come one after the other
    assert len(dataset.images) == (136 + 20) * 20
    found = []
    for seed in range(2):
        shown = dataset.shown_to(study_seed=1, seed=seed)
        found.append({name: set(character[shown[n]].flat) for name, n in dataset.split.items()})
        train, validation, test = found[-1].values()
        assert not train & validation
        assert max(train | validation) < 136 <= min(test)
        same = character[shown[:, 0]] == character[shown[:, 1]]
        assert np.array_equal(same, dataset.labels == 1)
    one, other = found
    assert one["train"] != other["train"]
    assert one["test"] == other["test"]


def test_the_real_one_shot_runs_have_one_answer_for_each_test_image(omniglot_directory):
    runs = read_one_shot_runs(omniglot_directory, size=28)
    assert runs.training.shape == runs.test.shape == (20, 20, 28, 28, 1)
    assert all(sorted(answers) == [*range(20)] for answers in runs.answers.tolist())
    # by the distance of drawings alone, more are named right than by chance
    distance = (
        (runs.test.astype(float)[:, :, None] - runs.training.astype(float)[:, None]) ** 2
    ).sum(axis=(3, 4, 5))
    assert (distance.argmin(axis=2) == runs.answers).mean() > 0.1


@pytest.mark.parametrize("file", [SMALL_1, SMALL_2, ONE_SHOT_RUNS], ids=lambda file: file.name)
def test_a_truncated_or_swapped_archive_is_named(file, omniglot_directory, tmp_path):
    for item in (SMALL_1, SMALL_2, ONE_SHOT_RUNS):
        shutil.copyfile(omniglot_directory / item.name, tmp_path / item.name)
    content = (tmp_path / file.name).read_bytes()
    other = SMALL_2 if file is SMALL_1 else SMALL_1
    for damaged in (content[:-1000], (tmp_path / other.name).read_bytes()):
        (tmp_path / file.name).write_bytes(damaged)
        reader = read_one_shot_runs if file is ONE_SHOT_RUNS else read_small
        with pytest.raises(DataError, match=f"{file.name} is not the official file: its SHA256"):
            reader(tmp_path, size=28)


def test_a_missing_archive_is_named(tmp_path):
    with pytest.raises(DataError, match=r"has no images_background\.zip\. Correct 'directory'"):
        read_omniglot(tmp_path, alphabets="all", size=28)


def test_ink_is_1_and_paper_0(tmp_path):
    paper = np.ones((105, 105), bool)
    paper[:15, :30] = False  # 4 × 8 pixels of 28 × 28
    entries = drawings() | {"set/Greek/character01/00.png": png(paper)}
    characters = read_characters(zipped(tmp_path / "a.zip", entries), size=28)
    image = characters.images[0, :, :, 0]
    assert (image[:4, :8] == 255).all()
    assert image.sum() == 255 * 32
    assert (characters.images[1:] == 0).all()
    assert characters.names == (("Greek", "character01"),)


WRONG = {
    "no drawings": ({"readme.txt": b"x"}, r"must hold drawings as .*, got none"),
    "a drawing at the top": ({"00.png": png()}, r"must hold drawings as .*, got 00\.png"),
    "too few drawings": (drawings(count=19), "must hold 20 drawings of character01 of Greek, got"),
    "another size": (
        drawings() | {"set/Greek/character01/03.png": png(np.ones((10, 12), bool))},
        r"03\.png must be black and white with 105×105 pixels, got mode 1 with 12×10",
    ),
    "grey": (
        drawings() | {"set/Greek/character01/03.png": png(np.ones((105, 105), np.uint8))},
        "got mode L with 105×105",
    ),
    "another format": (
        drawings() | {"set/Greek/character01/03.png": png(kind="TIFF")},
        r"03\.png is no PNG image",
    ),
    "a truncated drawing": (
        drawings() | {"set/Greek/character01/03.png": png()[:50]},
        r"03\.png is no PNG image",
    ),
}


@pytest.mark.parametrize(("entries", "message"), WRONG.values(), ids=WRONG)
def test_an_archive_with_something_else_is_named(entries, message, tmp_path):
    with pytest.raises(DataError, match=message):
        read_characters(zipped(tmp_path / "a.zip", entries), size=28)


def test_what_is_no_zip_and_a_flipped_bit_within_one_are_named(tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(b"no zip")
    with pytest.raises(DataError, match=r"a\.zip is no zip archive"):
        read_characters(path, size=28)
    content = bytearray(zipped(path, drawings()).read_bytes())
    content[60] ^= 1  # within the first drawing
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"00\.png cannot be read \(Bad CRC-32"):
        read_characters(path, size=28)


def test_names_that_point_elsewhere_write_nothing(tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    entries = drawings() | drawings("..", "../..") | {"../../escaped.txt": b"x"}
    read_characters(zipped(inner / "a.zip", entries), size=28)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["a.zip"]


@pytest.mark.parametrize("labels", [b"", b"run01/test/item01.png run01/training/class99.png\n"])
def test_one_shot_runs_without_answers_are_named(labels, tmp_path, monkeypatch):
    path = zipped(tmp_path / ONE_SHOT_RUNS.name, {"run01/class_labels.txt": labels})
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    known = dataclasses.replace(ONE_SHOT_RUNS, checksum=f"sha256:{digest}")
    monkeypatch.setattr(omniglot, "ONE_SHOT_RUNS", known)
    with pytest.raises(DataError, match=r"run01/class_labels\.txt must name one of the 20"):
        read_one_shot_runs(tmp_path, size=28)


def test_one_shot_runs_without_a_file_are_named(tmp_path, monkeypatch):
    path = zipped(tmp_path / ONE_SHOT_RUNS.name, {"run02/class_labels.txt": b""})
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    known = dataclasses.replace(ONE_SHOT_RUNS, checksum=f"sha256:{digest}")
    monkeypatch.setattr(omniglot, "ONE_SHOT_RUNS", known)
    with pytest.raises(DataError, match=r"run01/class_labels\.txt cannot be read"):
        read_one_shot_runs(tmp_path, size=28)
