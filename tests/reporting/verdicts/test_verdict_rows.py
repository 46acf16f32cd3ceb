import math

import pandas as pd
import pytest

from biasinit.reporting.verdicts.verdict_rows import read_verdicts, row_of
from biasinit.verdicts import Outcome, Verdict

RECORD = {"outcome": "failure", "normalization": "none", "scheme": "a", "reference": "zeros"}


def test_two_arms_without_a_failed_run_are_read_as_such():
    none = row_of({**RECORD, "verdict": "inconclusive", "failed": 0, "reference_failed": 0})
    assert none.verdict is Verdict.NO_FAILURES
    one = row_of({**RECORD, "verdict": "inconclusive", "failed": 0, "reference_failed": 1})
    assert one.verdict is Verdict.INCONCLUSIVE
    uncounted = row_of({**RECORD, "verdict": "inconclusive"})
    assert uncounted.verdict is Verdict.INCONCLUSIVE


def test_what_is_missing_is_empty_or_not_a_number():
    row = row_of({**RECORD, "verdict": "worse", "depends_on": None, "seeds_needed": None})
    assert (row.depends_on, row.fragile) == ("", False)
    assert math.isnan(row.seeds_needed)
    assert math.isnan(row.runs)


@pytest.mark.parametrize(("name", "value"), [("verdict", "bad"), ("outcome", "taste")])
def test_a_word_that_is_none_is_refused(name, value):
    with pytest.raises(ValueError, match=f"'{value}' is not a valid"):
        row_of({**RECORD, "verdict": "worse", name: value})


def test_rows_come_by_outcome_with_the_runs_of_their_arm(study, tables):
    shuffled = tables["verdicts"].sample(frac=1, random_state=1)
    rows = read_verdicts({**tables, "verdicts": shuffled}, study)
    assert len(rows) == len(shuffled)
    order = list(Outcome)
    places = [order.index(row.outcome) for row in rows]
    assert places == sorted(places)
    assert {row.runs for row in rows if row.outcome is Outcome.ACCURACY} == {40.0}
    without = {name: frame for name, frame in tables.items() if name != "failure_rates"}
    assert all(math.isnan(row.runs) for row in read_verdicts(without, study))
    assert read_verdicts({"verdicts": pd.DataFrame()}, study) == ()
