"""Learning curves that are brought with runs: which run each point is of, and speed by them.

Speed is worked out as for runs that are trained here: ``biasinit.runs.outcomes``.
"""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from biasinit.errors import RunsTableError
from biasinit.numbers import counted
from biasinit.runs.brought_columns import BROUGHT, trimmed
from biasinit.runs.delimited import Wanted
from biasinit.runs.fields import as_name, as_number, is_missing, is_missing_word
from biasinit.runs.import_notes import Done, ImportNote, listed, row_name, row_names
from biasinit.runs.outcomes import speed_outcomes
from biasinit.runs.table_files import read_table_files
from biasinit.vocabulary import CURVE, FROM_CURVES, RUN_KEY

_POINT = ("epoch", CURVE)

Checked = tuple[pd.DataFrame, pd.DataFrame | None, list[ImportNote], list[str]]


def read_curves_table(
    path: Path, columns: Mapping[str, str]
) -> tuple[pd.DataFrame, list[ImportNote]]:
    """Return a table of curves as it stands in a file, under our names, and notes on it.

    Args:
        path: of the file, or of a folder of files.
        columns: the study's names of columns, by ours.

    Raises:
        RunsTableError: it cannot be read, or lacks a column that it must have.

    """
    names = {name: columns.get(name, name) for name in (*RUN_KEY, CURVE)} | {"epoch": "epoch"}
    table, notes = read_table_files(
        path, Wanted(names=frozenset(names.values()), decimals=frozenset({"epoch", names[CURVE]}))
    )
    table = table.set_axis([str(name).strip() for name in table.columns], axis="columns")
    there = {theirs: ours for ours, theirs in names.items() if theirs in table}
    missing = [names[ours] for ours in ("scheme", "seed", *_POINT) if names[ours] not in table]
    if missing:
        raise RunsTableError(
            f"The table of curves {path} has no column {', '.join(map(repr, missing))}. It has "
            f"{', '.join(map(str, table.columns))}. It needs the columns that tell runs apart, "
            "'epoch' (epochs that were done) and the validation accuracy, by the names of "
            "'columns'."
        )
    unused = [name for name in table.columns if name not in there]
    if unused:
        said = f"Nothing uses {listed(unused)} of the table of curves."
        notes.append(ImportNote(done=Done.LEFT_OUT, of="column", count=len(unused), said=said))
    return table[list(there)].rename(columns=there), notes


def with_speed(
    values: pd.DataFrame,
    curves: pd.DataFrame,
    *,
    schemes: Collection[str],
    thresholds: Mapping[str, float],
    epochs: float,
    unit: str | None,
) -> Checked:
    """Return runs with the outcomes of their learning curves, and the table `curves`.

    Args:
        values: the runs, with possible values, labelled as in messages.
        curves: one row for each point: ``epoch``, ``validation_accuracy``, and the label of the
            ``run`` or the columns of its key as they stand in a file.
        schemes: those of the study.
        thresholds: validation accuracy that counts as converged, in percent, by data set.
        epochs: length of training.
        unit: of accuracy.

    Returns:
        The runs and curves, notes, and what is wrong; with that, curves are None.

    """
    notes: list[ImportNote] = []
    problems = [*_already_there(values), *_without_threshold(values, thresholds)]
    points = curves
    if "run" not in points and not problems:
        points, notes, problems = _of_runs(points, values, schemes)
    if problems:
        return values, None, notes, problems
    points = points[points["run"].isin(values.index)].reset_index(drop=True)
    accuracy = points[CURVE].astype(float)
    problems += _impossible(points, accuracy, values, epochs, unit)
    if problems:
        return values, None, notes, problems
    points[CURVE] = (100 * accuracy).round(10) if unit == "share" else accuracy
    points["epoch"] = points["epoch"].astype(float)
    outcomes = _outcomes(points, values, thresholds, epochs)
    empty = points.loc[points[CURVE].isna(), "run"]
    if len(empty):
        outcomes.loc[empty.unique(), "curve_area"] = np.nan  # a mean over what is not known
        notes.append(
            ImportNote(
                done=Done.READ_AS,
                of="point",
                column=CURVE,
                count=len(empty),
                said="Not a number, so below every threshold, and without a mean over epochs, in "
                f"{counted(empty.nunique(), 'run')}: {row_names(empty.unique())}.",
            )
        )
    last = points.sort_values("epoch", kind="stable").groupby("run")[CURVE].last()
    if CURVE not in values:
        values = values.assign(**{CURVE: last.reindex(values.index)})
    values = values.assign(**{name: outcomes[name].reindex(values.index) for name in FROM_CURVES})
    notes.append(
        ImportNote(
            done=Done.READ_AS,
            of="curve",
            column="epochs_to_threshold",
            count=len(values),
            said="The first of two consecutive points at the threshold or above: "
            f"{counted(int(values['reached'].sum()), 'run')} reached it.",
        )
    )
    key = [name for name in RUN_KEY if name in values]
    table = values.loc[points["run"], key].reset_index(drop=True).join(points[list(_POINT)])
    return values, table.sort_values([*key, "epoch"], ignore_index=True), notes, []


def _already_there(values: pd.DataFrame) -> Iterator[str]:
    both = [name for name in FROM_CURVES if name in values]
    if both:
        yield (
            f"{', '.join(map(repr, both))} would be worked out from the curves, and the table of "
            "runs has it. Take it out there, or leave the curves out."
        )


def _without_threshold(values: pd.DataFrame, thresholds: Mapping[str, float]) -> Iterator[str]:
    if "dataset" not in values:
        if len(thresholds) != 1:
            yield (
                f"'analysis.thresholds' are for {listed(thresholds)}, and runs have no 'dataset'. "
                "Give one threshold, or the column."
            )
        return
    for name in [name for name in values["dataset"].unique() if name not in thresholds]:
        yield (
            f"'analysis.thresholds' says nothing of the data set {name!r}, whose runs have curves. "
            f"Add a line '{name}: …'."
        )


def _of_runs(
    curves: pd.DataFrame, values: pd.DataFrame, schemes: Collection[str]
) -> tuple[pd.DataFrame, list[ImportNote], list[str]]:
    """Return the points with the label of their run, which the columns of its key tell."""
    key = [name for name in RUN_KEY if name in values]
    lacking = [name for name in key if name not in curves and values[name].nunique() > 1]
    beyond = [name for name in RUN_KEY if name in curves and name not in values]
    if lacking or beyond:
        problems = [
            f"the table of {one} has no column {name!r}, which tells runs apart in the table of "
            f"{other}. Give both the same factors."
            for one, other, names in (("curves", "runs", lacking), ("runs", "curves", beyond))
            for name in names
        ]
        return curves, [], problems
    key = [name for name in key if name in curves]
    curves, notes = trimmed(curves)
    mine = [as_name(value) in set(schemes) for value in curves["scheme"]]
    others = len(mine) - sum(mine)
    if others:
        said = "Of the table of curves: of schemes that the study does not name."
        notes.append(
            ImportNote(done=Done.LEFT_OUT, of="row", column="scheme", count=others, said=said)
        )
    curves = curves[mine]
    problems = []
    for name in key:
        read = [BROUGHT[name].value(value) for value in curves[name]]
        wrong = curves.index[[value is None for value in read]]
        if len(wrong):
            problems.append(
                f"{name!r} of the table of curves must be {BROUGHT[name].what}, got "
                f"{curves.loc[wrong[0], name]!r} ({row_name(wrong[0])})."
            )
        curves = curves.assign(**{name: pd.Series(read, index=curves.index, dtype=object)})
    curves = curves.assign(epoch=_numbers(curves["epoch"]), **{CURVE: _numbers(curves[CURVE])})
    problems += _no_numbers(curves)
    if problems:
        return curves, notes, problems
    labels = values[key].assign(run=values.index).astype(dict.fromkeys(key, object))
    found = curves.astype(dict.fromkeys(key, object)).merge(labels, on=key, how="left")
    alone = found["run"].isna()
    if alone.any():
        runs = found.loc[alone, key].drop_duplicates()
        said = (
            f"Of the table of curves: of {counted(len(runs), 'run')} that the table of runs does "
            f"not have, such as {dict(runs.iloc[0])}."
        )
        count = int(alone.sum())
        notes.append(ImportNote(done=Done.LEFT_OUT, of="row", count=count, said=said))
    return found[~alone], notes, []


def _numbers(fields: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return the numbers of fields: not a number where there is none, the text where it is none."""
    found = [
        float("nan")
        if is_missing(value) or is_missing_word(value)
        else value
        if as_number(value) is None
        else as_number(value)
        for value in fields
    ]
    return pd.Series(found, index=fields.index, dtype=object)


def _no_numbers(curves: pd.DataFrame) -> Iterator[str]:
    for name in _POINT:
        wrong = {row: value for row, value in curves[name].items() if isinstance(value, str)}
        for row, value in list(wrong.items())[:1]:
            yield (
                f"{name!r} of the table of curves must be numbers, got {value!r} ({row_name(row)})."
            )
    empty = [row for row, value in curves["epoch"].items() if value != value]
    if empty:
        yield f"'epoch' of the table of curves is empty in {row_names(empty)}."


def _impossible(
    points: pd.DataFrame,
    accuracy: "pd.Series[Any]",
    values: pd.DataFrame,
    epochs: float,
    unit: str | None,
) -> Iterator[str]:
    """Yield what no curve can be: points twice, beyond training, or no accuracy; none at all."""
    counts = points["run"].value_counts().reindex(values.index).fillna(0)
    short = values.index[counts < 2]
    if len(short):
        yield (
            f"{counted(len(short), 'run')} have a learning curve of less than two points "
            f"({row_names(short)}). Bring the curves of all runs, or of none."
        )
    twice = points[points.duplicated(["run", "epoch"])]
    if len(twice):
        first = twice.iloc[0]
        yield (
            f"{counted(len(twice), 'point')} of curves stand there twice, such as epoch "
            f"{float(first['epoch']):g} of {row_name(first['run'])}. Keep one of each."
        )
    outside = points[(points["epoch"] < 0) | (points["epoch"] > epochs * (1 + 1e-9))]
    if len(outside):
        first = outside.iloc[0]
        yield (
            f"'epoch' of curves must be between 0 and the 'epochs' of the study ({epochs:g}), got "
            f"{float(first['epoch']):g} ({row_name(first['run'])})."
        )
    most = 1 if unit == "share" else 100
    wrong = points[accuracy.notna() & ~accuracy.between(0, most)]
    if len(wrong):
        first = wrong.iloc[0]
        words = "shares between 0 and 1" if unit == "share" else "between 0 and 100 percent"
        yield (
            f"{CURVE!r} of curves must be {words}, got {float(first[CURVE]):g} "
            f"({row_name(first['run'])})."
        )


def _outcomes(
    points: pd.DataFrame, values: pd.DataFrame, thresholds: Mapping[str, float], epochs: float
) -> pd.DataFrame:
    """Return the outcomes of curves by the label of the run."""
    only = next(iter(thresholds))
    datasets = values["dataset"] if "dataset" in values else pd.Series(only, index=values.index)
    # a run is told by its label alone: all else of its key is of no account here
    keyed = points.assign(
        **dict.fromkeys(RUN_KEY, ""),
        step=points["epoch"],
    ).assign(scheme=points["run"], dataset=datasets.loc[points["run"]].to_numpy())
    found = speed_outcomes(keyed, thresholds=thresholds, early_thresholds=thresholds, epochs=epochs)
    return found.set_index("scheme")
