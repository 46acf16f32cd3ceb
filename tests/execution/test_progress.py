from biasinit.execution.progress import (
    ANNOUNCEMENT,
    ProgressNote,
    StudySize,
    announce,
    announce_in,
    note_path,
    read_announcement,
    training_progress,
)


def size_of(folder):
    return StudySize(
        study="digits", folder=str(folder), runs=60, shards=("a/0", "a/1", "b/0"), runs_per_shard=20
    )


def test_finished_shards_and_parts_of_running_ones_are_counted(tmp_path):
    size = size_of(tmp_path)
    assert training_progress(size).done == 0
    table = tmp_path / "runs" / "a" / "0.parquet"
    table.parent.mkdir(parents=True)
    table.touch()
    ProgressNote(note_path(tmp_path, "a/1"), runs=20)(0.25)
    progress = training_progress(size)
    assert (progress.done, progress.runs) == (25, 60)


def test_a_note_of_a_finished_shard_does_not_count_twice(tmp_path):
    ProgressNote(note_path(tmp_path, "a/0"), runs=20)(1.0)
    table = tmp_path / "runs" / "a" / "0.parquet"
    table.parent.mkdir(parents=True)
    table.touch()
    assert training_progress(size_of(tmp_path)).done == 20


def test_a_half_written_note_counts_as_nothing(tmp_path):
    path = note_path(tmp_path, "a/0")
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
