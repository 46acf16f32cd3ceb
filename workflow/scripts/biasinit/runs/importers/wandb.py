"""Runs that Weights & Biases exports: the table of runs as CSV, and a chart of a metric as CSV.

The table has a row for each run, with ``Name``, ``State``, configuration and summary. A chart has a
row for each step, and columns ``NAME - METRIC``, with the least and the largest of what a point was
made of in ``NAME - METRIC__MIN`` and ``__MAX``.
"""

import math
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from biasinit.errors import RunsTableError
from biasinit.numbers import counted
from biasinit.runs.delimited import Wanted, read_delimited
from biasinit.runs.fields import as_number, is_missing, is_missing_word
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
from biasinit.vocabulary import CURVE

_NAME, _STATE, _FINISHED = "Name", "State", "finished"
_BOUNDS = ("__MIN", "__MAX")


def read_wandb(path: Path, asked: Asked) -> Logs:
    """Return the runs of an exported table, and the curves of an exported chart.

    Args:
        path: of the table of runs.
        asked: what the study says of them; ``curves`` is the chart.

    Raises:
        RunsTableError: a file is no export of W&B.

    """
    files_of_logs("wandb", path)
    table, notes = _table(path, asked.names)
    for column in (_NAME, _STATE):
        if column not in table:
            raise unreadable(
                path,
                f"It has no column {column!r}, as the table of runs that W&B exports. It has "
                f"{', '.join(map(str, table.columns))}.",
            )
    repeated = table[_NAME][table[_NAME].duplicated()].unique()
    if len(repeated):
        raise unreadable(
            path,
            f"Several runs have the name {listed(repeated)}. Rename them in W&B, where charts know "
            "runs by their names alone.",
        )
    notes.append(
        ImportNote(
            done=Done.READ_AS,
            of="value",
            column="final_accuracy",
            count=len(table),
            said="W&B's summary, which is the last value unless the code that trained defined it "
            "otherwise (define_metric).",
        )
    )
    metric = asked.columns.get(CURVE, "")
    curves: dict[str, list[Point]] = {}
    if asked.curves is not None:
        curves, told = _chart(asked.curves, metric, set(map(str, table[_NAME])))
        notes += told
    runs = [
        LoggedRun(
            name=str(row[_NAME]),
            path=str(row[_NAME]),
            said={
                str(name): value
                for name, value in row.items()
                if name != _STATE and not is_missing(value)
            },
            metrics={metric: curves[str(row[_NAME])]} if str(row[_NAME]) in curves else {},
            status="" if str(row[_STATE]).lower() == _FINISHED else str(row[_STATE]),
        )
        for row in table.to_dict("records")
    ]
    return Logs(
        of="table of W&B",
        runs=runs,
        metrics=frozenset({metric} if curves else ()),
        notes=notes,
        problems=list(_other_ends(runs, metric)),
    )


def _table(path: Path, names: frozenset[str]) -> tuple[pd.DataFrame, list[ImportNote]]:
    wanted = Wanted(names=names | {_NAME, _STATE}, decimals=frozenset())
    try:
        frame, notes = read_delimited(path.read_bytes(), wanted)
    except RunsTableError as error:
        raise unreadable(path, str(error)) from None
    except OSError as error:
        raise unreadable(path, f"It cannot be opened ({error.strerror}).") from error
    return frame.set_axis([str(name).strip() for name in frame.columns], axis="columns"), notes


def _chart(
    path: Path, metric: str, runs: set[str]
) -> tuple[dict[str, list[Point]], list[ImportNote]]:
    """Return the points of a metric in a chart, by the name of the run."""
    table, notes = _table(path, frozenset())
    ending = f" - {metric}"
    mine = {str(name)[: -len(ending)]: str(name) for name in table if str(name).endswith(ending)}
    if not mine:
        raise unreadable(
            path,
            f"It has no column 'NAME{ending}', as a chart of {metric!r} that W&B exports. It has "
            f"{listed(table.columns)}.",
        )
    others = sorted(set(mine) - runs)
    if others:
        said = f"Curves of runs that the table of runs does not have: {listed(others)}."
        notes.append(ImportNote(done=Done.LEFT_OUT, of="curve", count=len(others), said=said))
    axis = str(table.columns[0])
    curves: dict[str, list[Point]] = {}
    for run, column in mine.items():
        if run not in runs:
            continue
        bounds = [table[f"{column}{end}"] for end in _BOUNDS if f"{column}{end}" in table]
        points = []
        for place, (step, value) in enumerate(zip(table[axis], table[column], strict=True)):
            if is_missing(value):
                continue
            if any(bound.iloc[place] not in ("", value) for bound in bounds):
                raise unreadable(
                    path,
                    f"{column!r} at {axis} {step} is a mean of several points, or smoothed. "
                    "Export the chart without smoothing or groups, and with fewer steps or the "
                    "whole history.",
                )
            at, number = as_number(step), as_number(value)
            if at is None or (number is None and not is_missing_word(value)):
                raise unreadable(path, f"{column!r} at {axis} {step} is no number, got {value!r}.")
            points.append(Point(at, math.nan if number is None else number))
        curves[run] = points
    return curves, notes


def _other_ends(runs: list[LoggedRun], metric: str) -> Iterator[str]:
    """Yield the runs whose summary is not the last point of the chart."""
    odd = [
        run.name
        for run in runs
        if run.metrics.get(metric)
        and as_number(run.said.get(metric)) not in (None, run.metrics[metric][-1].value)
    ]
    if odd:
        yield (
            f"{metric!r} of the summary is not the last point of the chart in "
            f"{counted(len(odd), 'run')} ({listed(odd)}): the summary may hold the best value, or "
            "the chart a part of the steps. Export both so that they agree."
        )


IMPORTER = Importer(
    files=lambda path: [path] if path.is_file() else [],
    read=read_wandb,
    wanted="Name the CSV file of the table of runs that W&B exports.",
)
