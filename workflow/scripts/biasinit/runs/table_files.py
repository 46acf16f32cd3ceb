"""Reading a table of runs from a file, or from a folder of files, as it is written there.

CSV in its dialects, Parquet and JSON lines. Nothing is checked here but that a file holds a table:
what columns must hold is ``biasinit.runs.imported``'s.
"""

import bz2
import gzip
import io
import json
import lzma
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from biasinit.errors import RunsTableError
from biasinit.numbers import counted
from biasinit.runs.delimited import Wanted, read_delimited
from biasinit.runs.files_below import below
from biasinit.runs.import_notes import Done, ImportNote, listed, row_name, summed

Read = tuple[pd.DataFrame, list[ImportNote]]

COMPRESSED: Mapping[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.decompress,
    ".bz2": bz2.decompress,
    ".xz": lzma.decompress,
}
PARQUET = (".parquet", ".pq")
DELIMITED = (".csv", ".tsv", ".tab", ".txt")
JSON_LINES = (".jsonl", ".ndjson", ".json")
GIVE = (
    "Give a CSV file (.csv, .tsv or .txt, also as .gz), Parquet (.parquet or .pq) or JSON lines "
    "(.jsonl), or a folder of such files."
)
# files of another kind under the name of a table, by their first bytes
_OTHER_CONTENT = {
    b"PAR1": "Parquet. Call it .parquet",
    b"PK\x03\x04": "a spreadsheet or a zip archive. Save it as CSV",
    b"\x1f\x8b": "compressed by gzip. Add .gz to its name",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet. Save it as CSV",
}


def files_of_table(path: Path) -> list[Path]:
    """Return the files that a table is read from: the file, or all tables below a folder."""
    if not path.is_dir():
        return [path]
    return [file for file in below(path) if _ending(file) in _READERS]


def read_table_files(path: Path, wanted: Wanted) -> Read:
    """Return the table in a file, or in all files of a folder, and what was done to read it.

    Args:
        path: of the file or the folder; its ending says what it holds, in any case.
        wanted: the names that its columns may have.

    Returns:
        The table, whose rows are labelled by their number from 0, in a folder by number and file.

    Raises:
        RunsTableError: a file is missing, damaged or not a table.

    """
    if not path.is_dir():
        return _read_named(path, wanted)
    files = files_of_table(path)
    if not files:
        raise _unreadable(path, f"There is no table in it. {GIVE}")
    tables, notes = [], []
    for file in files:
        frame, found = _read_named(file, wanted)
        where = file.relative_to(path)
        frame.index = pd.Index([f"{row_name(label)} of {where}" for label in frame.index])
        tables.append(frame)
        notes += found
    notes.append(
        ImportNote(
            done=Done.READ_AS, of="file", count=len(files), said=f"One table of all in {path}."
        )
    )
    others = [str(file.relative_to(path)) for file in below(path) if file not in set(files)]
    if others:
        said = f"Files that are no tables by their names: {listed(others)}."
        notes.append(ImportNote(done=Done.LEFT_OUT, of="file", count=len(others), said=said))
    return pd.concat(tables), summed(notes)


def _ending(path: Path) -> str:
    """Return the ending that says what a file holds, in small letters: that before .gz."""
    compressed = path.suffix.lower() in COMPRESSED
    return (Path(path.stem) if compressed else path).suffix.lower()


def _unreadable(path: Path, what: str) -> RunsTableError:
    return RunsTableError(f"The table of runs {path} cannot be read. {what}")


def _read_named(path: Path, wanted: Wanted) -> Read:
    """Return the table in a file; what is wrong with it is said with its name."""
    read = _READERS.get(_ending(path))
    try:
        content = path.read_bytes()
        if read is None:
            raise _unreadable(path, f"Its name says nothing of what it holds. {GIVE}")
        if path.suffix.lower() in COMPRESSED:
            content = COMPRESSED[path.suffix.lower()](content)
        if read is not _parquet:
            _refuse_other_content(content)
        frame, notes = read(content, wanted)
        _refuse_repeated_columns(frame)
    except FileNotFoundError:
        raise _unreadable(path, f"It is not there. {GIVE}") from None
    except RunsTableError as error:
        text = str(error)
        raise error if str(path) in text else _unreadable(path, text) from None
    except OSError as error:
        if error.errno is None:  # of a compressed file that is none
            raise _unreadable(path, f"It is damaged ({error}). Make it again.") from error
        raise _unreadable(path, f"It cannot be opened ({error.strerror}).") from error
    except (EOFError, ValueError, lzma.LZMAError, zlib.error, pa.ArrowException) as error:
        text = " ".join(str(error).split())
        raise _unreadable(path, f"It is damaged ({text}). Make it again.") from error
    return frame, notes


def _refuse_other_content(content: bytes) -> None:
    for start, what in _OTHER_CONTENT.items():
        if content.startswith(start):
            raise RunsTableError(f"By its first bytes it is {what}.")


def _refuse_repeated_columns(frame: pd.DataFrame) -> None:
    names = pd.Index([str(name).strip() for name in frame.columns])
    repeated = list(names[names.duplicated()].unique())
    if repeated:
        raise RunsTableError(
            f"{counted(len(repeated), 'column')} {'stands' if len(repeated) == 1 else 'stand'} "
            f"there more than once: {listed(repeated)}. Keep one of each name."
        )


def _parquet(content: bytes, _wanted: Wanted) -> Read:
    """Return the table in a Parquet file; pandas' index is columns where it has names."""
    frame = pd.read_parquet(io.BytesIO(content))
    index = frame.index
    notes = []
    named = [name for name in index.names if name is not None]
    if named:
        notes.append(
            ImportNote(
                done=Done.READ_AS,
                of="column",
                count=len(named),
                said=f"The index of pandas, as {listed(named)}.",
            )
        )
        index_columns = index.to_frame(index=False)[named]
        frame = pd.concat([index_columns, frame.reset_index(drop=True)], axis=1)
    elif not isinstance(index, pd.RangeIndex) and not pd.api.types.is_integer_dtype(index.dtype):
        said = "The index of pandas, which has no name."
        notes.append(ImportNote(done=Done.LEFT_OUT, of="column", count=index.nlevels, said=said))
    return frame.reset_index(drop=True).astype(object), notes


def _json(content: bytes, _wanted: Wanted) -> Read:
    """Return the table in JSON: one object in a line, or in the whole file one or a list of them.

    pandas' reader would make numbers of text that looks like some.
    """
    text = content.decode("utf-8-sig")
    whole = _parsed(text)
    if whole is None:
        lines = {number: line for number, line in enumerate(text.splitlines()) if line.strip()}
        found: list[Any] = []
        for number, line in lines.items():
            record = _parsed(line)
            if record is None:
                raise RunsTableError(f"Line {number + 1} is no JSON. Write one object in a line.")
            found.append(record)
    else:
        found = whole if isinstance(whole, list) else [whole]
    wrong = next((record for record in found if not isinstance(record, dict)), None)
    by_column = len(found) == 1 and isinstance(found[0], dict) and _is_by_column(found[0])
    if wrong is not None or by_column:
        raise RunsTableError(
            "It must hold one object for each run, such as pandas' "
            "to_json(orient='records', lines=True) writes."
        )
    if not found:
        raise RunsTableError("It is empty. Write one object for each run.")
    return pd.DataFrame(found, dtype=object), []


def _is_by_column(record: Mapping[str, object]) -> bool:
    return bool(record) and all(isinstance(value, dict | list) for value in record.values())


def _parsed(text: str) -> object:
    """Return the value of a JSON text; None where it is none.

    Raises:
        RunsTableError: a key stands in an object twice, of which Python would keep the last.

    """
    try:
        return json.loads(text, object_pairs_hook=_with_each_key_once)
    except (ValueError, RecursionError):
        return None


def _with_each_key_once(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise RunsTableError(f"An object has the key {key!r} twice. Keep one.")
        found[key] = value
    return found


_READERS: Mapping[str, Callable[[bytes, Wanted], Read]] = {
    **dict.fromkeys(PARQUET, _parquet),
    **dict.fromkeys(DELIMITED, read_delimited),
    **dict.fromkeys(JSON_LINES, _json),
}
