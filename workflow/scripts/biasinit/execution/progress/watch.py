"""How far the training of a study is: finished tables, notes of running jobs, and the time left."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from biasinit.errors import RunsTableError
from biasinit.execution.costs.benchmarks import TRAINING, benchmark_path, read_cost
from biasinit.execution.progress.notes import Note, note_path, read_note
from biasinit.execution.progress.size import StudySize
from biasinit.study.shards import Shard

STALE_SECONDS = 600.0  # a note that nobody wrote for so long may be of a job that is dead


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
        notes: dict[str, Note] = {}
        shares: dict[str, float] = {}
        for shard in self._size.shards:
            if (self._folder / "runs" / f"{shard}.parquet").exists():
                shares[shard] = 1.0
                self._time(shard)
            else:
                notes[shard] = read_note(note_path(self._folder, shard))
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

    def _seconds_left(self, notes: Mapping[str, Note]) -> float | None:
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

    def _side_by_side(self, notes: Mapping[str, Note]) -> int:
        if self._cores:
            return self._cores
        fresh = time.time() - STALE_SECONDS
        return max(1, sum(note.time > fresh for note in notes.values()))


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
