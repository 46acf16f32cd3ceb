"""What a person sees of a run of Snakemake, from the files that it and its jobs write."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from biasinit.execution.progress import study_view
from biasinit.execution.progress.size import ANNOUNCEMENT, StudySize, announce
from biasinit.execution.progress.study_view import StudyView

SHARD = "digits/mlp/none/he/standardized/sgd/0.02/zeros/0"


class Run:
    """A run of Snakemake, and one who looks at it."""

    def __init__(self, folder: Path, monkeypatch, *, on_a_terminal: bool = False) -> None:
        self.console = Console(
            file=io.StringIO(), width=100, height=30, force_terminal=on_a_terminal
        )
        self._events = folder / "events.jsonl"
        self._events.touch()
        self._announcement = folder / "size.json"
        self._folder = folder / "results" / "digits"
        monkeypatch.setenv(ANNOUNCEMENT, str(self._announcement))
        log = Path("snakemake.log")
        self.view = StudyView(self._announcement, self._events, log, self.console, cores=2)

    def announce(self) -> None:
        folder = str(self._folder)
        announce(StudySize(study="s", folder=folder, runs=4, shards=(SHARD,), runs_per_shard=4))

    def happens(self, event: str, **content: object) -> None:
        with self._events.open("a") as file:
            file.write(json.dumps({"event": event, "time": 1.0} | content) + "\n")

    def begins(self, job: int, what: str) -> None:
        self.happens("job_info", jobid=job, rule_name="train", rule_msg=what)

    def ends(self, job: int) -> None:
        self.happens("job_finished", job_id=job)

    def fails(self, job: int) -> None:
        self.happens("job_error", jobid=job, log=[])

    def seen(self) -> str:
        """Return what was shown since the last look."""
        self.console.file.seek(0)
        text = self.console.file.read()
        self.console.file.seek(0)
        self.console.file.truncate()
        return text


@pytest.fixture
def run(tmp_path, monkeypatch):
    return Run(tmp_path, monkeypatch)


def test_nothing_is_shown_before_the_study_is_read_and_nothing_is_lost(run):
    run.begins(1, "Training [red]zeros[/]")
    run.ends(1)
    run.view.update()
    assert run.seen() == ""
    run.announce()
    run.view.update()
    assert "train: Training [red]zeros[/] in 0 s; 0 of 4 runs trained" in run.seen()


def test_each_line_tells_how_many_jobs_were_done_at_that_job(run):
    run.announce()
    run.happens("run_info", stats={"train": 2, "collect": 1, "total": 3})
    for job in (1, 2):
        run.begins(job, f"Training {job}")
        run.ends(job)
    run.view.update()
    first, second = run.seen().splitlines()
    assert "1 of 3 jobs done" in first
    assert "2 of 3 jobs done" in second
    run.view.update()
    assert run.seen() == ""


def test_a_job_that_failed_is_told_and_kept_until_it_ends_well(run):
    run.announce()
    run.begins(1, "Training")
    run.fails(1)
    run.view.update()
    assert run.seen() == "Failed: Training (rule train).\n"
    assert list(run.view.failures) == [1]
    run.begins(1, "Training")
    run.ends(1)
    run.view.update()
    assert run.view.failures == {}


def test_a_job_that_a_stop_ended_did_not_fail(run):
    run.announce()
    run.begins(1, "Training")
    run.fails(1)
    run.view.update(stopping=True)
    assert run.seen() == ""
    assert run.view.failures == {}


def test_after_a_silence_a_line_tells_where_the_study_is(run, monkeypatch):
    monkeypatch.setattr(study_view, "SILENCE_SECONDS", 0.0)
    run.announce()
    run.view.update()
    assert "0 of 4 runs trained, time left of training" in run.seen()


def test_on_a_terminal_failures_stand_above_a_view_that_changes(tmp_path, monkeypatch):
    run = Run(tmp_path, monkeypatch, on_a_terminal=True)
    run.announce()
    run.happens("run_info", stats={"train": 2, "total": 2})
    with run.view.shown:
        for job in (1, 2):
            run.begins(job, "Training")
        run.ends(1)
        run.fails(2)
        run.view.update()
    seen = run.seen()
    assert "Failed: Training (rule train)." in seen
    assert "1 of 2 jobs done" in seen
    assert "train: Training in" not in seen  # a line for each job is for where there is no view
