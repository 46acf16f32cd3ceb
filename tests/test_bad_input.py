"""The inventory in docs/bad_input.md is that of the tests."""

from bad_input import AREAS, cases, markdown
from repository import REPOSITORY


def test_the_inventory_of_bad_input_is_the_one_of_the_tests():
    path = REPOSITORY / "docs" / "bad_input.md"
    assert path.read_text(encoding="utf-8") == markdown(), "run 'make schema'"


def test_there_are_many_cases_in_every_area_and_none_stands_there_twice():
    found = list(cases())
    assert len(found) >= 200
    assert {case.area for case in found} == set(AREAS)
    keys = [(case.what, case.test) for case in found]
    assert len(set(keys)) == len(keys)
