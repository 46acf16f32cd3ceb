"""From the logs of any tool to a table of runs and their learning curves.

The final value of a metric is the one at its last step, never the best. Whatever is left out,
written over or taken for something is counted and named.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from biasinit.errors import RunsTableError
from biasinit.numbers import counted
from biasinit.runs.fields import as_name
from biasinit.runs.import_notes import Done, ImportNote, listed
from biasinit.runs.imported import BroughtTable
from biasinit.runs.importers.contract import Asked, LoggedRun, Logs, unreadable
from biasinit.runs.importers.log_columns import Places, places_of
from biasinit.runs.importers.points import Series, series_of
from biasinit.runs.importers.run_names import reader_of
from biasinit.runs.importers.unfinished import RunEnd, decide
from biasinit.vocabulary import CURVE, FACTORS, LAST_VALUES, RUN_KEY

_SHORT_OF = 1.0  # epochs by which the longest curve may miss the length of training


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """A run with the columns that it has, by our names, and its metrics as they count."""

    name: str
    status: str
    children: int
    levels: Mapping[str, object]
    series: Mapping[str, Series]


def table_of_logs(logs: Logs, asked: Asked, path: Path) -> BroughtTable:
    """Return the table of the runs in a tool's logs, labelled by their names, and their curves.

    Args:
        logs: as an importer read them.
        asked: what the study says of them.
        path: of the logs.

    Raises:
        RunsTableError: there is no run, or no run of such a name; what is asked for stands
            nowhere; runs did not finish, and the study does not say what becomes of them.

    """
    if not logs.runs:
        raise unreadable(path, f"The {logs.of} has no run.")
    named, notes = _named(logs, asked, path)
    places = places_of(logs, asked)
    _refuse(path, places.problems)
    runs = [_read(run, levels, places) for run, levels in named]
    problems = list(logs.problems)
    compared = [run for run in runs if as_name(run.levels.get("scheme")) in asked.schemes]
    parents = [run for run in runs if run.children and _is_empty(run)]  # often without a scheme
    if parents:
        children = sum(run.children for run in parents)
        said = (
            f"They log no result of their own, and {counted(children, 'run')} are nested in them: "
            f"{listed([run.name for run in parents])}."
        )
        notes.append(ImportNote(done=Done.LEFT_OUT, of="run", count=len(parents), said=said))
    without = {run.name for run in parents}
    compared = [run for run in compared if run.name not in without]
    decided = decide([_end(run, places, asked) for run in compared], asked.unfinished)
    _refuse(path, decided.problems)  # what such runs lack is of no account
    without |= decided.left_out
    runs = [run for run in runs if run.name not in without]
    compared = [run for run in compared if run.name not in without]
    notes += [*logs.notes, *places.notes, *decided.notes, *_of_points(compared, places)]
    notes += _measured_early(compared, places)
    problems += _several_values(compared, places)
    frame = pd.DataFrame(
        [{name: _value(run, name, places) for name in _columns(asked, named)} for run in runs],
        index=[run.name for run in runs],
        columns=_columns(asked, named),
        dtype=object,
    )
    if asked.unfinished == "failed":
        frame["failed"] = [run.name in decided.failed for run in runs]
    curves = None
    if asked.has_curves and CURVE in places.metrics:
        curves, told, wrong = _curves(compared, places.metrics[CURVE], logs, asked)
        notes += told
        problems += wrong
    return BroughtTable(frame=frame, notes=tuple(notes), problems=tuple(problems), curves=curves)


def _refuse(path: Path, problems: Sequence[str]) -> None:
    if problems:
        told = [f"The runs in {path} cannot be used:", *(f"  - {text}" for text in problems)]
        raise RunsTableError("\n".join(told))


def _named(
    logs: Logs, asked: Asked, path: Path
) -> tuple[list[tuple[LoggedRun, Mapping[str, str]]], list[ImportNote]]:
    """Return the runs with what their names say, and a note on names that say nothing."""
    if asked.run_name is None:
        return [(run, {}) for run in logs.runs], []
    read = reader_of(asked.run_name)
    found, others = [], []
    for run in logs.runs:
        try:
            levels = read(run.path)
        except ValueError as error:
            raise unreadable(
                path, f"The name {error}. Give 'run_name' so that there is one way."
            ) from None
        if levels is None:
            others.append(run.path)
        else:
            found.append((run, levels))
    if not found:
        raise unreadable(
            path,
            f"No run is named like 'run_name' says ({asked.run_name!r}). There are "
            f"{listed(others)}.",
        )
    notes = []
    if others:
        said = f"Not named like 'run_name' says ({asked.run_name!r}): {listed(others)}."
        notes.append(ImportNote(done=Done.LEFT_OUT, of="run", count=len(others), said=said))
    return found, notes


def _read(run: LoggedRun, levels: Mapping[str, str], places: Places) -> _Run:
    said = {ours: run.said.get(name) for ours, name in places.said.items()}
    wanted = set(places.metrics.values())
    return _Run(
        name=run.name,
        status=run.status,
        children=run.children,
        levels={**said, **levels},
        series={
            name: series_of(written)
            for name, written in run.metrics.items()
            if name in wanted and written
        },
    )


def _columns(asked: Asked, named: Sequence[tuple[LoggedRun, Mapping[str, str]]]) -> list[str]:
    parts = named[0][1] if named else {}
    return [*parts, *asked.columns]


def _value(run: _Run, name: str, places: Places) -> object:
    """Return the value of a column for a run: of a metric the last one."""
    series = run.series.get(places.metrics.get(name, ""))
    return run.levels.get(name) if series is None else series.last.value


def _is_empty(run: _Run) -> bool:
    """Return whether a run has logged none of the metrics that are asked for."""
    return not run.series and all(run.levels.get(name) is None for name in LAST_VALUES)


def _end(run: _Run, places: Places, asked: Asked) -> RunEnd:
    """Return how a run ended: by its curve where there is one, else by the final value."""
    followed = CURVE if asked.has_curves else "final_accuracy"
    series = run.series.get(places.metrics.get(followed, ""))
    return RunEnd(
        name=run.name,
        key=tuple(str(run.levels.get(name)) for name in RUN_KEY),
        cell=tuple(str(run.levels.get(name)) for name in FACTORS),
        status=run.status,
        end=series.last.step if series else None,
    )


def _several_values(runs: Sequence[_Run], places: Places) -> Iterator[str]:
    """Yield the columns that must have one value in a run, and were logged with several."""
    for ours, metric in places.metrics.items():
        if ours in LAST_VALUES:
            continue
        several = [run.name for run in runs if metric in run.series and _varies(run.series[metric])]
        if several:
            yield (
                f"{metric!r}, which is to be {ours!r}, was logged with several values in "
                f"{counted(len(several), 'run')} ({listed(several)}). Log it once."
            )


def _varies(series: Series) -> bool:
    return len({point.value for point in series.points}) > 1


def _of_points(runs: Sequence[_Run], places: Places) -> Iterator[ImportNote]:
    """Yield notes on which of the points of each metric count."""
    for metric in dict.fromkeys(places.metrics.values()):
        ours = [name for name, theirs in places.metrics.items() if theirs == metric]
        found = [(run, run.series[metric]) for run in runs if metric in run.series]
        replaced = [(run.name, series.replaced) for run, series in found if series.replaced]
        if replaced:
            yield ImportNote(
                done=Done.LEFT_OUT,
                of="point",
                column=ours[0],
                count=sum(count for _, count in replaced),
                said="A later one at the same step or an earlier one took their place, as after a "
                f"restart, in {counted(len(replaced), 'run')}: "
                f"{listed([name for name, _ in replaced])}.",
            )
        for name in [name for name in ours if name in LAST_VALUES]:
            yield ImportNote(
                done=Done.READ_AS,
                of="value",
                column=name,
                count=len(found),
                said=f"{metric!r} at the last step of a run, never the best.",
            )
        if {"final_accuracy", CURVE} <= set(ours):
            yield ImportNote(
                done=Done.READ_AS,
                of="column",
                count=1,
                said=f"{metric!r} is both the final accuracy and the curve that speed is judged "
                "by: no images were kept for the end alone.",
            )


def _measured_early(runs: Sequence[_Run], places: Places) -> Iterator[ImportNote]:
    """Yield a note on runs whose final value was measured before the end of their curve."""
    final, curve = (places.metrics.get(name, "") for name in ("final_accuracy", CURVE))
    early = {
        run.name: (run.series[final].last.step, run.series[curve].last.step)
        for run in runs
        if final in run.series
        and curve in run.series
        and run.series[final].last.step < run.series[curve].last.step
    }
    if early:
        told = [f"{name} (at {first:g} of {end:g})" for name, (first, end) in early.items()]
        yield ImportNote(
            done=Done.READ_AS,
            of="value",
            column="final_accuracy",
            count=len(early),
            said=f"{final!r} was last logged before the end of {curve!r}: {listed(told)}.",
        )


def _curves(
    runs: Sequence[_Run], metric: str, logs: Logs, asked: Asked
) -> tuple[pd.DataFrame, list[ImportNote], list[str]]:
    """Return the learning curves, one row for each point, notes, and what is wrong with them."""
    points = [
        (run.name, point.step, point.value)
        for run in runs
        if metric in run.series
        for point in run.series[metric].points
    ]
    frame = pd.DataFrame(points, columns=["run", "step", CURVE])
    problems = list(_without_curves(runs, metric))
    if logs.counts == "steps" and asked.steps_from is None and (frame["step"] == 0).any():
        problems.append(
            f"{metric!r} has a point at step 0. Say 'steps_from: 0' in the study where it was "
            "measured after the first step (or epoch), and 'steps_from: 1' where before all "
            "training."
        )
    frame["epoch"] = _epochs(frame["step"], logs, asked)
    problems += _wrong_length(frame, metric, asked)
    notes = list(_gaps(frame, metric))
    if logs.counts != "epochs from 0" and asked.steps_per_epoch is not None:
        said = f"Steps of {metric!r}, of which {asked.steps_per_epoch:g} make an epoch."
        notes.append(
            ImportNote(done=Done.READ_AS, of="point", column=CURVE, count=len(frame), said=said)
        )
    return frame[["run", "epoch", CURVE]], notes, problems


def _epochs(steps: "pd.Series[Any]", logs: Logs, asked: Asked) -> "pd.Series[Any]":
    """Return the epochs that were done at each step."""
    if logs.counts == "epochs from 0":
        return steps + 1.0
    first = 0 if logs.counts == "steps from 0" else asked.steps_from
    return (steps + (1.0 if first == 0 else 0.0)) / (asked.steps_per_epoch or np.nan)


def _without_curves(runs: Sequence[_Run], metric: str) -> Iterator[str]:
    none = [run.name for run in runs if metric not in run.series]
    one = [run.name for run in runs if metric in run.series and len(run.series[metric].points) < 2]
    if none:
        yield (
            f"{counted(len(none), 'run')} have no {metric!r} ({listed(none)}), which is the "
            "learning curve. Leave 'analysis.thresholds' out to judge without speed."
        )
    if one:
        yield (
            f"{metric!r} has a single step in {counted(len(one), 'run')} ({listed(one)}), and a "
            "learning curve has more. Log it with the step, or leave 'analysis.thresholds' out to "
            "judge without speed."
        )


def _wrong_length(frame: pd.DataFrame, metric: str, asked: Asked) -> Iterator[str]:
    if asked.epochs is None or frame.empty or frame["epoch"].isna().any():
        return
    longest = float(frame["epoch"].max())
    early = longest <= asked.epochs - _SHORT_OF and asked.unfinished != "kept"
    if longest > asked.epochs * (1 + 1e-9) or early:
        yield (
            f"{metric!r} goes to epoch {longest:g}, and the study says 'epochs: {asked.epochs:g}'. "
            "Correct it there, or what a step is ('steps_per_epoch', 'steps_from')."
        )


def _gaps(frame: pd.DataFrame, metric: str) -> Iterator[ImportNote]:
    """Yield a note on runs that lack points within their curve which most others have."""
    usual = frame["epoch"].value_counts()
    usual = usual[usual > frame["run"].nunique() / 2]
    lacking = {
        str(name): int(((usual.index < part.max()) & ~usual.index.isin(part)).sum())
        for name, part in frame.groupby("run", sort=False)["epoch"]
    }
    found = {name: count for name, count in lacking.items() if count}
    if found:
        yield ImportNote(
            done=Done.READ_AS,
            of="curve",
            column=CURVE,
            count=len(found),
            said=f"They lack {counted(sum(found.values()), 'point')} that most others have, and go "
            f"from one of theirs to the next: {listed(found)}.",
        )
