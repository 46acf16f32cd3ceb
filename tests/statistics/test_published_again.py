"""Published tables are made again by today's code; and the script that says so can say no."""

import importlib.util

import numpy as np
import pandas as pd
import pytest

from biasinit.tables import read_table, write_table
from repository import MEASURED, REPOSITORY


@pytest.fixture(scope="module")
def script():
    path = REPOSITORY / "bench" / "statistics" / "published_again.py"
    spec = importlib.util.spec_from_file_location("published_again", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_every_published_table_whose_inputs_are_published_is_made_again(script, capsys):
    differs = script.main([])
    lines = capsys.readouterr().out.splitlines()
    assert not differs, "\n".join(lines)
    tables = sorted(MEASURED.glob("*/analysis/*.parquet"))
    assert [line.split(":")[0] for line in lines] == [
        f"{path.parents[1].name}/{path.stem}" for path in tables
    ]
    again = {line.split(":")[0].split("/")[1] for line in lines if "largest difference" in line}
    assert again == {"early_verdicts", "level_contrasts", "verdicts"}


@pytest.fixture
def published(script, tmp_path):
    """A copy of one published study whose tables a test may change."""
    source = script.MEASURED / "symmetry"
    for path in [source / "plan.json", *source.rglob("*.parquet")]:
        target = tmp_path / "symmetry" / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    return tmp_path / "symmetry"


def changed_file(path, change):
    write_table(change(read_table(path)), path)


@pytest.mark.slow
def test_a_published_number_that_is_not_made_again_is_shown(script, published, capsys):
    def with_another_estimate(table):
        table.loc[1, "estimate"] *= 1 + 1e-9
        return table

    changed_file(published / "analysis" / "level_contrasts.parquet", with_another_estimate)
    assert script.main(["--studies", str(published.parent)]) == 1
    lines = capsys.readouterr().out.splitlines()
    differing = [line for line in lines if "DIFFERS" in line]
    assert [line.split(":")[0] for line in differing] == ["symmetry/level_contrasts"]
    assert "largest difference 1.0e-09 (estimate, row 1" in differing[0]


@pytest.mark.slow
def test_published_runs_are_judged_anew_and_what_cannot_be_made_stays(script, published, capsys):
    contrasts = published / "analysis" / "level_contrasts.parquet"
    before = read_table(contrasts)
    changed_file(contrasts, lambda table: table.assign(estimate=0.0))
    kept = (published / "analysis" / "layer_means.parquet").read_bytes()
    plan = (published / "plan.json").read_bytes()
    assert script.main(["--studies", str(published.parent), "--publish"]) == 0
    assert "symmetry: judged anew: level_contrasts, verdicts" in capsys.readouterr().out
    assert read_table(contrasts)["estimate"].tolist() == before["estimate"].tolist()
    assert (published / "analysis" / "layer_means.parquet").read_bytes() == kept
    assert (published / "plan.json").read_bytes() == plan
    assert script.main(["--studies", str(published.parent)]) == 0


@pytest.mark.slow
def test_a_published_table_that_no_analysis_makes_is_shown(script, published, capsys):
    write_table(pd.DataFrame({"found": [1.0]}), published / "analysis" / "residue.parquet")
    assert script.main(["--studies", str(published.parent)]) == 1
    assert "symmetry/residue: DIFFERS, no analysis makes it" in capsys.readouterr().out


def test_a_folder_without_studies_is_no_agreement(script, tmp_path, capsys):
    assert script.main(["--studies", str(tmp_path)]) == 1
    assert "There is no study to compare" in capsys.readouterr().out


TABLE = pd.DataFrame(
    {
        "scheme": ["zeros", "one", "one"],
        "estimate": [2000.0, 0.25, np.nan],
        "limit": [-np.inf, 0.0, np.inf],
        "seeds": [20, 20, 19],
        "equal": pd.array([True, False, pd.NA], dtype="boolean"),
    }
)
STORED = {
    "a text": TABLE.assign(scheme=["zeros", "one", "two"]),
    "a small number": TABLE.assign(estimate=[2000.0, 0.25 + 2e-12, np.nan]),
    "a large number": TABLE.assign(estimate=[2000.0 + 4e-9, 0.25, np.nan]),
    "no number": TABLE.assign(estimate=[2000.0, np.nan, np.nan]),
    "a number for none": TABLE.assign(estimate=[2000.0, 0.25, 0.0]),
    "the sign of infinity": TABLE.assign(limit=[np.inf, 0.0, np.inf]),
    "a count": TABLE.assign(seeds=[20, 20, 20]),
    "a flag": TABLE.assign(equal=pd.array([True, True, pd.NA], dtype="boolean")),
    "a flag for none": TABLE.assign(equal=pd.array([True, False, False], dtype="boolean")),
    "the kind of a column": TABLE.assign(seeds=[20.0, 20.0, 19.0]),
    "the order of rows": TABLE.iloc[[1, 0, 2]].reset_index(drop=True),
    "a row": TABLE.head(2),
    "a column": TABLE.drop(columns="equal"),
    "the order of columns": TABLE[TABLE.columns[::-1]],
}


@pytest.mark.parametrize("stored", STORED.values(), ids=STORED.keys())
def test_tables_differ_by(script, stored):
    differs, _ = script.difference(script.as_stored(stored), TABLE)
    assert differs


def test_rounding_is_no_difference_but_is_stated(script):
    rounded = TABLE.assign(estimate=[2000.0 + 2e-10, 0.25 + 5e-13, np.nan])
    differs, finding = script.difference(script.as_stored(rounded), TABLE)
    assert not differs
    assert "largest difference 5.0e-13 (estimate, row 1" in finding


def test_of_two_checkouts_a_table_that_only_one_makes_is_a_difference(script):
    found = list(script.compared_with_same_inputs({"a": TABLE, "b": TABLE}, {"b": TABLE}))
    assert [(item.table, item.differs) for item in found] == [("a", True), ("b", False)]
