import json
import resource
import sys
from contextlib import contextmanager

import pytest

from biasinit.errors import FolderError
from biasinit.execution.costs.benchmarks import benchmark_path
from biasinit.execution.progress.notes import (
    ANNOUNCEMENT,
    SIZE,
    ProgressNote,
    StudySize,
    TrainingWatch,
    announce,
    announce_in,
    note_path,
    read_announcement,
    training_progress,
)
from biasinit.execution.progress.terminal import main


def shard_at(normalization, scheme, number, *, rate="0.02"):
    return f"digits/small_cnn/{normalization}/he/standardized/sgd/{rate}/{scheme}/{number}"


SHARDS = (shard_at("none", "a", 0), shard_at("none", "a", 1), shard_at("none", "b", 0))


def size_of(folder, shards=SHARDS):
    runs = 20 * len(shards)
    return StudySize(
        study="digits", folder=str(folder), runs=runs, shards=shards, runs_per_shard=20
    )


def finish(folder, shard, *, seconds=None):
    table = folder / "runs" / f"{shard}.parquet"
    table.parent.mkdir(parents=True, exist_ok=True)
    table.touch()
    if seconds is not None:
        path = benchmark_path(folder, "train", shard)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"s\tcpu_time\tmax_rss\n{seconds}\t1\t1\n")


def test_finished_shards_and_parts_of_running_ones_are_counted(tmp_path):
    size = size_of(tmp_path)
    assert training_progress(size).done == 0
    finish(tmp_path, shard_at("none", "a", 0))
    ProgressNote(note_path(tmp_path, shard_at("none", "a", 1)), runs=20)(0.25)
    progress = training_progress(size)
    assert (progress.done, progress.runs) == (25, 60)


def test_a_note_of_a_finished_shard_does_not_count_twice(tmp_path):
    ProgressNote(note_path(tmp_path, shard_at("none", "a", 0)), runs=20)(1.0)
    finish(tmp_path, shard_at("none", "a", 0))
    assert training_progress(size_of(tmp_path)).done == 20


def test_a_half_written_note_counts_as_nothing(tmp_path):
    path = note_path(tmp_path, shard_at("none", "a", 0))
    path.parent.mkdir(parents=True)
    path.write_text('{"share": 0.')
    assert training_progress(size_of(tmp_path)).done == 0


def test_the_size_of_a_study_is_announced_where_it_is_asked_for(tmp_path, monkeypatch):
    size = size_of(tmp_path)
    announce(size)  # nobody asked
    place = tmp_path / "announcement.json"
    assert read_announcement(place) is None
    monkeypatch.setenv(ANNOUNCEMENT, str(place))
    announce(size)
    assert read_announcement(place) == size
    announce_in(tmp_path, size)
    assert read_announcement(tmp_path / "progress" / "size.json") == size


def test_a_job_on_a_machine_without_the_folder_announces_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv(ANNOUNCEMENT, str(tmp_path / "of another machine" / "announcement.json"))
    announce(size_of(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_progress_is_known_by_scheme_and_by_the_factors_that_vary(tmp_path):
    shards = (
        shard_at("none", "a", 0, rate="0.1"),
        shard_at("none", "b", 0, rate="0.1"),
        shard_at("none", "a", 0, rate="0.2"),
        shard_at("none", "b", 0, rate="0.2"),
    )
    finish(tmp_path, shards[0])
    finish(tmp_path, shards[2])
    progress = training_progress(size_of(tmp_path, shards))
    assert [(part.name, part.done, part.runs) for part in progress.schemes] == [
        ("a", 40, 40),
        ("b", 0, 40),
    ]
    assert [(part.name, part.done, part.runs) for part in progress.cells] == [
        ("0.1", 20, 40),
        ("0.2", 20, 40),
    ]
    one = training_progress(size_of(tmp_path, shards[:1]))
    assert [part.name for part in one.cells] == ["the only cell"]


def test_the_time_left_follows_from_what_shards_of_the_same_kind_took(tmp_path):
    shards = (
        shard_at("none", "a", 0),
        shard_at("none", "a", 1),
        shard_at("batchnorm", "a", 0),
        shard_at("batchnorm", "a", 1),
        shard_at("batchnorm", "b", 0),
    )
    size = size_of(tmp_path, shards)
    finish(tmp_path, shard_at("none", "a", 0), seconds=10)
    finish(tmp_path, shard_at("batchnorm", "a", 0), seconds=30)
    # 10 s and 30 s like their own scheme and cell, and 30 s like its cell
    assert TrainingWatch(size, cores=1).read().seconds_left == pytest.approx(70)
    assert TrainingWatch(size, cores=2).read().seconds_left == pytest.approx(35)
    # one shard cannot be shared out between cores
    assert TrainingWatch(size, cores=60).read().seconds_left == pytest.approx(30)


def test_before_the_first_shard_is_done_the_running_ones_tell_the_time_left(tmp_path, monkeypatch):
    size = size_of(tmp_path)
    assert TrainingWatch(size, cores=1).read().seconds_left is None
    now = 1000.0
    monkeypatch.setattr("time.time", lambda: now)
    note = ProgressNote(note_path(tmp_path, shard_at("none", "a", 0)), runs=20)
    note(0.4)  # it went on from a checkpoint, so that 0.4 took no time
    assert TrainingWatch(size, cores=1).read().seconds_left is None
    now = 1030.0
    note(0.5)
    # a tenth in 30 s: half a shard and two whole ones
    assert TrainingWatch(size, cores=1).read().seconds_left == pytest.approx(750)
    # a reader from elsewhere counts the jobs that write
    assert TrainingWatch(size).read().seconds_left == pytest.approx(750)
    ProgressNote(note_path(tmp_path, shard_at("none", "a", 1)), runs=20)
    assert TrainingWatch(size).read().seconds_left == pytest.approx(375)


def test_nothing_is_left_of_a_finished_study(tmp_path):
    size = size_of(tmp_path)
    for shard in size.shards:
        finish(tmp_path, shard)
    assert training_progress(size).seconds_left == 0


def test_the_command_shows_the_progress_of_a_folder(tmp_path, monkeypatch, capsys):
    announce_in(tmp_path, size_of(tmp_path))
    monkeypatch.setattr(sys, "argv", ["progress", str(tmp_path)])
    main()
    assert "0 of 60" in capsys.readouterr().out


@pytest.mark.parametrize("content", [None, "{", "[]", json.dumps({"study": "digits"})])
def test_a_folder_without_a_started_study_is_named(content, tmp_path, monkeypatch):
    if content is not None:
        (tmp_path / "progress").mkdir()
        (tmp_path / SIZE).write_text(content)
    monkeypatch.setattr(sys, "argv", ["progress", str(tmp_path)])
    with pytest.raises(SystemExit, match="this study has not been started here") as caught:
        main()
    assert caught.value.code != 0


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "progress").touch()
    with pytest.raises(FolderError, match=r"progress/size\.json cannot be written"):
        announce_in(tmp_path, size_of(tmp_path))


def test_a_disk_that_fills_up_ends_no_training_and_keeps_the_note_before(tmp_path):
    path = note_path(tmp_path, shard_at("none", "a", 0))
    note = ProgressNote(path, runs=20)
    note(0.25)
    with full_disk():
        note(0.5)
    assert json.loads(path.read_text())["share"] == 0.25
    assert list(path.parent.iterdir()) == [path]
    note(0.75)
    assert json.loads(path.read_text())["share"] == 0.75


def test_a_folder_that_refuses_the_first_note_is_named_before_training(tmp_path):
    with full_disk(), pytest.raises(FolderError, match=r"sgd/0\.02/a/0\.json"):
        ProgressNote(note_path(tmp_path, shard_at("none", "a", 0)), runs=20)


@contextmanager
def full_disk():
    """Let every write fail, as on a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
