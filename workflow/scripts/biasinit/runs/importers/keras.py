"""Runs of Keras' CSVLogger: a file for each, with a row for each epoch, counted from 0."""

from pathlib import Path

from biasinit.runs.files_below import below, place_of
from biasinit.runs.import_notes import ImportNote, summed
from biasinit.runs.importers.contract import Asked, Importer, LoggedRun, Logs, files_of_logs
from biasinit.runs.importers.csv_logs import read_csv_log

_AXIS = "epoch"


def read_keras(path: Path, asked: Asked) -> Logs:
    """Return the runs whose files lie below a folder, named by their files without '.csv'.

    Args:
        path: of the folder, or of one file.
        asked: what the study says of them.

    Raises:
        RunsTableError: a file is no log of Keras.

    """
    runs: list[LoggedRun] = []
    notes: list[ImportNote] = []
    names: set[str] = set()
    folder = path if path.is_dir() else path.parent
    for file in files_of_logs("keras", path):
        log = read_csv_log(file, axis=_AXIS, wanted=asked.names)
        name = place_of(file.with_suffix(""), folder)
        runs.append(LoggedRun(name=name, path=name, metrics=log.metrics))
        notes += log.notes
        names |= set(log.columns)
    return Logs(
        of="folder of Keras' logs",
        runs=runs,
        metrics=frozenset(names),
        counts="epochs from 0",
        notes=summed(notes),
    )


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else below(path, "*.csv")


IMPORTER = Importer(
    files=_files,
    read=read_keras,
    wanted="Name the folder with the CSV files that Keras' CSVLogger wrote, one for each run.",
)
