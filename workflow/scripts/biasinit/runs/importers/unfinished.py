"""What becomes of logged runs that did not finish: by the tool's word, or since they end early."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from biasinit.numbers import counted
from biasinit.runs.import_notes import Done, ImportNote, listed
from biasinit.vocabulary import Unfinished

_SAME = 1e-9  # relative difference of two ends that are one


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnd:
    """How a run ended.

    Attributes:
        name: of the run.
        key: of the runs that are the same but for when they were started.
        cell: of the runs that are trained alike, and should end alike.
        status: the tool's word, where it did not finish.
        end: the last step; None where nothing was logged.

    """

    name: str
    key: Hashable
    cell: Hashable
    status: str
    end: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What becomes of runs: those that are left out, those that count as failed."""

    left_out: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset()
    notes: tuple[ImportNote, ...] = ()
    problems: tuple[str, ...] = ()


def decide(runs: Sequence[RunEnd], unfinished: Unfinished) -> Decided:
    """Return what becomes of the runs that did not finish.

    A run that did not finish and was run again to its end is left out in any case; of the others
    the study must say what they are, since runs that end early may be those of a scheme that
    trains badly.
    """
    why = dict(_unfinished(runs))
    finished = {run.key for run in runs if run.name not in why}
    again = [run.name for run in runs if run.name in why and run.key in finished]
    notes = []
    if again:
        said = f"They did not finish, and the same run did later or before: {_told(again, why)}."
        notes.append(ImportNote(done=Done.LEFT_OUT, of="run", count=len(again), said=said))
    rest = [name for name in why if name not in set(again)]
    if not rest:
        return Decided(left_out=frozenset(again), notes=tuple(notes))
    if unfinished == "refused":
        problem = (
            f"{counted(len(rest), 'run')} did not finish: {_told(rest, why)}. Say in the study "
            "what becomes of them: 'unfinished: left out', 'kept' (as of early stopping: their "
            "last values count) or 'failed' (so too, and they count as failed)."
        )
        return Decided(left_out=frozenset(again), notes=tuple(notes), problems=(problem,))
    done, said = {
        "left out": (Done.LEFT_OUT, "They did not finish"),
        "kept": (Done.READ_AS, "They did not finish, and count with their last values"),
        "failed": (
            Done.READ_AS,
            "They did not finish, and count as failed, with their last values",
        ),
    }[unfinished]
    told = f"{said}, as the study says: {_told(rest, why)}."
    notes.append(ImportNote(done=done, of="run", count=len(rest), said=told))
    left_out = {*again, *(rest if unfinished == "left out" else [])}
    return Decided(
        left_out=frozenset(left_out),
        failed=frozenset(rest if unfinished == "failed" else []),
        notes=tuple(notes),
    )


def _unfinished(runs: Sequence[RunEnd]) -> Sequence[tuple[str, str]]:
    """Return the runs that did not finish, each with the reason."""
    latest: dict[Hashable, float] = {}
    for run in runs:
        if run.end is not None:
            latest[run.cell] = max(run.end, latest.get(run.cell, run.end))
    found = []
    for run in runs:
        if run.status:
            found.append((run.name, run.status))
        elif run.end is not None and run.end < latest[run.cell] * (1 - _SAME):
            why = f"ends at {run.end:g}, others at {latest[run.cell]:g}"
            found.append((run.name, why))
    return found


def _told(names: Sequence[str], why: Mapping[str, str]) -> str:
    return listed([f"{name} ({why[name]})" for name in names])
