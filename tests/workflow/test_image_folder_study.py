"""A study of images in a folder: prepared again when a file in it changes, and only then."""

import os
import shutil

import numpy as np
import pytest
import yaml

from packing import packed, parts
from workspace import TINY, Workspace, planned_jobs

pytestmark = pytest.mark.slow  # Snakemake starts several times

STUDY = "mine.yaml"
PREPARE = ("--until", "prepare_data")


def study(path: str) -> dict:
    tiny = yaml.safe_load(TINY.read_text(encoding="utf-8"))
    sizes = {"train": 40, "validation": 20, "test": 20}
    images = {"name": "mine", "kind": "image_folder", "path": path, "size": 8, **sizes}
    analysis = {**tiny["analysis"], "thresholds": {"mine": 80.0}, "margins": {"mine": 2.0}}
    return {**tiny, "study": "mine", "datasets": [images], "analysis": analysis}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory) -> Workspace:
    place = Workspace.fresh(tmp_path_factory.mktemp("folder") / "original")
    packed(parts(each=40), place.folder / "pictures", kind="folder")
    (place.folder / STUDY).write_text(yaml.safe_dump(study("pictures")), encoding="utf-8")
    done = place.snakemake(*PREPARE, study=STUDY)
    assert done.returncode == 0, done.stdout
    return Workspace(place.folder, "mine")


@pytest.fixture
def workspace(prepared, tmp_path) -> Workspace:
    return prepared.copy(tmp_path / "copy")


def planned(workspace: Workspace) -> dict[str, int]:
    done = workspace.snakemake("-n", *PREPARE, study=STUDY)
    assert done.returncode == 0, done.stdout
    return planned_jobs(done.stdout)


def test_the_images_of_a_folder_are_prepared_and_the_log_tells_of_them(prepared):
    with np.load(prepared.results / "data" / "mine.npz") as file:
        assert file["images"].shape[1:] == (8, 8, 1)
    log = (prepared.results / "logs" / "prepare_data" / "mine.log").read_text(encoding="utf-8")
    assert "pictures: 80 images for train, 80 images for test." in log
    assert "Images smaller than 'size', enlarged: 160." in log


@pytest.mark.parametrize("change", ["nothing", "a hidden file", "times of folders"])
def test_what_changes_no_image_prepares_nothing_again(change, workspace):
    folder = workspace.folder / "pictures"
    if change == "a hidden file":
        (folder / "train" / "cat" / ".DS_Store").write_text("x")
    elif change == "times of folders":
        for path in (folder, folder / "train", folder / "train" / "cat"):
            os.utime(path)
    assert planned(workspace) == {}


@pytest.mark.parametrize("change", ["another image", "a new image", "one image less"])
def test_a_changed_image_prepares_the_data_set_again(change, workspace):
    folder = workspace.folder / "pictures" / "train" / "cat"
    if change == "another image":  # of the same size in bytes
        shutil.copyfile(folder / "1.png", folder / "0.png")
        os.utime(folder / "0.png", (1, 1))  # and older than what was made of the folder
    elif change == "a new image":
        shutil.copy2(folder / "1.png", folder / "new.png")
    else:
        (folder / "0.png").unlink()
    assert planned(workspace) == {"prepare_data": 1}
    assert workspace.snakemake(*PREPARE, study=STUDY).returncode == 0
    assert planned(workspace) == {}


def test_a_changed_archive_prepares_the_data_set_again(workspace):
    archive = workspace.folder / "pictures.zip"
    packed(parts(each=40), archive, kind="zip")
    (workspace.folder / STUDY).write_text(yaml.safe_dump(study("pictures.zip")), encoding="utf-8")
    before = (workspace.results / "data" / "mine.npz").read_bytes()
    assert workspace.snakemake(*PREPARE, study=STUDY).returncode == 0
    assert (workspace.results / "data" / "mine.npz").read_bytes() == before
    assert planned(workspace) == {}
    packed(parts(each=41), archive, kind="zip")
    assert planned(workspace) == {"prepare_data": 1}


def test_images_that_are_gone_are_named_at_once_unless_they_were_prepared(workspace):
    shutil.rmtree(workspace.folder / "pictures")
    assert planned(workspace) == {}
    shutil.rmtree(workspace.results)
    done = workspace.snakemake("-n", study=STUDY)
    assert done.returncode != 0
    assert (
        f"datasets[0].path: names pictures, and there is nothing at "
        f"{workspace.folder / 'pictures'}. Name a path relative to the working directory, or a "
        "whole one."
    ) in done.stdout
    assert "Traceback" not in done.stdout


def test_what_is_wrong_with_a_folder_ends_its_job_with_what_is_named(workspace):
    (workspace.folder / "pictures" / "train" / "cat" / "0.png").write_bytes(b"")
    (workspace.folder / "pictures" / "train" / "emu").mkdir()
    done = workspace.snakemake(*PREPARE, study=STUDY)
    assert done.returncode != 0
    assert "pictures has 3 problems:" in done.stdout
    assert "  - 1 file is empty (0 bytes): 'train/cat/0.png'." in done.stdout
    assert "  - 1 class has a folder without files: 'train/emu'." in done.stdout
    assert "Traceback" not in done.stdout


@pytest.mark.parametrize("name", ["my pictures", "it's ü $HOME"])
def test_a_folder_may_have_any_name(name, workspace):
    (workspace.folder / "pictures").rename(workspace.folder / name)
    (workspace.folder / STUDY).write_text(yaml.safe_dump(study(name)), encoding="utf-8")
    done = workspace.snakemake(*PREPARE, study=STUDY)
    assert done.returncode == 0, done.stdout
    assert planned(workspace) == {}
