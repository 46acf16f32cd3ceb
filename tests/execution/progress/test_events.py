"""What Snakemake's logger tells of jobs, read back: a real Snakemake runs, however quiet it is."""

import json
import logging
import os
import subprocess
import sys
from logging import LogRecord
from pathlib import Path

import pytest
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.tests import MockOutputSettings

from biasinit.execution.progress.events import WorkflowEvents
from repository import REPOSITORY
from snakemake_logger_plugin_biasinit import LogHandler, LogHandlerSettings

WORKFLOW = """
rule all:
    input: "first.txt", "second.txt", "failing.txt"

rule make:
    output: "{name}.txt"
    wildcard_constraints: name="first|second"
    log: "logs/{name}.log"
    message: "Making [red]{wildcards.name}[/]"
    shell: "sleep 0.5; touch {output}"

rule unworded:
    output: "unworded.txt"
    shell: "touch {output}"

rule fail:
    input: "unworded.txt"
    output: "failing.txt"
    log: "logs/failing.log"
    message: "Failing"
    shell: "exit 3"
"""


def empty_file(folder: Path) -> Path:
    """Return a file for events, beside a workflow."""
    (folder / "Snakefile").write_text(WORKFLOW)
    (folder / "events.jsonl").touch()
    return folder / "events.jsonl"


@pytest.fixture
def path(tmp_path):
    return empty_file(tmp_path)


def run(path: Path, *arguments: str) -> None:
    library = {"PYTHONPATH": str(REPOSITORY / "workflow" / "scripts")}
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--keep-going", *arguments]
    subprocess.run(
        [*command, "--logger", "biasinit", "--logger-biasinit-events", str(path)],
        cwd=path.parent,
        env=os.environ | library,
        capture_output=True,
        check=False,
    )


@pytest.fixture(scope="module", params=["", "all"])
def told(request, tmp_path_factory):
    """Return what was told of a run of Snakemake that talks, and of one that does not."""
    path = empty_file(tmp_path_factory.mktemp("run"))
    run(path, *(["--quiet", request.param] if request.param else []))
    return path


def test_every_job_that_ends_is_told_with_its_message(told):
    events = WorkflowEvents(told)
    ends = [(end.rule, end.what, end.failed, events.finished) for end in events.new_ends()]
    made = {("make", "Making [red]first[/]", False), ("make", "Making [red]second[/]", False)}
    others = {("unworded", "unworded", False), ("fail", "Failing", True)}
    assert {end[:3] for end in ends} == made | others
    assert [finished for *_, failed, finished in ends if not failed] == [1, 2, 3]
    assert events.planned == {"make": 2, "unworded": 1, "fail": 1, "all": 1}
    assert events.started


def test_an_end_has_its_seconds_and_a_failed_one_its_logs(told):
    ends = {end.what: end for end in WorkflowEvents(told).new_ends()}
    assert 0.5 < ends["Making [red]first[/]"].seconds < 20
    assert ends["Failing"].logs == (Path("logs/failing.log"),)
    assert ends["unworded"].logs == ()


def test_a_failed_job_is_told_of_though_nobody_is_told_of_progress(path):
    run(path, "--quiet")
    events = WorkflowEvents(path)
    assert [end.rule for end in events.new_ends()] == ["fail"]
    assert events.started
    assert events.finished == 0


def test_a_dry_run_plans_jobs_and_starts_none(path):
    run(path, "--dry-run")
    events = WorkflowEvents(path)
    assert list(events.new_ends()) == []
    assert sum(events.planned.values()) == 5
    assert not events.started


BEGUN = {
    "event": "job_info",
    "time": 10.0,
    "jobid": 6,
    "rule_name": "train",
    "rule_msg": "Training",
}
ENDED = {"event": "job_finished", "time": 40.5, "job_id": 6}


def lines(*events: dict[str, object]) -> bytes:
    return b"".join(json.dumps(event).encode() + b"\n" for event in events)


def test_a_file_is_followed_wherever_it_was_cut_off(path):
    text = lines(BEGUN | {"rule_msg": "Überall ✓"}, ENDED)
    events, ends = WorkflowEvents(path), []
    with path.open("ab", buffering=0) as file:
        for start in range(0, len(text), 7):
            file.write(text[start : start + 7])
            ends += events.new_ends()
    (end,) = ends
    assert (end.what, end.seconds) == ("Überall ✓", 30.5)


def test_a_line_that_was_cut_off_for_good_hides_no_other(path):
    path.write_bytes(lines(BEGUN) + lines(BEGUN)[:20] + b"\n" + lines(ENDED) + lines(ENDED)[:20])
    assert [end.job for end in WorkflowEvents(path).new_ends()] == [6]


def test_a_job_that_is_tried_again_ends_twice(path):
    path.write_bytes(lines(BEGUN, {"event": "job_error", "time": 11.0, "jobid": 6, "log": []}))
    events = WorkflowEvents(path)
    assert [end.failed for end in events.new_ends()] == [True]
    with path.open("ab") as file:
        file.write(lines(BEGUN, ENDED))
    assert [end.failed for end in events.new_ends()] == [False]


def finished(number: int) -> LogRecord:
    record = LogRecord("snakemake", 20, "", 1, "", (), None)
    record.event, record.job_id = LogEvent.JOB_FINISHED, number
    return record


class DiskThatFillsUp:
    """A file on a disk that has room for a part of the second line, and none for the third."""

    def __init__(self, file):
        self._file = file
        self._room = [1000, 20, None, 1000]

    def write(self, content):
        room = self._room.pop(0)
        if room is None:
            raise OSError(28, "No space left on device")
        return self._file.write(content[:room])

    def close(self):
        self._file.close()


def test_a_full_disk_ends_no_workflow_and_what_follows_is_read(path):
    handler = LogHandler(MockOutputSettings(), LogHandlerSettings(events=path))
    handler._file = DiskThatFillsUp(handler._file)
    for number in range(4):
        handler.emit(finished(number))
    handler.close()
    events = WorkflowEvents(path)
    list(events.new_ends())
    assert events.finished == 2  # the first and the last


def test_lines_that_other_logs_lose_to_a_full_disk_show_no_traceback(path, monkeypatch, capsys):
    monkeypatch.setattr("logging.raiseExceptions", True)
    LogHandler(MockOutputSettings(), LogHandlerSettings(events=path)).close()
    with Path("/dev/full").open("w", encoding="utf-8", buffering=1) as full:
        logger = logging.Logger("Snakemake's own")
        logger.addHandler(logging.StreamHandler(full))
        logger.warning("a line")
        full.buffer.raw.close()
    assert capsys.readouterr().err == ""
