import pytest

from biasinit.execution.costs.benchmarks import benchmark_path
from biasinit.execution.progress.notes import ProgressNote, note_path
from biasinit.execution.progress.size import StudySize
from biasinit.execution.progress.watch import TrainingWatch


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
    assert TrainingWatch(size).read().done == 0
    finish(tmp_path, shard_at("none", "a", 0))
    ProgressNote(note_path(tmp_path, shard_at("none", "a", 1)))(0.25)
    progress = TrainingWatch(size).read()
    assert (progress.done, progress.runs) == (25, 60)


def test_a_note_of_a_finished_shard_does_not_count_twice(tmp_path):
    ProgressNote(note_path(tmp_path, shard_at("none", "a", 0)))(1.0)
    finish(tmp_path, shard_at("none", "a", 0))
    assert TrainingWatch(size_of(tmp_path)).read().done == 20


def test_progress_is_known_by_scheme_and_by_the_factors_that_vary(tmp_path):
    shards = (
        shard_at("none", "a", 0, rate="0.1"),
        shard_at("none", "b", 0, rate="0.1"),
        shard_at("none", "a", 0, rate="0.2"),
        shard_at("none", "b", 0, rate="0.2"),
    )
    finish(tmp_path, shards[0])
    finish(tmp_path, shards[2])
    progress = TrainingWatch(size_of(tmp_path, shards)).read()
    assert [(part.name, part.done, part.runs) for part in progress.schemes] == [
        ("a", 40, 40),
        ("b", 0, 40),
    ]
    assert [(part.name, part.done, part.runs) for part in progress.cells] == [
        ("0.1", 20, 40),
        ("0.2", 20, 40),
    ]
    one = TrainingWatch(size_of(tmp_path, shards[:1])).read()
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
    note = ProgressNote(note_path(tmp_path, shard_at("none", "a", 0)))
    note(0.4)  # it went on from a checkpoint, so that 0.4 took no time
    assert TrainingWatch(size, cores=1).read().seconds_left is None
    now = 1030.0
    note(0.5)
    # a tenth in 30 s: half a shard and two whole ones
    assert TrainingWatch(size, cores=1).read().seconds_left == pytest.approx(750)
    # a reader from elsewhere counts the jobs that write
    assert TrainingWatch(size).read().seconds_left == pytest.approx(750)
    ProgressNote(note_path(tmp_path, shard_at("none", "a", 1)))
    assert TrainingWatch(size).read().seconds_left == pytest.approx(375)


def test_nothing_is_left_of_a_finished_study(tmp_path):
    size = size_of(tmp_path)
    for shard in size.shards:
        finish(tmp_path, shard)
    assert TrainingWatch(size).read().seconds_left == 0
