import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from biasinit.execution.progress.events import JobEnd, WorkflowEvents
from biasinit.execution.progress.size import StudySize, announce_in
from biasinit.execution.progress.terminal import (
    line_of,
    live_view,
    main,
    progress_tables,
    seconds_in_words,
    show_failure,
)
from biasinit.execution.progress.watch import PartProgress, TrainingProgress

SIZE = StudySize(study="digits", folder="results/digits", runs=60, shards=(), runs_per_shard=20)


def shown(renderable, *, height=40):
    console = Console(file=io.StringIO(), width=100, height=height)
    console.print(renderable)
    return console.file.getvalue()


def progress(schemes=("zeros", "1.0"), done=25.0, seconds_left=200.0):
    parts = tuple(PartProgress(name=name, done=10.0, runs=30) for name in schemes)
    return TrainingProgress(
        done=done, runs=60, schemes=parts, cells=parts[:1], seconds_left=seconds_left
    )


def test_progress_is_told_in_all_by_scheme_and_by_cell_with_time_left_and_logs():
    text = shown(progress_tables(SIZE, progress()))
    assert "digits: runs trained" in text
    assert "25 of 60" in text
    assert text.count("10 of 30") == 3
    assert "about 3 min of training left" in text
    assert "Logs of jobs: results/digits/logs" in text


@pytest.mark.parametrize(("done", "words"), [(24.9, "24 of 60"), (7 * (60 / 7), "60 of 60")])
def test_a_run_that_is_nearly_trained_is_not_counted(done, words):
    assert words in shown(progress_tables(SIZE, progress(done=done)))


def of_jobs(*, finished: int = 0, **planned: int) -> WorkflowEvents:
    events = WorkflowEvents(Path("events.jsonl"))
    events.planned, events.finished = planned, finished
    return events


def test_a_view_fits_a_low_terminal_and_says_what_it_leaves_out():
    many = progress(schemes=[f"scheme {number}" for number in range(30)])
    text = shown(live_view(SIZE, many, of_jobs(train=60), log=Path("log"), height=24))
    assert len(text.splitlines()) <= 24
    assert "… and 23 more" in text
    assert "Snakemake's log: log" in text
    assert "60 jobs to do" in text


def test_names_are_shown_as_they_are_and_never_as_markup():
    assert "[red]zeros[/]" in shown(progress_tables(SIZE, progress(schemes=("[red]zeros[/]",))))


def test_a_finished_job_is_one_line_with_what_is_done_and_left():
    jobs = of_jobs(train=8, collect=13, finished=2)
    end = JobEnd(job=6, rule="train", what="Training zeros, none, shard 0", seconds=30.0)
    assert line_of(end, progress(), jobs) == (
        "train: Training zeros, none, shard 0 in 30 s; 25 of 60 runs trained, 2 of 21 jobs done, "
        "about 3 min of training left"
    )


def failed(*logs: Path) -> JobEnd:
    return JobEnd(job=1, rule="train", what="Training", seconds=3.0, failed=True, logs=logs)


def test_a_failed_job_shows_the_last_lines_of_its_log(tmp_path):
    path = tmp_path / "job.log"
    path.write_text("\n".join(f"line {number} [/]" for number in range(40)))
    console = Console(file=io.StringIO(), width=60)
    show_failure(failed(path), console)
    text = console.file.getvalue()
    assert text.startswith("Failed: Training (rule train).\n")
    assert f"The end of its log, {path}:\n  line 25 [/]\n" in text
    assert text.endswith("line 39 [/]\n")


def test_a_job_that_left_no_log_is_told_so(tmp_path):
    console = Console(file=io.StringIO(), width=60)
    show_failure(failed(tmp_path / "missing.log"), console)
    assert "ended from outside, or never began" in console.file.getvalue()


def test_where_a_job_left_no_log_that_of_the_scheduler_is_shown(tmp_path):
    console = Console(file=io.StringIO(), width=60)
    path = tmp_path / "slurm.log"
    path.write_text("CANCELLED DUE TO TIME LIMIT\n")
    show_failure(failed(tmp_path / "missing.log", path), console)
    assert f"The end of its log, {path}:\n  CANCELLED DUE TO" in console.file.getvalue()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(12.4, "12 s"), (600, "10 min"), (3 * 3600, "3.0 h"), (4 * 86_400, "4.0 days")],
)
def test_times_are_told_as_exactly_as_they_are_known(seconds, words):
    assert seconds_in_words(seconds) == words


def test_the_command_shows_the_progress_of_a_folder_from_wherever_it_is_seen(
    tmp_path, monkeypatch, capsys
):
    shards = tuple(f"digits/mlp/none/he/standardized/sgd/0.02/zeros/{shard}" for shard in range(3))
    folder = tmp_path / "results" / "digits"
    announce_in(folder, replace(SIZE, shards=shards))
    table = folder / "runs" / f"{shards[0]}.parquet"
    table.parent.mkdir(parents=True)
    table.touch()
    monkeypatch.chdir(tmp_path / "results")
    assert main(["digits"]) == 0
    said = capsys.readouterr().out
    assert "20 of 60" in said
    assert "Logs of jobs: digits/logs" in said


@pytest.mark.parametrize("content", [None, "{", "[]", json.dumps({"study": "digits"})])
def test_a_folder_without_a_started_study_is_named(content, tmp_path, capsys):
    if content is not None:
        (tmp_path / "progress").mkdir()
        (tmp_path / "progress" / "size.json").write_text(content)
    assert main([str(tmp_path)]) == 1
    assert "this study has not been started here" in capsys.readouterr().err
