"""docs/faults.md shows every fault that is tested, as the tests saw it."""

from faults import FAULTS, PAGE, page_with, recorded, table


def test_the_page_has_a_row_for_every_tested_fault_and_shows_what_was_recorded():
    assert list(recorded()) == list(FAULTS)
    text = PAGE.read_text(encoding="utf-8")
    assert page_with(table(), text) == text


def test_no_recorded_fault_broke_a_promise():
    for name, seen in recorded().items():
        assert seen["tables_equal"], name
        assert seen["lost"] == 0, name
        assert seen["retrained"] <= seen["in_flight"], name
