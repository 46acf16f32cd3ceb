"""Runs of TensorBoard: a folder of event files for each.

The package ``tensorboard`` reads the records and their form. Its ``EventAccumulator`` is not used:
it keeps 10,000 points of a scalar drawn at random, and takes points out at a restart in silence.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from biasinit.errors import RunsTableError
from biasinit.numbers import counted
from biasinit.runs.files_below import below, place_of
from biasinit.runs.import_notes import Done, ImportNote, listed
from biasinit.runs.importers.contract import (
    Asked,
    Importer,
    LoggedRun,
    Logs,
    Point,
    files_of_logs,
    unreadable,
)

_EVENTS = "*tfevents*"
_HPARAMS = "_hparams_/session_start_info"
_CUT_SHORT = "truncated record"  # what the reader says where a file ends before its last record
_ABSENT = (
    "Reading event files needs the package 'tensorboard', which is not installed here: "
    "'.venv/bin/python -m pip install tensorboard'."
)


@dataclass(slots=True)
class _Folder:
    """What the event files of one folder hold."""

    metrics: dict[str, list[Point]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    hparams: dict[str, object] = field(default_factory=dict)
    cut_short: list[str] = field(default_factory=list)
    purged: int = 0


def read_tensorboard(path: Path, asked: Asked) -> Logs:
    """Return the runs below a folder, one for each folder with event files.

    Args:
        path: of the folder, such as ``runs``.
        asked: what the study says of them.

    Raises:
        RunsTableError: an event file is damaged, or ``tensorboard`` is not installed.

    """
    files: dict[Path, list[Path]] = {}
    for file in files_of_logs("tensorboard", path):
        files.setdefault(file.parent, []).append(file)
    found = {folder: _of_folder(own, asked.names) for folder, own in files.items()}
    merged = _with_sessions(found)
    runs = [
        LoggedRun(
            name=place_of(folder, path),
            path=place_of(folder, path),
            said=of.hparams,
            metrics=of.metrics,
        )
        for folder, of in found.items()
    ]
    return Logs(
        of="folder of TensorBoard",
        runs=runs,
        metrics=frozenset(name for of in found.values() for name in of.names),
        notes=list(_notes(found, merged, path)),
    )


def _notes(found: Mapping[Path, _Folder], merged: int, path: Path) -> Iterator[ImportNote]:
    points = sum(len(series) for of in found.values() for series in of.metrics.values())
    said = "Numbers of 32 bits, as TensorBoard keeps them: seven digits."
    yield ImportNote(done=Done.READ_AS, of="point", count=points, said=said)
    if merged:
        said = "Folders of hyperparameters (add_hparams), read as parts of the runs around them."
        yield ImportNote(done=Done.READ_AS, of="folder", count=merged, said=said)
    cut = [name for of in found.values() for name in of.cut_short]
    if cut:
        said = f"The last record of files whose writer was stopped: {listed(cut)}."
        yield ImportNote(done=Done.LEFT_OUT, of="record", count=len(cut), said=said)
    purged = {place_of(folder, path): of.purged for folder, of in found.items() if of.purged}
    if purged:
        yield ImportNote(
            done=Done.LEFT_OUT,
            of="point",
            count=sum(purged.values()),
            said=f"{counted(len(purged), 'run')} went on from an earlier step, and said so "
            f"(purge_step): {listed(purged)}.",
        )


def _with_sessions(found: dict[Path, _Folder]) -> int:
    """Hand what add_hparams wrote into folders of its own to the runs that these lie in.

    Returns how many there were; their folders are taken out.
    """
    sessions = [folder for folder, of in found.items() if of.hparams and folder.parent in found]
    for folder in sessions:
        inner, outer = found.pop(folder), found[folder.parent]
        outer.hparams |= inner.hparams
        outer.names |= inner.names
        outer.cut_short += inner.cut_short
        for name, points in inner.metrics.items():
            outer.metrics.setdefault(name, points)
    return len(sessions)


def _of_folder(files: Sequence[Path], wanted: frozenset[str]) -> _Folder:
    """Return what the event files of a folder hold, in the order in which they were begun.

    Their names say it to the second only, and count as text: 10 would come before 9.

    Raises:
        RunsTableError: one is damaged, or ``tensorboard`` is not installed.

    """
    into = _Folder()
    begun = [
        (events[0].wall_time, events) for events in (_events(f, into) for f in files) if events
    ]
    for _, events in sorted(begun, key=lambda pair: pair[0]):
        for event in events:
            _add(event, into, wanted)
    return into


def _events(file: Path, into: _Folder) -> list[Any]:
    try:
        from tensorboard.compat.proto.event_pb2 import Event
    except ImportError:
        raise RunsTableError(_ABSENT) from None
    events = []
    for record in _records(file, into):
        try:
            events.append(Event.FromString(record))
        except Exception as error:  # of protobuf's own kind, which its versions name differently
            raise unreadable(file, f"A record of it is no event ({error}). Restore it.") from error
    return events


def _add(event: Any, into: _Folder, wanted: frozenset[str]) -> None:  # noqa: ANN401  # of protobuf
    """Add the points of an event to those of its folder."""
    if event.HasField("session_log") and event.session_log.status == event.session_log.START:
        _purge(into, event.step)
    for value in event.summary.value:
        if value.tag == _HPARAMS:
            into.hparams |= _hparams(value.metadata.plugin_data.content)
            continue
        number = _scalar(value)
        if number is None:
            continue
        into.names.add(value.tag)
        if value.tag in wanted:
            into.metrics.setdefault(value.tag, []).append(Point(event.step, number))


def _purge(into: _Folder, step: int) -> None:
    """Take out what was written from a step on, by a run that now goes on from there."""
    for name, points in into.metrics.items():
        kept = [point for point in points if point.step < step]
        into.purged += len(points) - len(kept)
        into.metrics[name] = kept


def _records(file: Path, into: _Folder) -> Iterator[bytes]:
    """Yield the records of a file; one that its writer did not end is noted."""
    from tensorboard.compat.tensorflow_stub import errors
    from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import PyRecordReader_New

    reader: Any = PyRecordReader_New(str(file))
    while True:
        try:
            reader.GetNext()
        except errors.OutOfRangeError:
            return
        except errors.DataLossError as error:
            if _CUT_SHORT in str(error):
                into.cut_short.append(file.name)
                return
            raise unreadable(file, f"It is damaged ({error}). Restore it.") from None
        yield reader.record()


def _scalar(value: Any) -> float | None:  # noqa: ANN401  # of protobuf, which has no types
    """Return the number of a summary; None of an image, a histogram or a text."""
    if value.HasField("simple_value"):
        return float(value.simple_value)
    if not value.HasField("tensor") or value.tensor.tensor_shape.dim:
        return None
    from tensorboard.util.tensor_util import make_ndarray

    array = make_ndarray(value.tensor)
    return float(array) if array.dtype.kind == "f" else None


def _hparams(content: bytes) -> dict[str, object]:
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    said = HParamsPluginData.FromString(content).session_start_info.hparams
    kinds = {name: str(value.WhichOneof("kind")) for name, value in said.items()}
    return {name: getattr(said[name], kind, None) for name, kind in kinds.items()}


IMPORTER = Importer(
    files=lambda path: below(path, _EVENTS),
    read=read_tensorboard,
    wanted="Name the folder that TensorBoard is shown ('--logdir'), with a folder for each run.",
)
