"""Runs of Lightning's CSVLogger: a folder for each, with metrics.csv and perhaps hparams.yaml.

A row is one time that something was logged, so those of validation and of training differ. Its
``step`` is the number of the last step from 0, its ``epoch`` that of the epoch it lies in.
"""

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from biasinit.numbers import counted
from biasinit.runs.files_below import below, place_of
from biasinit.runs.import_notes import ImportNote, listed, summed
from biasinit.runs.importers.contract import (
    Asked,
    Importer,
    LoggedRun,
    Logs,
    files_of_logs,
    unreadable,
)
from biasinit.runs.importers.csv_logs import read_csv_log
from biasinit.vocabulary import CURVE

_METRICS, _HPARAMS = "metrics.csv", "hparams.yaml"


class _PlainLoader(yaml.SafeLoader):
    """Reads what is text, a number or a list; an object of Python's is nothing."""


_PlainLoader.add_multi_constructor("tag:yaml.org,2002:python/", lambda *_: None)
_PlainLoader.add_multi_constructor("!", lambda *_: None)


def read_lightning(path: Path, asked: Asked) -> Logs:
    """Return the runs below a folder, named by their folders.

    Points are counted in epochs; in steps where the study says how many make an epoch.

    Args:
        path: of the folder, such as ``lightning_logs``.
        asked: what the study says of them.

    Raises:
        RunsTableError: a file is damaged, or no log of Lightning.

    """
    by_steps = asked.steps_per_epoch is not None
    axis = "step" if by_steps else "epoch"
    runs: list[LoggedRun] = []
    notes: list[ImportNote] = []
    names: set[str] = set()
    several: list[str] = []
    curve = asked.columns.get(CURVE) if asked.has_curves else None
    for file in [file for file in files_of_logs("lightning", path) if file.name == _METRICS]:
        log = read_csv_log(file, axis=axis, wanted=asked.names)
        name = place_of(file.parent, path)
        points = log.metrics.get(curve, []) if curve else []
        if not by_steps and _has_neighbours([point.step for point in points]):
            several.append(name)
        runs.append(
            LoggedRun(
                name=name, path=name, said=_hparams(file.with_name(_HPARAMS)), metrics=log.metrics
            )
        )
        notes += log.notes
        names |= set(log.columns)
    return Logs(
        of="folder of Lightning's logs",
        runs=runs,
        metrics=frozenset(names - {"step", "epoch"}),
        counts="steps from 0" if by_steps else "epochs from 0",
        notes=summed(notes),
        problems=list(_several(several, str(curve))),
    )


def _has_neighbours(epochs: list[float]) -> bool:
    """Return whether two points in a row are of one epoch: several validations, and no restart."""
    return any(first == second for first, second in itertools.pairwise(epochs))


def _several(names: list[str], curve: str) -> Iterator[str]:
    if names:
        yield (
            f"{curve!r} has several points in an epoch in {counted(len(names), 'run')} "
            f"({listed(names)}). Say in the study how many steps make an epoch: "
            "'steps_per_epoch: …'."
        )


def _hparams(file: Path) -> Mapping[str, object]:
    """Return what a run says of itself, with a point between the names of what lies within."""
    try:
        found = yaml.load(file.read_text(encoding="utf-8"), Loader=_PlainLoader)
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        text = " ".join(str(error).split())
        raise unreadable(file, f"It is damaged ({text}). Restore it.") from error
    return dict(_flat("", found)) if isinstance(found, Mapping) else {}


def _flat(before: str, found: Mapping[object, object]) -> Iterator[tuple[str, object]]:
    for key, value in found.items():
        name = f"{before}{key}"
        if isinstance(value, Mapping):
            yield from _flat(f"{name}.", value)
        elif not isinstance(value, list | tuple):
            yield name, value


def _files(path: Path) -> list[Path]:
    return [
        file
        for metrics in below(path, _METRICS)
        for file in (metrics, metrics.with_name(_HPARAMS))
        if file.exists()
    ]


IMPORTER = Importer(
    files=_files,
    read=read_lightning,
    wanted="Name the folder below which CSVLogger of Lightning wrote 'metrics.csv', such as "
    "'lightning_logs'.",
)
