"""What Snakemake's log says of jobs: which began, ended well, or failed, and where their logs are.

The log is text for people. Only what Snakemake 9 prints for every executor is read here:

    [Wed Nov 25 17:16:24 2026]
    Job 6: Training zeros, none, learning rate 0.02, shard 0
    [Wed Nov 25 17:16:54 2026]
    Finished jobid: 6 (Rule: train)
    2 of 21 steps (10%) done
    [Wed Nov 25 17:16:54 2026]
    Error in rule train:
        jobid: 7
        log: results/…/0.log (check log file(s) for error details)

A line that reads differently is passed over, so that the worst is less to show.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

# as time.asctime writes it, whatever the language of the machine
TIME = re.compile(r"^\[\w{3} (\w{3}) +(\d+) (\d+):(\d+):(\d+) (\d{4})\]$")
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
BEGUN = re.compile(r"^Job (\d+): (.+)$")
FINISHED = re.compile(r"^Finished jobid: (\d+) \(Rule: (\w+)\)$")
STEPS = re.compile(r"^(\d+) of (\d+) steps \(")
FAILED = re.compile(r"^Error in rule (\w+).*:$")
DETAIL = re.compile(r"^    (jobid|log): (.+?)(?: \(check log file.*)?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEnd:
    """A job that ended.

    Attributes:
        job: Snakemake's number of the job.
        rule: name of its rule.
        what: what it did, in the words of the rule's message.
        failed: whether it failed.
        seconds: on the clock; None where its begin was not seen.
        log: its log file, known of failed jobs.

    """

    job: int
    rule: str
    what: str
    failed: bool = False
    seconds: float | None = None
    log: Path | None = None


@dataclass(slots=True)
class _Failure:
    rule: str
    details: dict[str, str] = field(default_factory=dict)


class SnakemakeLog:
    """Follows a log while it is written.

    Attributes:
        finished: jobs done.
        planned: jobs to do; 0 while it is not known.

    """

    def __init__(self, path: Path) -> None:
        self.finished = self.planned = 0
        self._path = path
        self._place = 0
        self._rest = ""
        self._now: datetime | None = None
        self._begun: dict[int, tuple[str, datetime | None]] = {}
        self._failure: _Failure | None = None

    def new_ends(self) -> Iterator[JobEnd]:
        """Yield the jobs that ended since the last call."""
        with self._path.open("rb") as file:
            file.seek(self._place)
            content = file.read()
        self._place += len(content)
        *lines, self._rest = (self._rest + content.decode(errors="replace")).split("\n")
        for line in lines:
            yield from self._read(line)

    def _read(self, line: str) -> Iterator[JobEnd]:
        if self._failure is not None:
            if detail := DETAIL.match(line):
                self._failure.details.setdefault(*detail.groups())
            elif not line.startswith("    "):
                yield from self._failed(self._failure)
                self._failure = None
        if time := TIME.match(line):
            self._now = _moment(time)
        elif begun := BEGUN.match(line):
            self._begun[int(begun[1])] = begun[2], self._now
        elif ended := FINISHED.match(line):
            yield self._end(int(ended[1]), ended[2])
        elif steps := STEPS.match(line):
            self.finished, self.planned = int(steps[1]), int(steps[2])
        elif failed := FAILED.match(line):
            self._failure = _Failure(failed[1])

    def _failed(self, failure: _Failure) -> Iterator[JobEnd]:
        number = failure.details.get("jobid", "")
        if number.isdecimal():
            # of several log files the first
            log = failure.details.get("log", "").split(", ")[0]
            yield self._end(int(number), failure.rule, failed=True, log=log)

    def _end(self, job: int, rule: str, *, failed: bool = False, log: str = "") -> JobEnd:
        what, begun = self._begun.pop(job, (rule, None))
        seconds = (self._now - begun).total_seconds() if self._now and begun else None
        return JobEnd(
            job=job,
            rule=rule,
            what=what,
            failed=failed,
            seconds=seconds,
            log=Path(log) if log else None,
        )


def _moment(match: re.Match[str]) -> datetime | None:
    month, *numbers = match.groups()
    if month not in MONTHS:
        return None
    day, hour, minute, second, year = map(int, numbers)
    # only differences of two are taken, of one machine: no time zone is needed
    return datetime(year, MONTHS.index(month) + 1, day, hour, minute, second)
