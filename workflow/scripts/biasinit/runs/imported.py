"""Runs that were trained elsewhere, brought as a table: from what a file holds to a table `runs`.

Required columns: ``scheme``, ``seed`` and ``final_accuracy``. Optional ones: any factor,
``normalization``; ``epochs_to_threshold`` with ``reached`` (speed), and
``epochs_to_early_threshold``, empty where it was not reached; ``failed`` or ``failure_kind``
(failures); ``weights_hash`` and ``order_hash`` (the pairing audit). Sections of the report whose
columns are absent say so.

Nothing is guessed: what can be meant in two ways is refused, all of it at once, and what is left
out or read in another form has a note.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from biasinit.errors import RunsTableError
from biasinit.metric import ACCURACY, Metric
from biasinit.numbers import counted
from biasinit.runs.brought_columns import (
    REQUIRED,
    SPEED,
    BroughtColumn,
    columns_of,
    renamed,
    trimmed,
    wanted,
)
from biasinit.runs.brought_curves import with_speed
from biasinit.runs.brought_schemes import of_the_study
from biasinit.runs.consistency import between_columns, in_percent
from biasinit.runs.fields import is_missing_word, where
from biasinit.runs.import_notes import Done, ImportNote, listed, row_name, row_names
from biasinit.runs.table_files import read_table_files
from biasinit.runs.tables import RUNS
from biasinit.vocabulary import CELL_FACTORS, IDENTITY, RUN_KEY, TREATMENTS

Unit = Literal["percent", "share"] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BroughtTable:
    """What a file holds, under our names of columns.

    Attributes:
        frame: one row for each run; labels are numbers of rows from 0, or their names.
        notes: what was done to read it.
        problems: what is wrong with its columns.
        curves: the learning curves, one row for each point: ``epoch``, ``validation_accuracy``,
            and the label of the ``run`` or the columns of its key; None where there are none.

    """

    frame: pd.DataFrame
    notes: tuple[ImportNote, ...] = ()
    problems: tuple[str, ...] = ()
    curves: pd.DataFrame | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedRuns:
    """The table `runs` of brought runs, `curves` if there are any, and what was done."""

    runs: pd.DataFrame
    notes: tuple[ImportNote, ...]
    curves: pd.DataFrame | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bringing:
    """What a study says of the runs that it brings.

    Attributes:
        study: its name.
        schemes: those that it compares, the A/A arm included.
        reference: the one that all others are compared with.
        epochs: length of training, for runs that did not reach the threshold.
        unit: of accuracy; None where the study does not say, and percent is expected.
        metric: what ``final_accuracy`` and ``validation_accuracy`` are.
        margins: the data sets that it has margins for.
        thresholds: validation accuracy that counts as converged, in percent, by data set.

    """

    study: str
    schemes: Sequence[str]
    reference: str
    epochs: float | None = None
    unit: Unit = None
    metric: Mapping[str, str] = field(default_factory=ACCURACY.to_mapping)
    margins: Sequence[str] = field(default_factory=list)
    thresholds: Mapping[str, float] = field(default_factory=dict)


def read_brought_runs(
    path: Path, columns: Mapping[str, str] | None = None, *, elsewhere: Collection[str] = ()
) -> BroughtTable:
    """Return the table in a file or a folder of files, with values as they stand there.

    Args:
        path: of the file or folder.
        columns: the study's names of columns, by ours.
        elsewhere: of these, those that may be in the table of curves alone.

    Raises:
        RunsTableError: a file is missing, damaged or not a table.

    """
    columns = columns or {}
    table, notes = read_table_files(path, wanted(columns))
    there = {str(name).strip() for name in table.columns}
    columns = {
        name: theirs for name, theirs in columns.items() if name not in elsewhere or theirs in there
    }
    frame, told, problems = renamed(table, columns)
    return BroughtTable(frame=frame, notes=(*notes, *told), problems=tuple(problems))


def complete_runs(brought: BroughtTable, bringing: Bringing) -> ImportedRuns:
    """Return a brought table as a table `runs`, with the columns that it can have.

    Raises:
        RunsTableError: columns are missing or hold impossible values; all problems at once.

    """
    problems = [*brought.problems, *_missing_columns(brought.frame)]
    if not problems and brought.frame.empty:
        problems = ["it is empty: there are names of columns, and no row."]
    table, notes = trimmed(brought.frame)
    table, told, of_schemes = of_the_study(table, bringing.schemes)
    problems += of_schemes
    metric = Metric.from_mapping(bringing.metric)
    values, more, of_values = _values(table, columns_of(metric))
    notes += more
    problems += of_values
    if metric.is_accuracy:
        values, more, of_units = in_percent(values, bringing.unit)
        notes += more
        problems += of_units
    curves = None
    if brought.curves is not None and not problems:  # runs must be told apart before points are
        values, curves, more, wrong = with_speed(
            values,
            brought.curves,
            schemes=bringing.schemes,
            thresholds=bringing.thresholds,
            epochs=bringing.epochs or 0.0,
            unit=bringing.unit,
        )
        notes += more
        problems += wrong
    found, more = between_columns(
        values,
        columns=table.columns,
        epochs=bringing.epochs,
        margins=bringing.margins,
        thresholds=bringing.thresholds,
    )
    notes += [*told, *more]
    problems += found
    if problems:
        raise RunsTableError(
            "\n".join(["The table of runs cannot be used:", *(f"  - {text}" for text in problems)])
        )
    runs = _completed(values, bringing)
    notes += _apart(runs, bringing)
    return ImportedRuns(runs=runs, notes=(*brought.notes, *notes), curves=curves)


def _missing_columns(table: pd.DataFrame) -> list[str]:
    missing = [name for name in REQUIRED if name not in table]
    if not missing:
        return []
    return [
        f"it has no column {', '.join(map(repr, missing))}. It has "
        f"{', '.join(map(str, table.columns)) or 'none that is known'}. Where yours has another "
        f"name, say 'columns: {{{missing[0]}: …}}' in the study."
    ]


def _values(
    table: pd.DataFrame, columns: Mapping[str, BroughtColumn]
) -> tuple[pd.DataFrame, list[ImportNote], list[str]]:
    """Return the columns whose every field holds a possible value, as these.

    With notes on fields that hold it in another form, and what is wrong with the other columns.
    """
    found: dict[str, pd.Series[Any]] = {}
    notes: list[ImportNote] = []
    problems: list[str] = []
    for name in map(str, table.columns):
        column, fields = columns[name], table[name]
        empty = where(fields, column.is_empty)
        values = pd.Series(
            {row: column.value(value) for row, value in fields[~empty].items()}, dtype=object
        )
        wrong = fields[~empty][values.isna().to_numpy()]
        if len(wrong):
            text = f"{name!r} must be {column.what}, got {_shown(wrong)}. {_mend(wrong, column)}"
            problems.append(text.rstrip())
        if empty.any() and not column.may_be_empty:
            rows = row_names(empty.index[empty])
            text = f"{name!r} must be given in every row, and is empty in {rows}. {column.mend}"
            problems.append(text.rstrip())
        elif not len(wrong):
            found[name] = _typed(values.reindex(table.index), column, complete=not empty.any())
        notes += _other_forms(fields, empty, column, has_types=_has_types(table))
    return pd.DataFrame(found, index=table.index), notes, problems


def _mend(wrong: "pd.Series[Any]", column: BroughtColumn) -> str:
    """Return what to change in numbers that are written in another form."""
    if column.of_text:
        return ""
    texts = [value for value in wrong if isinstance(value, str)]
    mends = {",": "Write decimal points, and no commas.", "%": "Leave the sign % out."}
    return " ".join(mend for sign, mend in mends.items() if any(sign in text for text in texts))


def _has_types(table: pd.DataFrame) -> bool:
    """Return whether the fields come with types, and not all as text, as from CSV."""
    return any(not isinstance(value, str) for name in table.columns for value in table[name])


def _other_forms(
    fields: "pd.Series[Any]", empty: "pd.Series[bool]", column: BroughtColumn, *, has_types: bool
) -> Iterator[ImportNote]:
    """Yield notes on words that are read as nothing, and on text that is read as numbers."""
    if column.of_text:
        return
    words = fields[empty & where(fields, is_missing_word)]
    as_text = ~empty & where(fields, lambda value: isinstance(value, str))
    found = {"Words for nothing": words}
    if has_types:
        found["Text that is read as what it says"] = fields[as_text]
    for said, rows in found.items():
        if len(rows):
            yield ImportNote(
                done=Done.READ_AS,
                of="value",
                column=str(fields.name),
                count=len(rows),
                said=f"{said}, such as {listed(rows.unique()[:1])}.",
            )


def _typed(values: "pd.Series[Any]", column: BroughtColumn, *, complete: bool) -> "pd.Series[Any]":
    """Return values in a type of their own; what is missing of numbers is NaN."""
    kind = column.dtype if complete or column.dtype == "str" else "float64"
    found: pd.Series[Any] = values.astype(kind)  # type: ignore[call-overload]  # any of the types
    return found


def _shown(values: "pd.Series[Any]") -> str:
    rows = [f"{repr(value)[:100]} ({row_name(row)})" for row, value in values.head(5).items()]
    return ", ".join(rows) + (" …" if len(values) > len(rows) else "")


def _completed(values: pd.DataFrame, bringing: Bringing) -> pd.DataFrame:
    """Return the columns of `runs` that follow from those that were brought."""
    runs = values.reset_index(drop=True).assign(study=bringing.study)
    if "failure_kind" in runs and "failed" not in runs:
        runs["failed"] = runs["failure_kind"] != "none"
    if set(SPEED) <= set(runs.columns):
        times = runs["epochs_to_threshold"].where(runs["reached"])
        runs["epochs_to_threshold"] = times
        runs["restricted_epochs"] = times.fillna(float(bringing.epochs or 0))
    key = [name for name in RUN_KEY if name in runs]
    return runs[[name for name in RUNS.column_names if name in runs]].sort_values(
        key, ignore_index=True
    )


def _apart(runs: pd.DataFrame, bringing: Bringing) -> list[ImportNote]:
    """Return notes on runs that are in no comparison, or not in all."""
    level = runs["normalization"] if "normalization" in runs else TREATMENTS[0]
    notes = []
    compared = runs.assign(normalization=level)
    checked = compared["normalization"] == IDENTITY
    if checked.any():
        notes.append(
            ImportNote(
                done=Done.SET_APART,
                of="row",
                column="normalization",
                count=int(checked.sum()),
                said=f"Biases before batch normalisation ({IDENTITY!r}) are an identity check and "
                f"in no comparison. Where the scheme starts the shift of batch normalisation, "
                f"write {TREATMENTS[1]!r}.",
            )
        )
    compared = compared[~checked]
    unit = ["normalization", *(name for name in CELL_FACTORS if name in compared), "seed"]
    units = {
        str(scheme): set(part[unit].itertuples(index=False, name=None))
        for scheme, part in compared.groupby("scheme")
    }
    base = units.get(bringing.reference, set())
    for scheme in bringing.schemes:
        mine = units.get(scheme, set())
        alone, theirs = len(mine - base), len(base - mine)
        if alone + theirs:
            notes.append(
                ImportNote(
                    done=Done.UNPAIRED,
                    of="row",
                    count=alone + theirs,
                    said=f"{scheme} against {bringing.reference}: "
                    f"{counted(len(mine & base), 'pair')} of runs of one seed and condition; "
                    f"{alone} of {counted(len(mine), 'run')} of {scheme} and {theirs} of "
                    f"{counted(len(base), 'run')} of {bringing.reference} have no partner, and "
                    "are not in this comparison.",
                )
            )
    return notes
