"""Runs that are brought, from wherever they stand: a table, or the logs of a tool."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from biasinit.runs.brought_curves import read_curves_table
from biasinit.runs.imported import BroughtTable, read_brought_runs
from biasinit.runs.importers.contract import Asked, importer_named
from biasinit.runs.importers.logged import table_of_logs
from biasinit.vocabulary import CURVE, RunsFormat


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the runs of a study stand.

    Attributes:
        format: a table, or the tool that logged them.
        path: of the file, folder or store.
        asked: what the study says of it.

    """

    format: RunsFormat
    path: Path
    asked: Asked


def read_source(source: Source) -> BroughtTable:
    """Return the runs that stand somewhere, and their learning curves where there are any.

    Raises:
        RunsTableError: a file is missing or damaged, or there are no runs.

    """
    asked = source.asked
    if source.format != "table":
        logs = importer_named(source.format).read(source.path, asked)
        return table_of_logs(logs, asked, source.path)
    if asked.curves is None:
        return read_brought_runs(source.path, asked.columns)
    brought = read_brought_runs(source.path, asked.columns, elsewhere=(CURVE,))
    curves, notes = read_curves_table(asked.curves, asked.columns)
    return replace(brought, curves=curves, notes=(*brought.notes, *notes))


def names_of_logs(columns: Mapping[str, str], parts: tuple[str, ...]) -> dict[str, str]:
    """Return the names under which things are logged, with those that must be, by ours.

    Args:
        columns: the study's names.
        parts: what the names of runs say.

    """
    needed = [name for name in ("scheme", "seed", "final_accuracy") if name not in parts]
    return {name: name for name in needed} | dict(columns)
