"""How progress looks: tables for a live view on a terminal, and lines where there is none.

``biasinit progress results/STUDY`` shows once the runs done of all runs, by
scheme and by cell, and the time left, of any study, wherever it runs.
"""

import argparse
import math
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from biasinit.execution.progress.events import JobEnd, WorkflowEvents
from biasinit.execution.progress.size import SIZE, StudySize, read_announcement
from biasinit.execution.progress.watch import PartProgress, TrainingProgress, TrainingWatch

ROUNDING = 1e-6  # a share of a run is a sum of fractions
BAR_WIDTH = 24
LOG_LINES_SHOWN = 15  # of the log of a failed job
FEWEST_ROWS = 3  # of each table, on however low a terminal
LINES_AROUND = 8  # of the view, around its two tables


def seconds_in_words(seconds: float) -> str:
    """Return a time to a precision that a prediction can have."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86_400:.1f} days"


def time_left_in_words(progress: TrainingProgress) -> str:
    """Return the time left of training; nothing where there is nothing to train."""
    if not progress.runs or progress.done >= progress.runs:
        return ""
    if progress.seconds_left is None:
        return "time left of training: known once a shard is under way"
    return f"about {seconds_in_words(progress.seconds_left)} of training left"


def logs_in_words(size: StudySize) -> str:
    """Return where the logs of a study are."""
    return f"Logs of jobs: {Path(size.folder) / 'logs'}"


def progress_tables(
    size: StudySize, progress: TrainingProgress, *, rows: int | None = None
) -> RenderableType:
    """Return runs done of all runs, by scheme and by cell, the time left, and where logs are.

    Args:
        size: the study.
        progress: how far it is.
        rows: rows of each table at most; None shows all.

    """
    parts: list[RenderableType] = []
    if size.runs:
        name = f"{size.study}: runs trained"
        everything = PartProgress(name=name, done=progress.done, runs=progress.runs)
        parts.append(_table("", [everything], None))
        parts.append(_table("scheme", progress.schemes, rows))
        parts.append(_table("cell", progress.cells, rows))
    parts += [Text(words) for words in (time_left_in_words(progress), logs_in_words(size)) if words]
    return Group(*parts)


def _table(heading: str, parts: Sequence[PartProgress], rows: int | None) -> Table:
    """Return parts with their bars; where not all have room, the finished ones are left out first.

    Names come from a study file and are shown as they are, never as markup.
    """
    shown = list(parts)
    if rows is not None and len(shown) > rows:
        shown = sorted(shown, key=lambda part: part.done >= part.runs)[: rows - 1]
    table = Table(box=None, show_header=bool(heading), pad_edge=False, header_style="bold")
    table.add_column(Text(heading), min_width=24, overflow="ellipsis", no_wrap=True)
    table.add_column("", width=BAR_WIDTH)
    table.add_column("runs" if heading else "", justify="right", no_wrap=True)
    for part in shown:
        bar = ProgressBar(total=part.runs, completed=part.done, width=BAR_WIDTH)
        table.add_row(Text(part.name), bar, f"{whole(part.done)} of {part.runs}")
    if len(shown) < len(parts):
        table.add_row(f"… and {len(parts) - len(shown)} more", "", "")
    return table


def live_view(
    size: StudySize, progress: TrainingProgress, events: WorkflowEvents, *, log: Path, height: int
) -> RenderableType:
    """Return what a terminal of so many lines shows while the study runs."""
    rows = max(FEWEST_ROWS, (height - LINES_AROUND) // 2)
    return Group(
        progress_tables(size, progress, rows=rows),
        Text(f"Snakemake's log: {log}"),
        Text(_jobs_in_words(events)),
    )


def _jobs_in_words(events: WorkflowEvents) -> str:
    """Return jobs of the workflow done of all; how many there are until the first is done."""
    planned = sum(events.planned.values())
    if not events.finished:
        return f"{planned} jobs to do" if planned else ""
    return f"{events.finished} of {planned} jobs done"


def line_of(end: JobEnd, progress: TrainingProgress, events: WorkflowEvents) -> str:
    """Return the line of one finished job."""
    name = end.rule if end.what == end.rule else f"{end.rule}: {end.what}"
    return f"{name} in {seconds_in_words(end.seconds)}; {state_of(progress, events)}"


def state_of(progress: TrainingProgress, events: WorkflowEvents) -> str:
    """Return runs and jobs done, and the time left."""
    runs = f"{whole(progress.done)} of {progress.runs} runs trained" if progress.runs else ""
    return ", ".join(filter(None, (runs, _jobs_in_words(events), time_left_in_words(progress))))


def whole(runs: float) -> int:
    """Return how many runs are done; one that is nearly there is not."""
    return math.floor(runs + ROUNDING)


def show_failure(end: JobEnd, console: Console) -> None:
    """Print which job failed, and the last lines of the first of its logs that says something."""
    say(console, f"Failed: {end.what} (rule {end.rule}).", style="bold red")
    for log in end.logs:
        if lines := last_lines(log, LOG_LINES_SHOWN):
            say(console, f"The end of its log, {log}:")
            for line in lines:
                say(console, f"  {line}")
            return
    if end.logs:
        say(console, f"Its log {end.logs[0]} is empty: it was ended from outside, or never began.")


def say(console: Console, text: str, *, style: str | None = None) -> None:
    """Print text as it is: '[red]' in a name is no markup, and no line is broken."""
    # the style is that of the text: given to 'print', a live view would take it on too
    console.print(Text(text, style=style or ""), soft_wrap=True)


def last_lines(path: Path, count: int) -> list[str]:
    """Return the last lines of a text file; none where there is no file."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()[-count:]
    except OSError:
        return []


def main(words: Sequence[str]) -> int:
    """Print the progress of a study's folder once, and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="biasinit progress",
        description="How far a study is: runs done of all, by scheme and by cell, and time left.",
    )
    parser.add_argument("folder", type=Path, help="of the study, such as results/digits")
    folder: Path = parser.parse_args(words).folder
    size = read_announcement(folder / SIZE)
    if size is None:
        print(
            f"{folder / SIZE} is missing or damaged: this study has not been started here. Name "
            "the folder of one that was, such as results/digits.",
            file=sys.stderr,
        )
        return 1
    size = replace(size, folder=str(folder))  # as seen from here
    Console().print(progress_tables(size, TrainingWatch(size).read()))
    return 0
