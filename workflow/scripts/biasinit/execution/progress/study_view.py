"""What a person sees while Snakemake runs: a live view on a terminal, elsewhere lines."""

import contextlib
import time
from pathlib import Path

from rich.console import Console
from rich.live import Live

from biasinit.execution.progress.events import JobEnd, WorkflowEvents
from biasinit.execution.progress.size import StudySize, read_announcement
from biasinit.execution.progress.terminal import (
    line_of,
    live_view,
    say,
    show_failure,
    state_of,
)
from biasinit.execution.progress.watch import TrainingProgress, TrainingWatch

POLL_SECONDS = 0.5
POLL_SHARE = 0.02  # of a core, at most, for looking at the notes of very many shards
SILENCE_SECONDS = 60.0  # after which a line is printed though no job has ended


class StudyView:
    """Shows how far a study is, and the jobs that ended, while Snakemake runs.

    Args:
        announcement: file in which the workflow will say how large the study is.
        events: file of what happens to jobs.
        log: what Snakemake says, for those who want to read it.
        console: where to show it.
        cores: jobs that run side by side; None where a scheduler decides that.

    Attributes:
        size: of the study, once Snakemake has read it.
        events: what happened to jobs.
        failures: the jobs that failed, by Snakemake's number, and did not end well later.
        pause: seconds until the next look.

    """

    def __init__(
        self, announcement: Path, events: Path, log: Path, console: Console, *, cores: int | None
    ) -> None:
        self.size: StudySize | None = None
        self.events = WorkflowEvents(events)
        self.failures: dict[int, JobEnd] = {}
        self.pause = POLL_SECONDS
        self.console = console
        self._announcement = announcement
        self._log = log
        self._cores = cores
        self._watch: TrainingWatch | None = None
        self._live = Live(console=console, auto_refresh=False) if console.is_terminal else None
        self._spoke = time.monotonic()

    @property
    def shown(self) -> contextlib.AbstractContextManager[object]:
        """What is to be held while the view is shown."""
        return self._live or contextlib.nullcontext()

    def update(self, *, stopping: bool = False) -> None:
        """Show what changed since the last look; jobs that a stop ended did not fail."""
        self.size = self.size or read_announcement(self._announcement)
        if self.size is None:
            return
        self._watch = self._watch or TrainingWatch(self.size, cores=self._cores)
        started = time.monotonic()
        progress = self._watch.read()
        self.pause = max(POLL_SECONDS, (time.monotonic() - started) / POLL_SHARE)
        for end in self.events.new_ends():
            if end.failed and stopping:
                continue
            self._tell(end, progress)
        if self._live is not None:
            height = self.console.height
            view = live_view(self.size, progress, self.events, log=self._log, height=height)
            self._live.update(view, refresh=True)
        elif time.monotonic() - self._spoke > SILENCE_SECONDS:
            self._say(state_of(progress, self.events))

    def _tell(self, end: JobEnd, progress: TrainingProgress) -> None:
        if end.failed:
            self.failures[end.job] = end
            show_failure(end, self.console)
            return
        self.failures.pop(end.job, None)  # it was tried again
        if self._live is None:
            self._say(line_of(end, progress, self.events))

    def _say(self, text: str) -> None:
        say(self.console, f"{time.strftime('%H:%M:%S')} {text}")
        self._spoke = time.monotonic()
