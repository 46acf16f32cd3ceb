"""``make study``: Snakemake beneath a progress display, safe to interrupt and to repeat.

Snakemake's output goes to ``results/snakemake.log``; a person sees runs done of all runs, by
scheme and by cell, and the time left. On a terminal the display is live, elsewhere every
finished job has a line. A failed job shows the end of its log and the command that goes on.
SIGINT and SIGTERM stop Snakemake and its jobs; the same command goes on where it stopped.
"""

import argparse
import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import BinaryIO

from rich.console import Console
from rich.live import Live

from biasinit.errors import BiasinitError, ConfigurationError, Problem
from biasinit.execution.progress.notes import (
    ANNOUNCEMENT,
    StudySize,
    TrainingWatch,
    read_announcement,
)
from biasinit.execution.progress.snakemake_log import JobEnd, SnakemakeLog
from biasinit.execution.progress.terminal import (
    last_lines,
    line_of,
    live_display,
    logs_in_words,
    say,
    show_failure,
    state_of,
)
from biasinit.execution.takeover.lock import HANDED_ON, hold_lock
from biasinit.files import refusals_named
from biasinit.study.reading import parse_any_study, read_study_file

LOG = Path("results") / "snakemake.log"
PROFILES = Path("profiles")
HERE = "default"
CHANGES_KEYS = ("--config", "-C")  # arguments of Snakemake, --configfile among them
FULL_BYTES = 2**20  # less than this is left on a disk that is full
POLL_SECONDS = 0.5
POLL_SHARE = 0.02  # of a core, at most, for looking at the notes of very many shards
SILENCE_SECONDS = 60.0  # after which a line is printed though no job has ended
LOG_LINES_SHOWN = 40  # of Snakemake's log, when it fails and no job did


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the study of this folder and return Snakemake's exit status."""
    options = _parser().parse_args(arguments)
    console = Console()
    try:
        command = _command(options)
        for path in _study_files(options):
            keys = read_study_file(path)  # Snakemake would show a traceback
            if not any(text.startswith(CHANGES_KEYS) for text in options.snakemake):
                parse_any_study(keys)  # within a second, and without Snakemake's words around it
        lock = hold_lock(Path.cwd())
        with _opened_log() as log:
            return _run(command, options, lock, log, console)
    except BiasinitError as error:
        say(console, str(error), style="bold")
        return 1


def _study_files(options: argparse.Namespace) -> list[Path]:
    """Return the study file that Snakemake is going to read; none where ARGS name it."""
    if options.study:
        return [Path(options.study)]
    named = any(text.startswith("--configfile") for text in options.snakemake)
    return [] if named else [Path("config.yaml")]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="biasinit.execution.launch", description=__doc__)
    parser.add_argument("--study", help="study file; config.yaml when left out")
    parser.add_argument("--cores", default="all", help="processor cores to use on this machine")
    parser.add_argument("--place", default=HERE, help="folder in profiles/: where jobs run")
    parser.add_argument("snakemake", nargs="*", help="further arguments of Snakemake, after --")
    return parser


def _command(options: argparse.Namespace) -> list[str]:
    """Return the command that starts Snakemake."""
    command = [sys.executable, "-m", "snakemake", "--nolock", "--rerun-incomplete"]
    command += _place(options.place, options.cores)
    command += ["--configfile", options.study] if options.study else []
    return [*command, *options.snakemake]


def _place(name: str, cores: str) -> list[str]:
    """Return Snakemake's arguments for the place that jobs run at.

    Elsewhere than here the number of cores is the profile's to say: Snakemake would take
    ``--cores`` for all jobs together, and a login node's two cores for the cluster's.

    Raises:
        ConfigurationError: there is no such profile.

    """
    if name == HERE:  # Snakemake finds this profile by itself
        return ["--cores", cores]
    folder = PROFILES / name
    if not (folder / "profile.yaml").exists():
        known = ", ".join(sorted(path.parent.name for path in PROFILES.glob("*/profile.yaml")))
        what = f"must be the name of a folder with a profile.yaml in {PROFILES}/, got {name!r}."
        problem = Problem(key="--place", what=what, mend=f"There are: {known}.")
        raise ConfigurationError([problem], of="The command")
    return ["--workflow-profile", str(folder)]


def resume_command(options: argparse.Namespace) -> str:
    """Return the command that a person types to go on with the same study."""
    if not Path("Makefile").exists():
        parts = [sys.executable, "-m", "biasinit.execution.launch", "--cores", options.cores]
        parts += ["--study", options.study] if options.study else []
        parts += ["--place", options.place] if options.place != HERE else []
        return shlex.join([*parts, *(["--", *options.snakemake] if options.snakemake else [])])
    variables = {
        "STUDY": options.study or "",
        "CORES": options.cores if options.cores != "all" else "",
        "PLACE": options.place if options.place != HERE else "",
        "ARGS": shlex.join(options.snakemake),
    }
    given = [f"{name}={shlex.quote(value)}" for name, value in variables.items() if value]
    return " ".join(["make study", *given])


def _opened_log() -> BinaryIO:
    with refusals_named(LOG):
        return LOG.open("wb")


def _run(
    command: Sequence[str], options: argparse.Namespace, lock: int, log: BinaryIO, console: Console
) -> int:
    with tempfile.TemporaryDirectory() as folder:
        announcement = Path(folder) / "size.json"
        environment = os.environ | {HANDED_ON: str(lock), ANNOUNCEMENT: str(announcement)}
        # before Snakemake starts: a process begun in the background of a script ignores SIGINT,
        # and so would all its children, but for one that has a handler for it
        stopper = _Stopper()
        workflow = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            pass_fds=(lock,),
            start_new_session=True,  # signals from a terminal come through us, once
        )
        stopper.stops(workflow)
        shown = _Shown(announcement, console, cores=_cores(options))
        with shown.display:
            while workflow.poll() is None:
                time.sleep(shown.pause)
                shown.update(stopping=stopper.stopped)
            shown.update(stopping=stopper.stopped)  # what was said since
        status = workflow.wait()
    return _conclude(status, stopper.stopped, shown, options)


def _cores(options: argparse.Namespace) -> int | None:
    """Return how many jobs run side by side; None elsewhere, where the scheduler decides that."""
    if options.place != HERE:
        return None
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return int(options.cores) if options.cores.isdecimal() else available


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


class _Shown:
    """What a person sees while Snakemake runs.

    Attributes:
        size: of the study, once Snakemake has read it.
        started: when it was begun, in seconds since the epoch.
        ended: how many jobs have ended well.
        failures: the jobs that failed, by Snakemake's number, and did not end well later.
        pause: seconds until the next look.

    """

    def __init__(self, announcement: Path, console: Console, *, cores: int | None) -> None:
        self.size: StudySize | None = None
        self.started = time.time()
        self.ended = 0
        self.failures: dict[int, JobEnd] = {}
        self.pause = POLL_SECONDS
        self.console = console
        self._announcement = announcement
        self._cores = cores
        self._log = SnakemakeLog(LOG)
        self._watch: TrainingWatch | None = None
        self._live = Live(console=console, auto_refresh=False) if console.is_terminal else None
        self._spoke = time.monotonic()

    @property
    def display(self) -> contextlib.AbstractContextManager[object]:
        """The live display, to be held while Snakemake runs."""
        return self._live or contextlib.nullcontext()

    def update(self, *, stopping: bool = False) -> None:
        """Show what changed since the last look; jobs that a stop ended did not fail."""
        self.size = self.size or read_announcement(self._announcement)
        ends = list(self._log.new_ends())
        if self.size is None:
            return
        self._watch = self._watch or TrainingWatch(self.size, cores=self._cores)
        started = time.monotonic()
        progress = self._watch.read()
        self.pause = max(POLL_SECONDS, (time.monotonic() - started) / POLL_SHARE)
        for end in ends:
            if end.failed and stopping:
                continue
            if end.failed:
                self.failures[end.job] = end
                show_failure(end, self.console)
                continue
            self.ended += 1
            self.failures.pop(end.job, None)  # it was tried again
            if self._live is None:
                self._say(line_of(end, progress, self._log))
        if self._live is not None:
            shown = live_display(
                self.size, progress, self._log, log_file=LOG, height=self.console.height
            )
            self._live.update(shown, refresh=True)
        elif time.monotonic() - self._spoke > SILENCE_SECONDS:
            self._say(state_of(progress, self._log))

    def _say(self, text: str) -> None:
        say(self.console, f"{time.strftime('%H:%M:%S')} {text}")
        self._spoke = time.monotonic()


def _conclude(status: int, stopped: bool, shown: _Shown, options: argparse.Namespace) -> int:
    console, size = shown.console, shown.size
    again = resume_command(options)
    if status == 0:
        say(console, f"Done.{report_in_words(size, since=shown.started if shown.ended else None)}")
        return 0
    if stopped:
        say(console, "Stopped. The same command goes on from here; finished runs are kept:")
        say(console, f"  {again}")
        return status if status > 0 else 130
    if shown.failures:
        count = len(shown.failures)
        jobs = "1 job failed" if count == 1 else f"{count} jobs failed"
        logs = f" {logs_in_words(size)}, of Snakemake: {LOG}." if size else ""
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
    return status if status > 0 else 1


def report_in_words(size: StudySize | None, *, since: float | None) -> str:
    """Name the report of the study, or the newest of all where no study was announced.

    Nothing is named where Snakemake was asked for a part of the study, and so wrote no report:
    an older one does not show what was done now.

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
    return f" The report: {max(current, key=written.__getitem__)}" if current else ""


if __name__ == "__main__":
    sys.exit(main())
