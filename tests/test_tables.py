import resource

import numpy as np
import pandas as pd
import pytest

from biasinit.errors import FolderError, RunsTableError
from biasinit.tables import read_table, read_tables, write_table


@pytest.fixture
def table():
    return pd.DataFrame({"scheme": ["zeros", "1.0"], "final_accuracy": [98.0, 97.0]})


def test_a_table_comes_back_and_equal_tables_give_equal_bytes(table, tmp_path):
    write_table(table, tmp_path / "a.parquet")
    write_table(table.copy(), tmp_path / "b.parquet")
    pd.testing.assert_frame_equal(read_table(tmp_path / "a.parquet"), table, check_dtype=False)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    both = read_tables([tmp_path / "a.parquet", tmp_path / "b.parquet"])
    assert both["scheme"].tolist() == ["zeros", "1.0"] * 2


@pytest.mark.parametrize("damage", ["missing", "truncated", "empty", "another file", "a folder"])
def test_a_damaged_table_is_named_with_what_to_do(damage, table, tmp_path):
    path = tmp_path / "runs.parquet"
    write_table(table, path)
    content = {"truncated": path.read_bytes()[:-20], "empty": b"", "another file": b"scheme,seed"}
    path.unlink()
    if damage in content:
        path.write_bytes(content[damage])
    elif damage == "a folder":
        path.mkdir()
        (path / "part.parquet").write_bytes(b"no table")
    with pytest.raises(RunsTableError, match=r"runs\.parquet cannot be read .* makes it again\."):
        read_table(path)


def test_a_disk_that_is_full_leaves_the_old_table_and_no_part_of_the_new_one(table, tmp_path):
    path = tmp_path / "runs.parquet"
    write_table(table, path)
    before = path.read_bytes()
    large = pd.DataFrame({"value": np.random.default_rng(0).random(100_000)})
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))  # as a full disk: writing fails
    try:
        with pytest.raises(FolderError, match=r"runs\.parquet cannot be written .*Make room on"):
            write_table(large, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == before
    assert [item.name for item in tmp_path.iterdir()] == ["runs.parquet"]


def test_a_folder_that_is_not_there_is_named(table, tmp_path):
    with pytest.raises(FolderError, match=r"no/runs\.parquet cannot be written"):
        write_table(table, tmp_path / "no" / "runs.parquet")
