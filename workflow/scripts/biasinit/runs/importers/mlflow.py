"""Runs of an MLflow store: a folder of files, or a SQLite database.

Both are read as they lie there, and never written to. MLflow's own client would bring a database
of an earlier version up to date before it reads it, which nobody asked for, and needs packages of
hundreds of megabytes for what are four tables, or four folders of short files.
"""

from pathlib import Path

from biasinit.numbers import counted
from biasinit.runs.import_notes import Done, ImportNote, listed
from biasinit.runs.importers.contract import (
    Asked,
    Importer,
    LoggedRun,
    Logs,
    files_of_logs,
    unreadable,
)
from biasinit.runs.importers.log_columns import METRICS
from biasinit.runs.importers.mlflow_database import files_of_database, read_database
from biasinit.runs.importers.mlflow_folder import files_of_folder, read_folder
from biasinit.runs.importers.mlflow_store import Store, StoredRun

PREFIXES = ("params.", "tags.", "attributes.")  # as MLflow's own search names columns
_FINISHED = "FINISHED"
_SHORT = 10  # characters of a run's id that tell it from others


def read_mlflow(path: Path, asked: Asked) -> Logs:
    """Return the runs of one experiment of a store.

    Args:
        path: of the folder ``mlruns``, of an experiment in it, or of a database.
        asked: what the study says of them.

    Raises:
        RunsTableError: the store is damaged or none, or has runs of several experiments, and the
            study names none of them.

    """
    files_of_logs("mlflow", path)
    wanted = frozenset(name.removeprefix(METRICS) for name in asked.names)
    read = read_folder if path.is_dir() else read_database
    store = read(path, wanted)
    experiment, notes = _experiment(store, asked, path)
    runs = [run for run in store.runs if run.experiment == experiment]
    deleted = [run for run in runs if run.deleted]
    active = [run for run in runs if not run.deleted]
    if deleted:
        said = f"They were deleted in MLflow: {listed([_name(run) for run in deleted])}."
        notes.append(ImportNote(done=Done.LEFT_OUT, of="run", count=len(deleted), said=said))
    nested = [run for run in active if run.parent]
    parents = [run.parent for run in nested]
    if nested:
        said = f"Nested in {counted(len(set(parents)), 'run')}, and read as runs of their own."
        notes.append(ImportNote(done=Done.READ_AS, of="run", count=len(nested), said=said))
    logged = [
        LoggedRun(
            name=_name(run),
            path=run.name,
            said={
                **{f"params.{name}": value for name, value in run.params.items()},
                **{f"tags.{name}": value for name, value in run.tags.items()},
                "attributes.run_name": run.name,
                "attributes.run_id": run.run_id,
            },
            metrics=run.metrics,
            status="" if run.status == _FINISHED else run.status,
            children=parents.count(run.run_id),
        )
        for run in active
    ]
    return Logs(
        of="MLflow store",
        runs=logged,
        metrics=frozenset(name for run in active for name in run.metric_names),
        prefixes=PREFIXES,
        of_the_tool=("tags.mlflow.", "attributes."),
        notes=notes,
        problems=store.problems,
    )


def _experiment(store: Store, asked: Asked, path: Path) -> tuple[str, list[ImportNote]]:
    """Return the name of the experiment that is read, and notes on runs of others."""
    counts: dict[str, int] = {}
    for run in store.runs:
        counts[run.experiment] = counts.get(run.experiment, 0) + (0 if run.deleted else 1)
    there = sorted(name for name, count in counts.items() if count)
    told = f"There are {listed(there)}." if there else "All runs in it were deleted."
    name = asked.experiment
    if name is None:
        if len(there) != 1:
            which = "It has runs of several experiments. " if there else ""
            mend = " Name one: 'experiment: …'." if there else ""
            raise unreadable(path, f"{which}{told}{mend}")
        return there[0], []
    if name not in there:
        raise unreadable(path, f"It has no runs of the experiment {name!r}. {told}")
    others = {other: count for other, count in counts.items() if other != name and count}
    if not others:
        return name, []
    said = f"Of other experiments than the study names: {listed(others)}."
    note = ImportNote(done=Done.LEFT_OUT, of="run", count=sum(others.values()), said=said)
    return name, [note]


def _name(run: StoredRun) -> str:
    """Return what messages call a run: its name, which others may have, and its id."""
    return f"{run.name} ({run.run_id[:_SHORT]})" if run.name else run.run_id


def _files(path: Path) -> list[Path]:
    return files_of_folder(path) if path.is_dir() else files_of_database(path)


IMPORTER = Importer(
    files=_files,
    read=read_mlflow,
    wanted="Name MLflow's folder 'mlruns', the folder of an experiment in it, or the database of "
    "its store, such as 'mlflow.db'.",
)
