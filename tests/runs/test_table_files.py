"""Files of runs as people have them: dialects of CSV, Parquet, JSON lines, folders."""

import gzip
import json
import re
from pathlib import Path

import pandas as pd
import pytest

from biasinit.errors import RunsTableError
from biasinit.runs.imported import Bringing, complete_runs, read_brought_runs

BRINGING = Bringing(study="mine", schemes=("zeros", "1.0"), reference="zeros", epochs=12.0)
RUNS = pd.DataFrame(
    {
        "scheme": ["1.0", "1.0", "zeros", "zeros"],
        "seed": [0, 1, 0, 1],
        "final_accuracy": [96.5, 97.25, 98.0, 98.125],
    }
)
COMMAS = RUNS.to_csv(index=False)


def read(path):
    brought = read_brought_runs(path)
    imported = complete_runs(brought, BRINGING)
    return imported.runs, [str(note) for note in imported.notes]


def written(tmp_path, content, name="runs.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def decimal_comma(delimiter):
    return RUNS.to_csv(index=False, sep=delimiter, decimal=",")


DIALECTS = {
    "semicolons and decimal commas": (
        decimal_comma(";"),
        "read as: 1 file. Fields are set apart by semicolons.",
        "read as: 4 values of 'final_accuracy'. Numbers with a decimal comma, such as '96,5'.",
    ),
    "tabs": (RUNS.to_csv(index=False, sep="\t"), "read as: 1 file. Fields are set apart by tabs."),
    "bars": (RUNS.to_csv(index=False, sep="|"), "read as: 1 file. Fields are set apart by bars."),
    "a blank after each comma": (
        COMMAS.replace(",", ", "),
        "trimmed: 10 values. Blanks after a delimiter are no part of the value.",
    ),
    "a trailing comma in every row": (
        COMMAS.replace("\n", ",\n").replace(",\n", "\n", 1),
        "trimmed: 4 rows. Empty fields beyond those of the header, as after a trailing delimiter.",
    ),
    "a trailing comma in every line": (
        COMMAS.replace("\n", ",\n"),
        "left out: 1 column. Columns without a name, and without a value.",
    ),
    "an index without a name": (
        RUNS.to_csv(),
        "left out: 1 column. Columns without a name, of which some hold values, such as an index.",
    ),
    "a mark of UTF-8": (
        COMMAS.encode("utf-8-sig"),
        "read as: 1 file. The mark at its start that says UTF-8 is no part of a name.",
    ),
    "UTF-16": (COMMAS.encode("utf-16"), "read as: 1 file. Text in UTF-16."),
    "lines of Windows": (COMMAS.replace("\n", "\r\n"),),
    "lines of old Macs": (COMMAS.replace("\n", "\r"),),
    "empty lines at the end": (f"{COMMAS}\n\n,,\n",),
    "empty lines in between": (
        COMMAS.replace("1.0,1", "\n,,\n1.0,1"),
        "left out: 2 rows. Rows without any value: rows 2, 3.",
    ),
    "blanks around names of columns": (
        COMMAS.replace("seed", "seed "),
        "trimmed: 1 column. Blanks around the names of columns.",
    ),
    "a line that says the delimiter": (
        "sep=;\n" + RUNS.to_csv(index=False, sep=";"),
        "read as: 1 file. Fields are set apart by semicolons.",
    ),
    "everything in quotes": (RUNS.to_csv(index=False, quoting=1),),
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_dialect_of_csv_is_read_and_said(dialect, tmp_path):
    content, *said = DIALECTS[dialect]
    runs, notes = read(written(tmp_path, content))
    assert runs[list(RUNS)].equals(RUNS)
    assert notes == said


@pytest.mark.parametrize(
    "ending", ["csv", "CSV", "tsv", "txt", "csv.gz", "parquet", "pq", "PARQUET"]
)
def test_the_ending_says_what_a_file_holds_in_any_case(ending, tmp_path):
    path = tmp_path / f"runs.{ending}"
    if ending.lower() in ("parquet", "pq"):
        RUNS.to_parquet(path, engine="pyarrow")
    else:
        content = COMMAS.encode()
        path.write_bytes(gzip.compress(content) if ending.endswith("gz") else content)
    assert read(path)[0][list(RUNS)].equals(RUNS)


@pytest.mark.parametrize("ending", ["jsonl", "ndjson", "json"])
def test_json_lines_are_read(ending, tmp_path):
    path = written(tmp_path, RUNS.to_json(orient="records", lines=True), f"runs.{ending}")
    runs, notes = read(path)
    assert runs[list(RUNS)].equals(RUNS)
    assert notes == []


def test_json_may_be_one_list(tmp_path):
    path = written(tmp_path, RUNS.to_json(orient="records", indent=1), "runs.json")
    assert read(path)[0][list(RUNS)].equals(RUNS)


def test_an_index_of_pandas_is_columns_and_said(tmp_path):
    RUNS.set_index(["scheme", "seed"]).to_parquet(tmp_path / "runs.parquet")
    runs, notes = read(tmp_path / "runs.parquet")
    assert runs[list(RUNS)].equals(RUNS)
    assert notes == ["read as: 2 columns. The index of pandas, as 'scheme', 'seed'."]


def test_an_index_of_pandas_without_a_name_is_left_out_and_said(tmp_path):
    RUNS.set_axis(["a", "b", "c", "d"]).to_parquet(tmp_path / "runs.parquet")
    runs, notes = read(tmp_path / "runs.parquet")
    assert runs[list(RUNS)].equals(RUNS)
    assert notes == ["left out: 1 column. The index of pandas, which has no name."]


@pytest.mark.parametrize(
    "types",
    [
        {"seed": "Int32", "final_accuracy": "Float64"},
        {"seed": "float64", "final_accuracy": "float64"},
        {"scheme": "category", "seed": "uint8"},
    ],
)
def test_types_of_parquet_change_nothing(types, tmp_path):
    RUNS.astype(types).to_parquet(tmp_path / "runs.parquet")
    assert read(tmp_path / "runs.parquet")[0][list(RUNS)].equals(RUNS)


def of_one_run_each(folder, *, write):
    for number, row in enumerate(RUNS.to_dict("records")):
        place = folder / "runs" / f"{row['scheme']}"
        place.mkdir(parents=True, exist_ok=True)
        write(place / f"run-{number}", row)
    return folder / "runs"


def as_csv(path, row):
    pd.DataFrame([row]).to_csv(path.with_suffix(path.suffix + ".csv"), index=False, sep=";")


def as_json(path, row):
    Path(f"{path}.json").write_text(json.dumps(row, indent=2))


@pytest.mark.parametrize("write", [as_csv, as_json])
def test_a_folder_of_one_file_for_each_run_is_one_table(write, tmp_path):
    folder = of_one_run_each(tmp_path, write=write)
    (folder / "notes.md").write_text("mine")
    (folder / ".hidden.csv").write_text("no table")
    runs, notes = read(folder)
    assert runs[list(RUNS)].equals(RUNS)
    assert f"read as: 4 files. One table of all in {folder}." in notes
    assert "left out: 1 file. Files that are no tables by their names: 'notes.md'." in notes
    assert ("read as: 4 files. Fields are set apart by semicolons." in notes) == (write is as_csv)


def test_a_run_of_a_folder_is_named_with_its_file(tmp_path):
    folder = of_one_run_each(tmp_path, write=as_json)
    (folder / "1.0" / "run-1.json").write_text('{"scheme": "1.0", "seed": 1}')
    message = (
        "'final_accuracy' must be given in every row, and is empty in row 1 of 1.0/run-1.json."
    )
    with pytest.raises(RunsTableError, match=re.escape(message)):
        read(folder)


WRONG = {
    "a file that is not there": (None, "runs.csv", "It is not there. Give a CSV file (.csv, .tsv"),
    "a file of no kind": (COMMAS, "runs.dat", "Its name says nothing of what it holds. Give a CSV"),
    "nothing at all": ("", "runs.csv", "It is empty. Give a header and one row for each run."),
    "blank lines alone": ("\n \n,\n", "runs.csv", "It is empty. Give a header and one row"),
    "a row with too few fields": (
        f"{COMMAS}zeros,2\n",
        "runs.csv",
        "1 row (row 5) has not the 3 fields of the header; the first has 2. Give every row one "
        "field for each column.",
    ),
    "decimal commas between commas": (
        "scheme,seed,final_accuracy\nzeros,0,96,878\nzeros,1,97,2\n",
        "runs.csv",
        "2 rows (rows 1, 2) have not the 3 fields of the header; the first has 4. Give every row "
        "one field for each column. A decimal comma needs another delimiter than a comma.",
    ),
    "a quote without an end": (
        COMMAS.replace("zeros,0", '"zeros,0'),
        "runs.csv",
        "Line 5 is no CSV (unexpected end of data). Mend its quotes.",
    ),
    "a column twice": (
        COMMAS.replace("scheme,seed", "seed,seed"),
        "runs.csv",
        "1 column stands there more than once: 'seed'. Keep one of each name.",
    ),
    "text of another encoding": (
        COMMAS.replace("zeros", "nullen-ä").encode("latin-1"),
        "runs.csv",
        "It is not text in UTF-8: byte 58 is 0xe4. Save it as UTF-8.",
    ),
    "a spreadsheet": (b"PK\x03\x04", "runs.csv", "By its first bytes it is a spreadsheet or a zip"),
    "Parquet by another name": (b"PAR1", "runs.csv", "By its first bytes it is Parquet. Call it"),
    "gzip by another name": (
        gzip.compress(b"a"),
        "runs.csv",
        "By its first bytes it is compressed by gzip. Add .gz to its name.",
    ),
    "gzip that is none": (COMMAS, "runs.csv.gz", "It is damaged (Not a gzipped file"),
    "gzip without an end": (gzip.compress(COMMAS.encode())[:-9], "runs.csv.gz", "It is damaged ("),
    "Parquet that is none": (b"PAR1 and then nothing", "runs.parquet", "It is damaged ("),
    "JSON by columns": (
        RUNS.to_json(),
        "runs.json",
        "It must hold one object for each run, such as pandas' to_json(orient='records', "
        "lines=True) writes.",
    ),
    "a number for a run": ("1\n2\n", "runs.jsonl", "It must hold one object for each run, such"),
    "a line that is no JSON": (
        '{"scheme": "a"}\n{"scheme": b}\n',
        "runs.jsonl",
        "Line 2 is no JSON. Write one object in a line.",
    ),
    "a key twice in a line": (
        '{"seed": 1, "seed": 2}\n',
        "runs.jsonl",
        "An object has the key 'seed' twice. Keep one.",
    ),
    "no line": ("\n", "runs.jsonl", "It is empty. Write one object for each run."),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_named_with_the_file_and_the_mend(case, tmp_path):
    content, name, message = WRONG[case]
    path = tmp_path / name if content is None else written(tmp_path, content, name)
    with pytest.raises(RunsTableError) as caught:
        read(path)
    assert str(caught.value).startswith(f"The table of runs {path} cannot be read. {message}")
    assert "\n" not in str(caught.value)


def test_a_folder_without_a_table_is_named(tmp_path):
    (tmp_path / "notes.md").touch()
    with pytest.raises(RunsTableError, match=r"cannot be read\. There is no table in it\. Give"):
        read(tmp_path)


def test_a_damaged_file_of_a_folder_is_named(tmp_path):
    folder = of_one_run_each(tmp_path, write=as_json)
    (folder / "zeros" / "run-2.json").write_text("{")
    with pytest.raises(RunsTableError, match=r"runs/zeros/run-2\.json cannot be read\. Line 1 is"):
        read(folder)


def test_decimal_commas_beside_points_are_refused_and_not_guessed(tmp_path):
    mixed = decimal_comma(";").replace("96,5", "1.096,5")
    with pytest.raises(RunsTableError, match=r"must be numbers, got '1\.096,5'"):
        read(written(tmp_path, mixed))


def test_a_seed_has_no_decimal_comma(tmp_path):
    thousand = decimal_comma(";").replace("zeros;1;", "zeros;1,000;")
    with pytest.raises(RunsTableError, match="'seed' must be whole numbers from 0 on, got '1,000'"):
        read(written(tmp_path, thousand))
