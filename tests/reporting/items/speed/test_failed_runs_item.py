from biasinit.reporting.items.speed.failed_runs import rows


def test_every_failed_run_has_a_row_and_no_other(tables, study):
    found = rows(tables, study)
    assert len(found) == tables["runs"]["failed"].sum() > 0
    assert found["failed"].all()
    assert rows({}, study).empty
