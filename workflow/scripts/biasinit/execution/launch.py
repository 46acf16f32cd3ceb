"""``make study``: Snakemake beneath a view of the progress, safe to interrupt and to repeat.

What Snakemake says goes to ``results/snakemake.log``; a person sees runs done of all runs, by
scheme and by cell, and the time left. On a terminal the view is live, elsewhere every finished
job has a line. A failed job shows the end of its log and the command that goes on. SIGINT and
SIGTERM stop Snakemake and its jobs; the same command goes on where it stopped.
"""

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import BinaryIO

from rich.console import Console

from biasinit.errors import BiasinitError
from biasinit.execution.command import (
    parser,
    resume_command,
    side_by_side,
    snakemake_command,
    study_files,
)
from biasinit.execution.page_as_pdf import pdf_in_words
from biasinit.execution.places import SCRIPTS, refuse_impossible_places
from biasinit.execution.progress.size import ANNOUNCEMENT, StudySize
from biasinit.execution.progress.study_view import StudyView
from biasinit.execution.progress.terminal import last_lines, logs_in_words, say
from biasinit.execution.takeover.lease import take_folder
from biasinit.execution.takeover.lock import HANDED_ON, hold_lock
from biasinit.files import refusals_named
from biasinit.study.reading import parse_any_study, read_study_file

LOG = Path("results") / "snakemake.log"
EVENTS = Path("results") / "snakemake.jsonl"
SIZE = Path("results") / ".size.json"  # in a folder for temporary files a killed run would leave it
CHANGES_KEYS = ("--config", "-C")  # arguments of Snakemake, --configfile among them
FULL_BYTES = 2**20  # less than this is left on a disk that is full
LOG_LINES_SHOWN = 40  # of Snakemake's log, when it fails and no job did


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a study and return Snakemake's exit status."""
    options = parser().parse_args(arguments)
    again = resume_command(options)
    console = Console()
    try:
        study = Path(options.study) if options.study else None
        refuse_impossible_places(interpreter=sys.executable, study_file=study)
        _enter(options)
        command = snakemake_command(options, events=EVENTS)
        for path in study_files(options):
            keys = read_study_file(path)  # Snakemake would show a traceback
            if not any(word.startswith(CHANGES_KEYS) for word in options.snakemake):
                # within a second, and without Snakemake's words around it
                parse_any_study(keys, folder=path.parent)
        lock = hold_lock(Path.cwd())
        started = time.time()
        view, status, stopped = _run(command, lock, console, cores=side_by_side(options))
        if status == 0:
            _say_what_was_done(view, since=started, pdf=options.pdf)
            return 0
        _say_how_to_go_on(view, again, stopped=stopped)
        if stopped:
            # ends what a scheduler still has: Snakemake cancels no job that it is asking after
            take_folder(Path.cwd())
    except BiasinitError as error:
        say(console, str(error), style="bold")
        return 1
    otherwise = 130 if stopped else 1  # a signal ended Snakemake
    return status if status > 0 else otherwise


def _enter(options: argparse.Namespace) -> None:
    """Go to the folder that results go to; the study stays the one that was named from here."""
    if options.directory is not None:
        options.study = options.study and str(Path(options.study).absolute())
        with refusals_named(options.directory):
            options.directory.mkdir(parents=True, exist_ok=True)
            os.chdir(options.directory)


def _run(
    command: Sequence[str], lock: int, console: Console, *, cores: int | None
) -> tuple[StudyView, int, bool]:
    """Return what was seen of a run of Snakemake, its status, and whether a signal stopped it."""
    with _emptied(EVENTS), _emptied(LOG) as log, _for_the_run(SIZE) as announcement:
        library = os.pathsep.join(filter(None, [str(SCRIPTS), os.environ.get("PYTHONPATH")]))
        environment = {HANDED_ON: str(lock), ANNOUNCEMENT: str(announcement), "PYTHONPATH": library}
        # before Snakemake starts: a process begun in the background of a script ignores SIGINT,
        # and so would all its children, but for one that has a handler for it
        stopper = _Stopper()
        workflow = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=os.environ | environment,
            pass_fds=(lock,),
            start_new_session=True,  # signals from a terminal come through us, once
        )
        stopper.stops(workflow)
        view = StudyView(announcement, EVENTS, LOG, console, cores=cores)
        with view.shown:
            while workflow.poll() is None:
                time.sleep(view.pause)
                view.update(stopping=stopper.stopped)
            view.update(stopping=stopper.stopped)  # what was said since
        return view, workflow.wait(), stopper.stopped


def _emptied(path: Path) -> BinaryIO:
    """Return a file to write to; what the run before left there is gone."""
    with refusals_named(path):
        return path.open("wb")


@contextlib.contextmanager
def _for_the_run(path: Path) -> Iterator[Path]:
    """Yield where a file may be written; neither before nor after the block is one there."""
    with refusals_named(path):
        path.unlink(missing_ok=True)
    try:
        yield path.absolute()
    finally:
        path.unlink(missing_ok=True)


class _Stopper:
    """Passes SIGINT and SIGTERM on to Snakemake and all its jobs, as SIGINT."""

    def __init__(self) -> None:
        self._workflow: subprocess.Popen[bytes] | None = None
        self.stopped = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)

    def stops(self, workflow: subprocess.Popen[bytes]) -> None:
        """Stop this workflow on a signal, and at once where one has come already."""
        self._workflow = workflow
        if self.stopped:
            self._pass_on()

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopped = True
        self._pass_on()

    def _pass_on(self) -> None:
        if self._workflow is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._workflow.pid, signal.SIGINT)


def _say_what_was_done(view: StudyView, *, since: float, pdf: bool) -> None:
    """Name the report, or what a dry run would do."""
    planned, size = view.events.planned, view.size
    if planned and not view.events.started:
        jobs = ", ".join(f"{rule} {count}" for rule, count in planned.items())
        total = sum(planned.values())
        say(
            view.console,
            f"Nothing was run. Jobs to do: {total} ({jobs}). Snakemake's words: {LOG}.",
        )
        return
    report = current_report(size, since=since if view.events.started else None)
    say(view.console, f"Done. The report: {report}" if report else "Done.")
    if pdf and report:
        say(view.console, f"The answer as Markdown: {report.with_name('answer.md')}")
        say(view.console, pdf_in_words(report))


def _say_how_to_go_on(view: StudyView, again: str, *, stopped: bool) -> None:
    """Say why the study is not finished, and the command that goes on."""
    console = view.console
    if stopped:
        say(console, "Stopped. The same command goes on from here; finished runs are kept:")
        say(console, f"  {again}")
        return
    if view.failures:
        count = len(view.failures)
        jobs = "1 job failed" if count == 1 else f"{count} jobs failed"
        logs = f" {logs_in_words(view.size)}, of Snakemake: {LOG}." if view.size else ""
        problem = f"{jobs}; what failed and why stands above.{logs}"
    else:
        for line in last_lines(LOG, LOG_LINES_SHOWN):
            say(console, line)
        problem = f"The study is not finished; the lines above are the end of {LOG}."
    if shutil.disk_usage(LOG.parent).free < FULL_BYTES:
        # what Snakemake wanted to say of it found no room either
        say(console, f"The disk of {LOG.parent}/ is full: make room first.", style="bold")
    say(
        console,
        f"{problem} When the cause is mended, the same command goes on from here; finished runs "
        "are kept:",
        style="bold",
    )
    say(console, f"  {again}", style="bold")


def current_report(size: StudySize | None, *, since: float | None) -> Path | None:
    """Return the report of the study, or the newest of all where no study was announced.

    There is none where Snakemake was asked for a part of the study, and so wrote no report: an
    older one does not show what was done now.

    Args:
        size: of the study; None where Snakemake announced none.
        since: when the jobs began, in seconds since the epoch; None where there were none to do.

    """
    places = [Path(size.folder)] if size is not None else list(Path("results").glob("*"))
    written = {
        path: path.stat().st_mtime
        for path in (place / "report.html" for place in places)
        if path.exists()
    }
    current = [path for path, time in written.items() if since is None or time >= since]
    return max(current, key=written.__getitem__, default=None)


if __name__ == "__main__":
    sys.exit(main())
