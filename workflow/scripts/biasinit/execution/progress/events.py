"""What happens to the jobs of a workflow: which began, ended well, or failed, and their logs.

Snakemake's logger plugin ``biasinit``, a package beside this library, adds a line of JSON to a
file for each event, with Snakemake's own names. A line that was cut off is passed over, so that
the worst is less to show.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEnd:
    """A job that ended.

    Attributes:
        job: Snakemake's number of the job.
        rule: name of its rule.
        what: what it did, in the words of the rule's message; the rule where that has none.
        seconds: on the clock, from when it was handed to a processor or to a queue.
        failed: whether it failed.
        logs: of a failed job, its own log before that of the scheduler.

    """

    job: int
    rule: str
    what: str
    seconds: float
    failed: bool = False
    logs: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class _Begun:
    rule: str
    what: str
    time: float


class WorkflowEvents:
    """Follows the file of events while it is written.

    Attributes:
        planned: number of jobs to do, by rule; empty while that is not known.
        finished: jobs done; Snakemake tells nobody of them under ``--quiet progress``.
        started: whether any job was started, which a dry run does not do.

    """

    def __init__(self, path: Path) -> None:
        self.planned: dict[str, int] = {}
        self.finished = 0
        self.started = False
        self._path = path
        self._place = 0
        self._rest = b""
        self._begun: dict[int, _Begun] = {}

    def new_ends(self) -> Iterator[JobEnd]:
        """Yield the jobs that ended since the last call; at each, the counts are those of then."""
        with self._path.open("rb") as file:
            file.seek(self._place)
            content = file.read()
        self._place += len(content)
        *lines, self._rest = (self._rest + content).split(b"\n")
        for line in lines:
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if (end := self._read(event)) is not None:
                yield end

    def _read(self, event: Any) -> JobEnd | None:  # noqa: ANN401 - whatever JSON holds
        match event:
            case {"event": "run_info", "stats": dict(jobs)}:
                self.planned = {rule: count for rule, count in jobs.items() if rule != "total"}
            case {"event": "job_started"}:
                self.started = True
            case {"event": "job_info", "jobid": job, "rule_name": rule, "rule_msg": what}:
                self._begun[job] = _Begun(rule, what or rule, event["time"])
            case {"event": "job_finished", "job_id": job}:
                self.finished += 1
                return self._end(job, event["time"])
            case {"event": "job_error", "jobid": job, "log": logs}:
                return self._end(job, event["time"], failed=True, logs=tuple(map(Path, logs)))
        return None

    def _end(
        self, job: int, time: float, *, failed: bool = False, logs: tuple[Path, ...] = ()
    ) -> JobEnd | None:
        """Return the end of a job; None where the line that tells of its begin was cut off."""
        begun = self._begun.pop(job, None)
        if begun is None:
            return None
        return JobEnd(
            job=job,
            rule=begun.rule,
            what=begun.what,
            seconds=time - begun.time,
            failed=failed,
            logs=logs,
        )
