"""Snakemake's logger ``biasinit``: what happens to jobs, as lines of JSON in a file.

``make study`` starts Snakemake with it and shows what ``biasinit.execution.progress.events`` reads
of the file. Snakemake finds it by the name of this package, wherever ``workflow/scripts`` is on
Python's path. Every process of Snakemake imports it, those within jobs included, and only the one
that is told to use it writes; so it imports nothing of the library.
"""

import json
import logging
from contextlib import suppress
from dataclasses import dataclass, field
from logging import LogRecord
from pathlib import Path

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.settings import LogHandlerSettingsBase

# what is kept of each event, by Snakemake's own names; all others are left out
KEPT: dict[LogEvent, tuple[str, ...]] = {
    LogEvent.RUN_INFO: ("stats",),
    LogEvent.JOB_STARTED: (),
    LogEvent.JOB_INFO: ("jobid", "rule_name", "rule_msg", "wildcards"),
    LogEvent.JOB_FINISHED: ("job_id",),
    LogEvent.JOB_ERROR: ("jobid", "log"),
}


@dataclass
class LogHandlerSettings(LogHandlerSettingsBase):
    """Snakemake's arguments for it."""

    events: Path | None = field(
        default=None,
        metadata={
            "help": "File that a line of JSON for each event is added to.",
            "metavar": "FILE",
            "required": True,
            "type": Path,
        },
    )


class LogHandler(LogHandlerBase):
    """Adds a line to the file for each event that is kept."""

    def __post_init__(self) -> None:
        """Open the file."""
        assert isinstance(self.settings, LogHandlerSettings)
        assert self.settings.events is not None  # Snakemake asks for it
        self.baseFilename = str(self.settings.events.absolute())
        # unbuffered: a reader sees an event at once, and a kill loses none
        self._file = Path(self.baseFilename).open("ab", buffering=0)  # noqa: SIM115 - see close
        self._torn = False
        # on a full disk Python would show a traceback for each line that a log loses
        logging.raiseExceptions = False

    def emit(self, record: LogRecord) -> None:
        """Add the event; on a full disk it is lost, which must not end the workflow."""
        event = getattr(record, "event", None)
        if event not in KEPT:
            return
        kept = {name: getattr(record, name, None) for name in KEPT[event]}
        line = json.dumps({"event": str(event), "time": record.created, **kept}, default=str)
        content = f"{chr(10) * self._torn}{line}\n".encode()
        written = None
        with suppress(OSError):
            written = self._file.write(content)
        # what comes next must not be one line with what was cut off
        self._torn = written != len(content)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()

    @property
    def writes_to_stream(self) -> bool:
        """No: Snakemake's own text stays as it is."""
        return False

    @property
    def writes_to_file(self) -> bool:
        """Yes: Snakemake names the file among its logs."""
        return True

    @property
    def has_filter(self) -> bool:
        """Yes: events are kept however quiet Snakemake is."""
        return True

    @property
    def has_formatter(self) -> bool:
        """Yes: lines of JSON."""
        return True

    @property
    def needs_rulegraph(self) -> bool:
        """No."""
        return False
