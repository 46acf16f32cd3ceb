"""Progress of a study: what training jobs note down, and how it is read back.

Every training job keeps one small file in ``results/STUDY/progress/`` with the share of its
runs that is done; ``progress/terminal.py`` shows them.
"""

import json
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from biasinit.errors import FolderError, RunsTableError
from biasinit.execution.costs.benchmarks import TRAINING, benchmark_path, read_cost
from biasinit.files import refusals_named, whole_file
from biasinit.study.shards import Shard

ANNOUNCEMENT = "BIASINIT_ANNOUNCEMENT"
SIZE = Path("progress") / "size.json"
STALE_SECONDS = 600.0  # a note that nobody wrote for so long may be of a job that is dead


@dataclass(frozen=True, slots=True, kw_only=True)
class StudySize:
    """What the workflow announces when it starts: how much there is to train, and where."""

    study: str
    folder: str
    runs: int
    shards: tuple[str, ...]
    runs_per_shard: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PartProgress:
    """Runs done (parts of running ones included) of all runs of a scheme, or of a cell."""

    name: str
    done: float
    runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingProgress:
    """Runs done (parts of running ones included) of all runs, and the time left.

    Attributes:
        seconds_left: of training, on the clock; None while no shard has been timed.

    """

    done: float
    runs: int
    schemes: tuple[PartProgress, ...] = ()
    cells: tuple[PartProgress, ...] = ()
    seconds_left: float | None = None


class ProgressNote:
    """Notes the share of a job that is done; called by the training loop.

    The first note must be written: a folder that refuses it would refuse the tables as well, and
    it is better to know that before an hour of training. Later notes may fail; a disk that is
    full now may have room again when the tables are written.

    Raises:
        FolderError: the first note cannot be written.

    """

    def __init__(self, path: Path, *, runs: int) -> None:
        self._path = path
        self._runs = runs
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
        note = {"share": share, "runs": self._runs, "time": now, "since": self._since}
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
    """Write the size of the study beside its progress, for readers that come later.

    Raises:
        FolderError: the folder cannot be written.

    """
    with refusals_named(folder / SIZE):
        (folder / SIZE).parent.mkdir(parents=True, exist_ok=True)
    _write(size, folder / SIZE)


def _write(size: StudySize, path: Path) -> None:
    content = {name: getattr(size, name) for name in StudySize.__dataclass_fields__}
    with whole_file(path) as unfinished:
        unfinished.write_text(json.dumps(content), encoding="utf-8")


def read_announcement(path: Path) -> StudySize | None:
    """Return the announced size, or None while there is none."""
    try:
        content: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return StudySize(**{**content, "shards": tuple(content["shards"])})
    except (OSError, ValueError, KeyError, TypeError):
        return None


@dataclass(frozen=True, slots=True)
class _Note:
    """The share of a running job, when it was noted, and the seconds that all of it takes."""

    share: float = 0.0
    time: float = 0.0
    seconds: float | None = None


class TrainingWatch:
    """Reads the progress of a study again and again; the times of finished shards only once.

    Args:
        size: the study.
        cores: jobs that run side by side; None counts those that write notes.

    """

    def __init__(self, size: StudySize, *, cores: int | None = None) -> None:
        self._size = size
        self._folder = Path(size.folder)
        self._cores = cores
        self._seconds: dict[str, float] = {}
        self._cells = dict(zip(size.shards, _cell_names(size.shards), strict=True))

    def read(self) -> TrainingProgress:
        """Return how many runs are done, from finished tables and the notes of running jobs."""
        notes: dict[str, _Note] = {}
        shares: dict[str, float] = {}
        for shard in self._size.shards:
            if (self._folder / "runs" / f"{shard}.parquet").exists():
                shares[shard] = 1.0
                self._time(shard)
            else:
                notes[shard] = _read_note(note_path(self._folder, shard))
                shares[shard] = notes[shard].share
        runs = self._size.runs_per_shard
        return TrainingProgress(
            done=runs * sum(shares.values()),
            runs=self._size.runs,
            schemes=_parts(shares, {shard: Shard.at(shard).scheme for shard in shares}, runs),
            cells=_parts(shares, self._cells, runs),
            seconds_left=self._seconds_left(notes),
        )

    def _time(self, shard: str) -> None:
        if shard in self._seconds:
            return
        path = benchmark_path(self._folder, TRAINING, shard)
        try:
            self._seconds[shard] = read_cost(path, rule=TRAINING, job=shard).wall_seconds
        except RunsTableError:
            return  # Snakemake writes it a moment after the table

    def _seconds_left(self, notes: Mapping[str, _Note]) -> float | None:
        """Return the predicted time of all that is not trained, on as many cores as there are.

        A shard takes as long as those of its scheme and cell did, else as those of its cell, else
        as any; before one is finished, as long as the running ones will.
        """
        if not notes:
            return 0.0
        times: dict[tuple[str, ...], list[float]] = {}
        guesses = {shard: note.seconds for shard, note in notes.items() if note.seconds}
        for shard, seconds in (self._seconds or guesses).items():
            for key in self._keys(shard):
                times.setdefault(key, []).append(seconds)
        if not times:
            return None
        left = [
            (1 - note.share) * _mean(next(times[key] for key in self._keys(shard) if key in times))
            for shard, note in notes.items()
        ]
        # the longest shard cannot be shared out
        return max(sum(left) / self._side_by_side(notes), *left)

    def _keys(self, shard: str) -> tuple[tuple[str, ...], ...]:
        cell = self._cells[shard]
        return (cell, Shard.at(shard).scheme), (cell,), ()

    def _side_by_side(self, notes: Mapping[str, _Note]) -> int:
        if self._cores:
            return self._cores
        fresh = time.time() - STALE_SECONDS
        return max(1, sum(note.time > fresh for note in notes.values()))


def training_progress(size: StudySize) -> TrainingProgress:
    """Return how many runs are done, from finished tables and the notes of running jobs."""
    return TrainingWatch(size).read()


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _cell_names(shards: Sequence[str]) -> list[str]:
    """Return the name of each shard's cell and normalisation: the factors that vary."""
    factors = [Shard.at(shard).place for shard in shards]
    vary = [len(set(values)) > 1 for values in zip(*factors, strict=True)]
    return [
        ", ".join(value for value, varies in zip(values, vary, strict=True) if varies)
        or "the only cell"
        for values in factors
    ]


def _parts(
    shares: Mapping[str, float], names: Mapping[str, str], runs: int
) -> tuple[PartProgress, ...]:
    done: dict[str, list[float]] = {}
    for shard, share in shares.items():
        done.setdefault(names[shard], []).append(share)
    return tuple(
        PartProgress(name=name, done=runs * sum(parts), runs=runs * len(parts))
        for name, parts in done.items()
    )


def _read_note(path: Path) -> _Note:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        share, noted = min(1.0, float(content["share"])), float(content["time"])
        since = content.get("since")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return _Note()
    if not since or share <= since[1]:
        return _Note(share, noted)
    return _Note(share, noted, (noted - since[0]) / (share - since[1]))
