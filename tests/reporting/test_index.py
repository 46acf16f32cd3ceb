"""The index and the items: what stands in one stands in the other, and nothing is forgotten."""

import dataclasses
import subprocess
import sys
from itertools import groupby

import pytest
from synthetic import make_study

from biasinit.analyses.index import all_analyses
from biasinit.reporting.index import FIGURES, ITEMS, SECTIONS, tables_shown
from biasinit.reporting.items.kinds import FigureItem, TableItem
from biasinit.reporting.items.loading import item_of
from declared_tables import DECLARED
from repository import REPOSITORY

SCRIPTS = REPOSITORY / "workflow" / "scripts"
ROOM = SCRIPTS / "biasinit" / "reporting" / "items"
KINDS = {"figure": FigureItem, "table": TableItem}


def test_every_line_has_a_module_and_every_module_a_line():
    files = {path.relative_to(SCRIPTS).as_posix() for path in ROOM.glob("*/*.py")}
    modules = {file for file in files if not file.endswith("__init__.py")}
    assert modules == {entry.file for entry in ITEMS}


@pytest.mark.parametrize("entry", ITEMS, ids=lambda entry: entry.name)
def test_a_line_says_of_which_kind_its_item_is(entry):
    assert isinstance(item_of(entry), KINDS[entry.kind])


def test_items_of_a_section_stand_together_in_the_order_of_the_argument():
    assert [section for section, _ in groupby(entry.section for entry in ITEMS)] == list(SECTIONS)


def test_a_forgotten_part_is_an_error():
    item = item_of(FIGURES["effects"])
    parts = {field.name: getattr(item, field.name) for field in dataclasses.fields(item)}
    assert FigureItem(**parts) == item
    for name in parts:
        with pytest.raises(TypeError, match=f"missing 1 required keyword-only argument: '{name}'"):
            FigureItem(**{key: part for key, part in parts.items() if key != name})


def test_page_tables_have_names_of_their_own():
    below = [table.name for entry in FIGURES.values() for table in item_of(entry).tables]
    alone = [entry.name for entry in ITEMS if entry.kind == "table"]
    assert len({*below, *alone}) == len(below) + len(alone)


def test_a_figure_leads_to_tables_that_it_has_or_that_stand_elsewhere_on_the_page():
    below = {table.name for entry in FIGURES.values() for table in item_of(entry).tables}
    for entry in FIGURES.values():
        for table in item_of(entry).tables:
            assert table.name in entry.tables, entry.name
    alone = {entry.name for entry in ITEMS if entry.kind == "table"}
    unlisted = {name for entry in FIGURES.values() for name in entry.tables} - below - alone
    assert unlisted == {"runs", "curve_means", "verdicts"}


def test_items_show_tables_that_there_are():
    assert tables_shown() <= set(DECLARED)


def test_a_rule_of_decision_names_analyses_that_there_are():
    facts = make_study()
    rules = [rule(facts) for entry in ITEMS for rule in item_of(entry).rules]
    named = {name for rule in rules for name in rule.made_by}
    assert "judge_schemes" in named
    assert named <= {analysis.name for analysis in all_analyses()}


def test_the_index_needs_the_standard_library_alone():
    code = (
        "import sys; from biasinit.reporting.index import ITEMS; assert ITEMS; "
        "print(*sorted({name.split('.')[0] for name in sys.modules} - sys.stdlib_module_names))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        capture_output=True, text=True, check=True, env={"PYTHONPATH": str(SCRIPTS), "PATH": ""},
    )  # fmt: skip
    assert set(done.stdout.split()) <= {"biasinit", "__main__"}
