"""What training jobs note down: each keeps a small file with the share of its runs that is done."""

import json
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from biasinit.errors import FolderError
from biasinit.files import refusals_named, whole_file


class ProgressNote:
    """Notes the share of a job that is done; called by the training loop.

    The first note must be written: a folder that refuses it would refuse the tables as well, and
    it is better to know that before an hour of training. Later notes may fail; a disk that is
    full now may have room again when the tables are written.

    Raises:
        FolderError: the first note cannot be written.

    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._since: tuple[float, float] | None = None
        with refusals_named(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        self._write(0.0)

    def __call__(self, share: float) -> None:
        """Replace the note, so that a reader never sees a part of it."""
        with suppress(FolderError):
            self._write(share)

    def _write(self, share: float) -> None:
        now = time.time()
        if self._since is None and share > 0:
            self._since = now, share  # a job that goes on from a checkpoint starts with a leap
        note = {"share": share, "time": now, "since": self._since}
        with whole_file(self._path) as unfinished:
            unfinished.write_text(json.dumps(note), encoding="utf-8")


def note_path(folder: Path, shard: str) -> Path:
    """Return where the job of a shard (its path below ``runs/``) keeps its note."""
    return folder / "progress" / f"{shard}.json"


@dataclass(frozen=True, slots=True)
class Note:
    """The share of a running job, when it was noted, and the seconds that all of it takes."""

    share: float = 0.0
    time: float = 0.0
    seconds: float | None = None


def read_note(path: Path) -> Note:
    """Return what a job noted; nothing where it has noted nothing, or nothing to be read."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        share, noted = min(1.0, float(content["share"])), float(content["time"])
        since = content.get("since")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Note()
    if not since or share <= since[1]:
        return Note(share, noted)
    return Note(share, noted, (noted - since[0]) / (share - since[1]))
