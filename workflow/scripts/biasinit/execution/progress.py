"""Progress of a study: what training jobs note down, and how a person reads it.

Every training job keeps one small file in ``results/STUDY/progress/`` with the share of its
runs that is done. ``python -m biasinit.execution.progress results/STUDY`` shows the sum.
"""

import json
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from biasinit.files import whole_file

ANNOUNCEMENT = "BIASINIT_ANNOUNCEMENT"
SIZE = Path("progress") / "size.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class StudySize:
    """What the workflow announces when it starts: how much there is to train, and where."""

    study: str
    folder: str
    runs: int
    shards: tuple[str, ...]
    runs_per_shard: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingProgress:
    """Runs done (parts of running ones included) of all runs."""

    done: float
    runs: int


class ProgressNote:
    """Notes the share of a job that is done; called by the training loop."""

    def __init__(self, path: Path, *, runs: int) -> None:
        self._path = path
        self._runs = runs
        path.parent.mkdir(parents=True, exist_ok=True)
        self(0.0)

    def __call__(self, share: float) -> None:
        """Replace the note, so that a reader never sees a part of it."""
        note = {"share": share, "runs": self._runs, "time": time.time()}
        with whole_file(self._path) as unfinished:
            unfinished.write_text(json.dumps(note), encoding="utf-8")


def note_path(folder: Path, shard: str) -> Path:
    """Return where the job of a shard (its path below ``runs/``) keeps its note."""
    return folder / "progress" / f"{shard}.json"


def announce(size: StudySize) -> None:
    """Write the size of the study to the file that ``make study`` asked for, if it did.

    A job on another machine reads the workflow too, and has no such folder: it announces nothing.
    """
    place = os.environ.get(ANNOUNCEMENT)
    if place and Path(place).parent.is_dir():
        _write(size, Path(place))


def announce_in(folder: Path, size: StudySize) -> None:
    """Write the size of the study beside its progress, for readers that come later."""
    (folder / "progress").mkdir(parents=True, exist_ok=True)
    _write(size, folder / SIZE)


def _write(size: StudySize, path: Path) -> None:
    content = {name: getattr(size, name) for name in StudySize.__dataclass_fields__}
    with whole_file(path) as unfinished:
        unfinished.write_text(json.dumps(content), encoding="utf-8")


def read_announcement(path: Path) -> StudySize | None:
    """Return the announced size, or None while there is none."""
    try:
        content: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return StudySize(**{**content, "shards": tuple(content["shards"])})


def training_progress(size: StudySize) -> TrainingProgress:
    """Return how many runs are done, from finished tables and the notes of running jobs."""
    folder = Path(size.folder)
    done = 0.0
    for shard in size.shards:
        if (folder / "runs" / f"{shard}.parquet").exists():
            done += size.runs_per_shard
        else:
            done += size.runs_per_shard * _noted_share(note_path(folder, shard))
    return TrainingProgress(done=done, runs=size.runs)


def _noted_share(path: Path) -> float:
    try:
        return min(1.0, float(json.loads(path.read_text(encoding="utf-8"))["share"]))
    except (OSError, ValueError, KeyError):
        return 0.0


def main() -> None:
    """Print the progress of a study's folder once."""
    if len(sys.argv) != 2:
        sys.exit("Usage: python -m biasinit.execution.progress results/STUDY")
    folder = Path(sys.argv[1])
    size = read_announcement(folder / SIZE)
    if size is None:
        sys.exit(f"{folder / SIZE} is missing: this study has not been started.")
    progress = training_progress(size)
    print(f"{size.study}: {progress.done:.0f} of {progress.runs} runs trained")


if __name__ == "__main__":
    main()
