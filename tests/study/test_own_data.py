"""Where images of one's own lie, and what is said where nothing is there."""

import pytest

from biasinit.errors import ConfigurationError
from biasinit.study.own_data import files_of, folders_of, prepared_file, versions_of_folders
from biasinit.study.reading import parse_study

SIZES = {"train": 1100, "validation": 200, "test": 497}


@pytest.fixture
def of_images(mapping, tmp_path, monkeypatch):
    """Return the default study on images at a path, seen from an empty folder."""
    monkeypatch.chdir(tmp_path)

    def study(kind: str, path: str):
        images = {"name": "digits", "kind": kind, "path": path, **SIZES}
        return parse_study({**mapping, "datasets": [images]}, folder=tmp_path)

    return study


@pytest.mark.parametrize(
    ("kind", "path"), [("npz", "mine.npz"), ("image_folder", "mine"), ("image_folder", "mine.zip")]
)
def test_images_that_are_not_there_are_named_with_where_they_are_looked_for(
    kind, path, of_images, tmp_path
):
    with pytest.raises(ConfigurationError) as caught:
        of_images(kind, path)
    assert [str(problem) for problem in caught.value.problems] == [
        f"datasets[0].path: names {path}, and there is nothing at {tmp_path / path}. Name a path "
        "relative to the working directory, or a whole one."
    ]


def test_images_that_were_prepared_may_be_gone(of_images, tmp_path):
    prepared = tmp_path / prepared_file("digits", "digits")
    prepared.parent.mkdir(parents=True)
    prepared.touch()
    assert of_images("image_folder", "mine").study == "digits"


def test_a_folder_is_told_apart_from_an_archive(of_images, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "1.png").touch()
    (tmp_path / "mine.zip").touch()
    folder, archive = (of_images("image_folder", path).datasets[0] for path in ("mine", "mine.zip"))
    assert (files_of(folder), folders_of(folder)) == ([], ["mine"])
    assert (files_of(archive), folders_of(archive)) == (["mine.zip"], [])
    assert len(versions_of_folders(folder)) == 1
    assert versions_of_folders(archive) == []
