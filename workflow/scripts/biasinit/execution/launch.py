"""``make study``: Snakemake beneath a progress display, safe to interrupt and to repeat.

Snakemake's output goes to ``results/snakemake.log``; a person sees runs done of all runs and
the time left. On a terminal the display is live, elsewhere a line is printed now and then.
SIGINT and SIGTERM stop Snakemake and its jobs; the same command goes on where it stopped.
"""

import argparse
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from biasinit.config import read_study_file
from biasinit.errors import BiasinitError, ConfigurationError, Problem
from biasinit.execution.lock import HANDED_ON, hold_lock
from biasinit.execution.progress import (
    ANNOUNCEMENT,
    StudySize,
    read_announcement,
    training_progress,
)

LOG = Path("results") / "snakemake.log"
PROFILES = Path("profiles")
HERE = "default"
FULL_BYTES = 2**20  # less than this is left on a disk that is full
POLL_SECONDS = 0.5
LINE_SECONDS = 15.0  # between two lines where there is no terminal
LOG_LINES_SHOWN = 40  # of Snakemake's log, when the study fails
STEPS = re.compile(r"^(\d+) of (\d+) steps \(", re.MULTILINE)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the study of this folder and return Snakemake's exit status."""
    options = _parser().parse_args(arguments)
    console = Console()
    try:
        if options.study:
            read_study_file(Path(options.study))  # Snakemake would show a traceback
        place = _place(options.place, options.cores)
        lock = hold_lock(Path.cwd())
    except BiasinitError as error:
        console.print(str(error), style="bold", markup=False, soft_wrap=True)
        return 1
    command = [sys.executable, "-m", "snakemake", "--nolock", "--rerun-incomplete", *place]
    if options.study:
        command += ["--configfile", options.study]
    return _run([*command, *options.snakemake], lock, console)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="biasinit.execution.launch", description=__doc__)
    parser.add_argument("--study", help="study file; config.yaml when left out")
    parser.add_argument("--cores", default="all", help="processor cores to use on this machine")
    parser.add_argument("--place", default=HERE, help="folder in profiles/: where jobs run")
    parser.add_argument("snakemake", nargs="*", help="further arguments of Snakemake, after --")
    return parser


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
        raise ConfigurationError([Problem(key="--place", what=what, mend=f"There are: {known}.")])
    return ["--workflow-profile", str(folder)]


def _run(command: list[str], lock: int, console: Console) -> int:
    with tempfile.TemporaryDirectory() as folder, LOG.open("wb") as log:
        announcement = Path(folder) / "size.json"
        environment = os.environ | {HANDED_ON: str(lock), ANNOUNCEMENT: str(announcement)}
        workflow = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            pass_fds=(lock,),
            start_new_session=True,  # signals from a terminal come through us, once
        )
        stopper = _Stopper(workflow)
        size = _show(workflow, announcement, console)
        status = workflow.wait()
    return _conclude(status, stopper.stopped, size, console)


class _Stopper:
    """Passes SIGINT and SIGTERM on to Snakemake and all its jobs, as SIGINT."""

    def __init__(self, workflow: subprocess.Popen[bytes]) -> None:
        self._workflow = workflow
        self.stopped = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopped = True
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._workflow.pid, signal.SIGINT)


def _show(
    workflow: subprocess.Popen[bytes], announcement: Path, console: Console
) -> StudySize | None:
    """Show progress until Snakemake ends; return the size of the study, if it came that far."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left:"),
        TimeRemainingColumn(),
    )
    size = None
    live = console.is_terminal
    display = _Lines(console)
    with Progress(*columns, console=console, disable=not live) as progress:
        training: TaskID | None = None
        steps: TaskID | None = None
        while workflow.poll() is None:
            time.sleep(POLL_SECONDS)
            size = size or read_announcement(announcement)
            if size is None:
                continue
            if steps is None:
                if size.runs:
                    training = progress.add_task(f"{size.study}: runs trained", total=size.runs)
                steps = progress.add_task("workflow: jobs done", total=None)
            done = training_progress(size).done
            if training is not None:
                progress.update(training, completed=int(done))
            finished, planned = _steps_done()
            progress.update(steps, completed=finished, total=planned or None)
            if not live:
                display.update(size, done, finished, planned)
    return size


class _Lines:
    """Prints a line now and then, where there is no terminal to draw on."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._started = time.monotonic()
        self._last = -LINE_SECONDS
        self._done_at_start: float | None = None

    def update(self, size: StudySize, done: float, finished: int, planned: int) -> None:
        now = time.monotonic() - self._started
        if self._done_at_start is None:
            self._done_at_start = done
        if now - self._last < LINE_SECONDS:
            return
        self._last = now
        trained = done - self._done_at_start
        left = ""
        if trained > 0 and done < size.runs:
            minutes = now / trained * (size.runs - done) / 60
            left = f", about {minutes:.1f} min of training left"
        training = f"{done:.0f} of {size.runs} runs trained, " if size.runs else ""
        self._console.print(
            f"{size.study}: {training}{finished} of {planned} jobs done{left}",
            soft_wrap=True,
            highlight=False,
        )


def _steps_done() -> tuple[int, int]:
    """Return jobs done and planned, as Snakemake's log last said."""
    found = STEPS.findall(LOG.read_text(encoding="utf-8", errors="replace"))
    return (int(found[-1][0]), int(found[-1][1])) if found else (0, 0)


def _conclude(status: int, stopped: bool, size: StudySize | None, console: Console) -> int:
    if status == 0:
        where = Path(size.folder) / "report.html" if size else _last_report()
        console.print(f"Done. The report: {where}", soft_wrap=True)
        return 0
    if stopped:
        console.print("Stopped. The same command goes on from here; finished runs are kept.")
        return status if status > 0 else 130
    with LOG.open(encoding="utf-8", errors="replace") as log:
        tail = deque(log, maxlen=LOG_LINES_SHOWN)
    console.print("".join(tail), highlight=False, markup=False, soft_wrap=True)
    if shutil.disk_usage(LOG.parent).free < FULL_BYTES:
        # what Snakemake wanted to say of it found no room either
        console.print(f"The disk of {LOG.parent}/ is full: make room first.", style="bold")
    console.print(
        f"The study is not finished; the lines above are the end of {LOG}. When the cause is "
        "mended, the same command goes on from here; finished runs are kept.",
        style="bold",
    )
    return status if status > 0 else 1


def _last_report() -> str:
    """Name the newest report: when nothing was left to do, Snakemake announces no study."""
    reports = sorted(Path("results").glob("*/report.html"), key=lambda path: path.stat().st_mtime)
    return str(reports[-1]) if reports else "results/STUDY/report.html"


if __name__ == "__main__":
    sys.exit(main())
