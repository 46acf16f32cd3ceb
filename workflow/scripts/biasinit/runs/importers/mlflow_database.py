"""An MLflow store in SQLite: four tables, read without a lock and never written to."""

import math
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from biasinit.numbers import counted
from biasinit.runs.import_notes import listed
from biasinit.runs.importers.contract import Point, unreadable
from biasinit.runs.importers.mlflow_store import Store, StoredRun

_MAGIC = b"SQLite format 3\x00"
_LARGEST = 1.7976931348623157e308  # what MLflow writes for an infinite value

_RUNS = """
SELECT runs.run_uuid, runs.name, experiments.name, runs.status,
       runs.lifecycle_stage = 'deleted' OR experiments.lifecycle_stage = 'deleted'
FROM runs JOIN experiments ON runs.experiment_id = experiments.experiment_id
ORDER BY runs.start_time, runs.run_uuid
"""
# the time of a point is all that the database says of the order of writing
_POINTS = """
SELECT run_uuid, key, step, timestamp, value, is_nan FROM metrics
ORDER BY run_uuid, key, timestamp, step
"""


def files_of_database(path: Path) -> list[Path]:
    """Return a database and what SQLite has not merged into it yet; nothing of another file."""
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            return []
    beside = path.with_name(f"{path.name}-wal")
    return [path, *([beside] if beside.exists() else [])]


def read_database(path: Path, wanted: Collection[str]) -> Store:
    """Return the runs of a database, with the points of the metrics that are wanted.

    Raises:
        RunsTableError: it is no store of MLflow, or damaged.

    """
    address = f"file:{quote(str(path.absolute()))}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True)) as database:
            return _read(database, wanted)
    except sqlite3.Error as error:
        raise unreadable(
            path, f"It is no MLflow store that can be read ({error}). Name the store's database."
        ) from error


def _read(database: sqlite3.Connection, wanted: Collection[str]) -> Store:
    params = _by_run(database.execute("SELECT run_uuid, key, value FROM params"))
    tags = _by_run(database.execute("SELECT run_uuid, key, value FROM tags"))
    names: dict[str, set[str]] = {}
    for run, key in database.execute("SELECT DISTINCT run_uuid, key FROM metrics"):
        names.setdefault(run, set()).add(key)
    points: dict[str, dict[str, list[Point]]] = {}
    times: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for run, key, step, time, value, is_nan in database.execute(_POINTS):
        if key in wanted:
            number = math.nan if is_nan else _unbounded(value)
            points.setdefault(run, {}).setdefault(key, []).append(Point(step, number))
            times.setdefault((run, key), []).append((time, step))
    runs = [
        StoredRun(
            run_id=run,
            name=name or tags.get(run, {}).get("mlflow.runName", ""),
            experiment=experiment,
            status=status,
            deleted=bool(deleted),
            params=params.get(run, {}),
            tags=tags.get(run, {}),
            metrics=points.get(run, {}),
            metric_names=names.get(run, set()),
        )
        for run, name, experiment, status, deleted in database.execute(_RUNS)
    ]
    active = {run.run_id: run.name for run in runs if not run.deleted}
    doubtful = [
        f"{key} of {active[run]}"
        for (run, key), found in times.items()
        if run in active and len(set(found)) < len(found)
    ]
    return Store(runs=runs, problems=list(_untold(doubtful)))


def _unbounded(value: float) -> float:
    return math.copysign(math.inf, value) if abs(value) >= _LARGEST else value


def _by_run(rows: Iterable[tuple[str, str, str]]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for run, key, value in rows:
        found.setdefault(run, {})[key] = value
    return found


def _untold(doubtful: list[str]) -> Iterator[str]:
    if doubtful:
        yield (
            f"{counted(len(doubtful), 'metric')} have several values at one step, logged within "
            f"one millisecond, and nothing says which was the last ({listed(doubtful)}). Log one."
        )
