"""What an importer is, and what it hands on: the runs of a tool's logs, as they stand there.

A module of this package whose name is a ``RunsFormat`` is an importer. It only reads: which of the
points of a metric count, and what becomes of runs that did not finish, is ``logged``'s.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Literal, NamedTuple

from biasinit.errors import RunsTableError
from biasinit.runs.import_notes import ImportNote
from biasinit.vocabulary import Unfinished


class Point(NamedTuple):
    """One value of a metric: the step that it was logged at, and the value."""

    step: float
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a study says of the logs that it brings.

    Attributes:
        columns: what is logged under which name, by our names of columns.
        schemes: those that it compares; runs of others are left out, whatever is wrong with them.
        run_name: how the name of a run says what it is; None where it says nothing.
        experiment: name of the one experiment that is read, where the tool has such.
        curves: the file of learning curves, where they stand in one of their own.
        has_curves: whether the metric of ``validation_accuracy`` is read as learning curves.
        unfinished: what becomes of runs that did not finish.
        steps_per_epoch: steps that make an epoch.
        steps_from: what the first step is called.
        epochs: length of training.

    """

    columns: Mapping[str, str]
    schemes: Sequence[str] = ()
    run_name: str | None = None
    experiment: str | None = None
    curves: Path | None = None
    has_curves: bool = False
    unfinished: Unfinished = "refused"
    steps_per_epoch: float | None = None
    steps_from: int | None = None
    epochs: float | None = None

    @property
    def names(self) -> frozenset[str]:
        """All names under which something may be logged that is used."""
        return frozenset(self.columns.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedRun:
    """One run of a tool's logs.

    Attributes:
        name: that messages call it by; no two runs have one name.
        path: what the study's pattern of names is matched with.
        said: parameters, tags and the like, by their names.
        metrics: the points of each metric that is asked for, in the order in which they were
            written, by name.
        status: the tool's word for a run that did not finish; empty where it did, or where the
            tool does not say.
        children: how many runs are nested in it.

    """

    name: str
    path: str
    said: Mapping[str, object] = field(default_factory=dict)
    metrics: Mapping[str, Sequence[Point]] = field(default_factory=dict)
    status: str = ""
    children: int = 0


Counts = Literal["steps", "steps from 0", "epochs from 0"]
"""What points are counted in: steps as the study says, or as the tool always counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Logs:
    """The runs of a tool's logs.

    Attributes:
        of: the tool and what holds its logs, in words: 'MLflow store'.
        runs: those that are there.
        metrics: names of all metrics of any run, those included that nobody asks for.
        counts: what the steps of points are.
        prefixes: of names in ``said``, that a study may leave out.
        of_the_tool: what names in ``said`` begin with that the tool itself says of every run.
        notes: what was done to read them.
        problems: what is wrong with them.

    """

    of: str
    runs: Sequence[LoggedRun]
    metrics: Collection[str]
    counts: Counts = "steps"
    prefixes: tuple[str, ...] = ()
    of_the_tool: tuple[str, ...] = ()
    notes: Sequence[ImportNote] = ()
    problems: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Importer:
    """How the runs of one tool are found and read.

    Attributes:
        files: returns the files that they are read from; none where a path holds no logs.
        read: returns the runs in them.
        wanted: what the path must be, for those whose path is not.

    """

    files: Callable[[Path], list[Path]]
    read: Callable[[Path, Asked], Logs]
    wanted: str


def importer_named(name: str) -> Importer:
    """Return the importer of a format of runs, and import no other."""
    found: Importer = import_module(module_of(name)).IMPORTER
    return found


def module_of(name: str) -> str:
    """Return the module of the importer of a format."""
    return f"biasinit.runs.importers.{name}"


def files_of_logs(name: str, path: Path) -> list[Path]:
    """Return the files that runs are read from.

    Raises:
        RunsTableError: there is nothing at the path, or nothing of the format.

    """
    importer = importer_named(name)
    if not path.exists():
        raise unreadable(path, f"It is not there. {importer.wanted}")
    files = importer.files(path)
    if not files:
        raise unreadable(path, f"There are no runs of the format {name!r} in it. {importer.wanted}")
    return files


def unreadable(path: Path, what: str) -> RunsTableError:
    """Return the error for logs that cannot be read."""
    return RunsTableError(f"The runs in {path} cannot be read. {what}")
