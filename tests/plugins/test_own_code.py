"""Schemes and data sets of a user's own: what they may be, and what is said of what is wrong."""

import importlib
import logging
import sys
import textwrap

import numpy as np
import pytest

from biasinit.data.preparing import prepare
from biasinit.errors import BiasinitError, OwnCodeError
from biasinit.plugins.specifications import dataset_of, scheme_of
from biasinit.specs.schemes.base import LayerShape

LAYER = LayerShape(name="conv1", index=0, channels=6, fan_in=9, fan_out=54, is_convolution=True)
OUTPUT = LayerShape(name="output", index=2, channels=3, fan_in=6, fan_out=3, is_output=True)

SCHEMES = """
    import numpy as np

    LEVEL = 0.25


    def fan_in(layer, rng, *, scale=1.0):
        return rng.normal(0.0, scale / np.sqrt(layer.fan_in), layer.channels)


    def listed(layer, rng):
        return [layer.index] * layer.channels


    class Ramp:
        def __init__(self, top):
            self.top = top

        def __call__(self, layer, rng):
            return np.linspace(0, self.top, layer.channels)


    ramp = Ramp(2.0)


    def one(layer, rng):
        return 1.0


    def too_few(layer, rng):
        return np.zeros(3)


    def endless(layer, rng):
        return np.full(layer.channels, np.nan)


    def words(layer, rng):
        return ["a"] * layer.channels


    def failing(layer, rng):
        return 1 / layer.index


    def of_layer(layer):
        return np.zeros(layer.channels)
"""
IMAGES = """
    import numpy as np
    from pathlib import Path


    def stripes(*, count=60):
        labels = np.arange(count) % 2
        images = np.zeros((count, 4, 4), dtype=np.uint8)
        images[labels == 1, ::2] = 200
        return images, labels


    def with_part(*, count=120):
        images, labels = stripes(count=count)
        part = np.repeat(["train", "validation", "test"], count // 3)
        return {"images": images, "labels": labels, "part": part, "maximum": 200}


    def from_files(*, files):
        return {"images": np.load(files[0]), "labels": np.load(files[1])}


    def labels_alone():
        return np.arange(60)


    def with_more():
        images, labels = stripes()
        return {"images": images, "labels": labels, "names": ["a"]}


    def channels_first():
        return np.zeros((60, 3, 4, 5), dtype=np.uint8), np.arange(60) % 2


    def of_reals():
        images, labels = stripes()
        return images / 255, labels
"""
SIZES = {"train": 20, "validation": 10, "test": 10}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "mine.py").write_text(textwrap.dedent(SCHEMES))
    (tmp_path / "images.py").write_text(textwrap.dedent(IMAGES))
    (tmp_path / "broken.py").write_text("def f(:\n")
    (tmp_path / "missing_package.py").write_text("import not_installed_anywhere\n")
    return tmp_path


def scheme(folder, **keys):
    return scheme_of({"name": "mine", "kind": "python", **keys}, folder=folder)


def dataset(folder, **keys):
    return dataset_of({"name": "mine", "kind": "python", **SIZES, **keys}, folder=folder)


def test_a_function_beside_the_study_is_given_the_layer_the_generator_and_parameters(folder, rng):
    drawn = scheme(folder, object="mine.py:fan_in", parameters={"scale": 3.0}).start(LAYER, rng)
    expected = np.random.default_rng(7).normal(0.0, 1.0, 6)
    assert np.array_equal(drawn, expected)


@pytest.mark.parametrize(
    ("name", "expected"), [("listed", [0] * 6), ("ramp", np.linspace(0, 2, 6))]
)
def test_a_list_and_an_object_that_can_be_called_will_do(name, expected, folder, rng):
    drawn = scheme(folder, object=f"mine.py:{name}").start(LAYER, rng)
    assert drawn.dtype == np.float64
    assert drawn.tolist() == pytest.approx(expected)


def test_the_keys_that_all_schemes_have_hold_for_it(folder, rng):
    plain = scheme(folder, object="mine.py:fan_in")
    assert plain.start(OUTPUT, rng).tolist() == [0, 0, 0]
    assert plain.trains(LAYER)
    everywhere = scheme(folder, object="mine.py:fan_in", layers="all", trainable=False)
    assert everywhere.start(OUTPUT, rng).all()
    assert not everywhere.trains(OUTPUT)
    assert scheme(folder, object="mine.py:fan_in", output="class_shares").output == "class_shares"


def test_nothing_is_predicted_of_it(folder):
    assert scheme(folder, object="mine.py:fan_in").law(LAYER) is None


def test_a_function_of_an_installed_package_is_named_by_its_module(folder, rng, monkeypatch):
    (folder / "schemes_of_a_friend.py").write_text("def ones(layer, rng): return [1] * 6\n")
    monkeypatch.syspath_prepend(folder)
    assert scheme(folder, object="schemes_of_a_friend:ones").start(LAYER, rng).tolist() == [1] * 6


def test_a_file_may_import_what_stands_beside_it_and_have_the_name_of_another_module(
    folder, rng, monkeypatch
):
    (folder / "json.py").write_text(
        "import beside_it\ndef f(layer, rng): return [beside_it.VALUE] * layer.channels\n"
    )
    (folder / "beside_it.py").write_text("VALUE = 4\n")
    assert scheme(folder, object="json.py:f").start(LAYER, rng).tolist() == [4] * 6
    monkeypatch.delitem(sys.modules, "json")
    assert importlib.import_module("json").dumps([4]) == "[4]", "others still get theirs"


def test_a_file_is_run_once(folder, rng):
    (folder / "counted.py").write_text(
        "from pathlib import Path\n"
        "with (Path(__file__).parent / 'runs').open('a') as file:\n    file.write('x')\n"
        "def f(layer, rng): return [0] * layer.channels\n"
    )
    for _ in range(3):
        scheme(folder, object="counted.py:f").start(LAYER, rng)
    assert (folder / "runs").read_text() == "x"


def test_images_and_labels_are_split_like_those_of_a_file(folder):
    prepared = prepare(dataset(folder, object="images.py:stripes", parameters={"count": 80}))
    assert prepared.images.shape == (sum(SIZES.values()), 4, 4, 1)
    assert {name: len(numbers) for name, numbers in prepared.split.items()} == SIZES
    assert prepared.maximum == 255


def test_a_part_and_a_maximum_may_come_with_them(folder):
    prepared = prepare(dataset(folder, object="images.py:with_part"))
    assert prepared.maximum == 200
    assert len(prepared.images) == 40, "others are left out"


def test_the_files_that_a_study_names_are_found_beside_it(folder, monkeypatch, tmp_path_factory):
    np.save(folder / "images.npy", np.arange(60 * 48, dtype=np.uint8).reshape(60, 4, 4, 3))
    np.save(folder / "labels.npy", np.arange(60) % 3)
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    described = dataset(
        folder, object="images.py:from_files", files=["images.npy", "labels.npy"], train=30
    )
    assert prepare(described).classes == 3


# what is named as 'object' of a scheme, its parameters, and what is said
CASES = {
    "a file that is not there": ("nothing.py:f", {}, "nothing.py is not there. Name one relative"),
    "a file that is not Python": (
        "broken.py:f",
        {},
        "broken.py cannot be imported (SyntaxError: invalid syntax",
    ),
    "a file that imports what is not installed": (
        "missing_package.py:f",
        {},
        "cannot be imported (ModuleNotFoundError: No module named 'not_installed_anywhere'). Mend "
        "it, or name another.",
    ),
    "a module that is not installed": (
        "not_installed_anywhere:f",
        {},
        "not_installed_anywhere cannot be imported (ModuleNotFoundError",
    ),
    "a name that the file has not": (
        "mine.py:halves",
        {},
        "mine.py has no 'halves'; it has np, LEVEL, fan_in, listed",
    ),
    "a number in place of a function": (
        "mine.py:LEVEL",
        {},
        "must be a function of a layer and a generator of random numbers, got 0.25. Name a "
        "function.",
    ),
    "a function of a layer alone": (
        "mine.py:of_layer",
        {},
        "takes the 'parameters' by keyword: too many positional arguments. Correct 'parameters', "
        "or the function.",
    ),
    "a parameter that the function does not have": (
        "mine.py:fan_in",
        {"scal": 2.0},
        "by keyword: got an unexpected keyword argument 'scal'. Correct 'parameters'",
    ),
    "a class whose parameters are missing": (
        "mine.py:Ramp",
        {},
        "by keyword: too many positional arguments",
    ),
    "one number for all biases": (
        "mine.py:one",
        {},
        "The scheme 'mine' ('object: FOLDER/mine.py:one') must return 6 finite numbers for the "
        "layer 'conv1', got an array of shape (). Mend the function.",
    ),
    "biases for another number of channels": (
        "mine.py:too_few",
        {},
        "must return 6 finite numbers for the layer 'conv1', got an array of shape (3,).",
    ),
    "biases that are no numbers": (
        "mine.py:endless",
        {},
        "must return 6 finite numbers for the layer 'conv1', got nan in 6 places.",
    ),
    "words for biases": (
        "mine.py:words",
        {},
        "must return 6 finite numbers for the layer 'conv1', got list.",
    ),
    "a function that fails": (
        "mine.py:failing",
        {},
        "mine.py:failing' failed (ZeroDivisionError: division by zero). Mend it; the log says "
        "where.",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_is_named_with_the_scheme_of_ones_own(case, folder, rng):
    text, parameters, message = CASES[case]
    with pytest.raises(OwnCodeError) as caught:
        scheme(folder, object=text, parameters=parameters).start(LAYER, rng)
    said = str(caught.value)
    assert message in said.replace(str(folder), "FOLDER")
    assert text.split("/")[-1] in said
    assert "\n" not in said


# the same of a data set
DAMAGED = {
    "labels without images": (
        "images.py:labels_alone",
        {},
        "must return 'images' and 'labels', as two arrays or as a mapping that may hold 'part' and "
        "'maximum' too, got ndarray. Mend the function.",
    ),
    "an array of another name": (
        "images.py:with_more",
        {},
        "got ['images', 'labels', 'names']. Mend the function.",
    ),
    "images that are no bytes": (
        "images.py:of_reals",
        {},
        "'images' must be unsigned bytes (uint8) of shape (images, height, width, channels), got "
        "float64 of shape (60, 4, 4).",
    ),
    "channels that come first": (
        "images.py:channels_first",
        {},
        "'images' have 5 channels, the last number of their shape (60, 3, 4, 5); 1, 3 or 4 are "
        "usual. Write numpy.moveaxis(images, 1, -1), if channels come first; if it is right, say "
        "'channels: 5' in the study.",
    ),
    "more images than there are": (
        "images.py:stripes",
        {"count": 30},
        "30 images cannot be split into train 20, validation 10 and test 10",
    ),
    "a parameter that the function of a data set does not have": (
        "images.py:stripes",
        {"counts": 30},
        "got an unexpected keyword argument 'counts'. Correct 'parameters', or the function.",
    ),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_what_is_wrong_is_named_with_the_data_set_of_ones_own(case, folder):
    text, parameters, message = DAMAGED[case]
    with pytest.raises(BiasinitError) as caught:
        prepare(dataset(folder, object=text, parameters=parameters))
    assert message in str(caught.value)


def test_where_a_function_failed_is_in_the_log(folder, rng, caplog):
    with caplog.at_level(logging.ERROR), pytest.raises(OwnCodeError):
        scheme(folder, object="mine.py:failing").start(LAYER, rng)
    assert "return 1 / layer.index" in caplog.text
