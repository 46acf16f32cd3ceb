"""An MLflow store in files: a folder for each experiment, and in it one for each run."""

import math
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from biasinit.runs.importers.contract import Point, unreadable
from biasinit.runs.importers.mlflow_store import STATUSES, Store, StoredRun

_META = "meta.yaml"
_TRASH = ".trash"
_PARTS = ("metrics", "params", "tags")


def files_of_folder(path: Path) -> list[Path]:
    """Return the files that runs are read from: no models, artifacts or data sets."""
    return [
        file
        for experiment in _experiments(path)
        for run in _runs(experiment)
        for file in (experiment / _META, run / _META, *_files(run))
    ]


def read_folder(path: Path, wanted: Collection[str]) -> Store:
    """Return the runs of a folder, with the points of the metrics that are wanted.

    Args:
        path: of the store, or of one experiment.
        wanted: names of metrics.

    Raises:
        RunsTableError: a file is damaged.

    """
    runs = []
    for experiment in _experiments(path):
        about = _meta(experiment)
        deleted = about.get("lifecycle_stage") == "deleted" or experiment.parent.name == _TRASH
        name = str(about.get("name", experiment.name))
        runs += [_run(run, name, wanted, deleted=deleted) for run in _runs(experiment)]
    return Store(runs=runs)


def _experiments(path: Path) -> list[Path]:
    """Return the folders of experiments; a path may be that of one."""
    if any(_runs(path)):
        return [path]
    return [
        folder
        for place in (path, path / _TRASH)
        if place.is_dir()
        for folder in sorted(place.iterdir())
        if (folder / _META).is_file() and any(_runs(folder))
    ]


def _runs(experiment: Path) -> Iterator[Path]:
    """Yield the folders of runs, which have their metrics, parameters and tags beside a file."""
    if not (experiment / _META).is_file():
        return
    for folder in sorted(experiment.iterdir()):
        if (folder / _META).is_file() and (folder / "tags").is_dir():
            yield folder


def _files(run: Path) -> Iterator[Path]:
    for part in _PARTS:
        if (run / part).is_dir():
            yield from sorted(file for file in (run / part).rglob("*") if file.is_file())


def _meta(folder: Path) -> Mapping[str, Any]:
    try:
        found = yaml.safe_load((folder / _META).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        text = " ".join(str(error).split())
        raise unreadable(folder / _META, f"It is damaged ({text}). Restore it.") from error
    if not isinstance(found, Mapping):
        raise unreadable(folder / _META, "It is damaged: it holds no keys. Restore it.")
    return found


def _run(folder: Path, experiment: str, wanted: Collection[str], *, deleted: bool) -> StoredRun:
    about = _meta(folder)
    params, tags = _texts(folder / "params"), _texts(folder / "tags")
    names = dict(_named(folder / "metrics"))
    status = about.get("status")
    return StoredRun(
        run_id=folder.name,
        name=str(about.get("run_name") or tags.get("mlflow.runName") or ""),
        experiment=experiment,
        status=STATUSES.get(status, str(status)) if isinstance(status, int) else str(status),
        deleted=deleted or about.get("lifecycle_stage") == "deleted",
        params=params,
        tags=tags,
        metrics={name: _points(file) for name, file in names.items() if name in wanted},
        metric_names=frozenset(names),
    )


def _named(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield names and files; a name with slashes lies in folders."""
    if folder.is_dir():
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                yield file.relative_to(folder).as_posix(), file


def _texts(folder: Path) -> dict[str, str]:
    return {name: _text(file) for name, file in _named(folder)}


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").rstrip("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise unreadable(file, f"It is damaged ({error}). Restore it.") from error


def _points(file: Path) -> list[Point]:
    """Return the points in a file, one in a line: time, value and step."""
    points = []
    for number, line in enumerate(_text(file).splitlines(), start=1):
        fields = line.split()
        try:
            value, step = float(fields[1]), int(fields[2]) if len(fields) > 2 else 0
        except (IndexError, ValueError):
            raise unreadable(
                file, f"Line {number} is not 'time value step', got {line[:100]!r}. Restore it."
            ) from None
        points.append(Point(step, math.nan if math.isnan(value) else value))
    return points
