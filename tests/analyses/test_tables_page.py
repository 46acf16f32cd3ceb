"""docs/tables.md is made of the declarations."""

from biasinit.analyses.documentation import markdown
from declared_tables import DECLARED
from repository import REPOSITORY


def test_the_reference_of_tables_is_the_one_of_their_declarations():
    path = REPOSITORY / "docs" / "tables.md"
    assert path.read_text(encoding="utf-8") == markdown(), "run 'make schema'"


def test_every_table_has_a_section_with_all_of_its_columns():
    sections = {part.split("`")[0]: part for part in markdown().split("\n### `")[1:]}
    assert set(sections) == {table.path for table in DECLARED.values()}
    for table in DECLARED.values():
        for column in table.columns:
            assert f"| `{column.name}` | {column.kind}" in sections[table.path]


def test_a_bar_in_a_meaning_ends_no_cell():
    rows = [line for line in markdown().splitlines() if line.startswith("| `")]
    assert all(line.replace(r"\|", "").count("|") == 5 for line in rows)
