import math

import pandas as pd
import pytest

from biasinit.reporting.verdicts.verdict_rows import (
    at_own_best,
    by_comparison,
    over_conditions,
    read_verdicts,
    row_of,
)
from biasinit.verdicts import Outcome

RECORD = {"outcome": "failure", "normalization": "none", "scheme": "a", "reference": "zeros"}


def test_a_row_without_a_cell_is_about_all():
    assert row_of({**RECORD, "verdict": "worse"}).cell == "all"


def test_what_is_missing_is_empty_or_not_a_number():
    row = row_of({**RECORD, "verdict": "worse", "depends_on": None, "seeds_needed": None})
    assert (row.depends_on, row.fragile) == ("", False)
    assert math.isnan(row.seeds_needed)
    assert math.isnan(row.runs)


@pytest.mark.parametrize(("name", "value"), [("verdict", "bad"), ("outcome", "taste")])
def test_a_word_that_is_none_is_refused(name, value):
    with pytest.raises(ValueError, match=f"'{value}' is not a valid"):
        row_of({**RECORD, "verdict": "worse", name: value})


def test_rows_come_by_outcome_and_condition(study, tables):
    shuffled = tables["verdicts"].sample(frac=1, random_state=1)
    rows = read_verdicts({**tables, "verdicts": shuffled}, study)
    assert len(rows) == len(shuffled)
    order = list(Outcome)
    places = [order.index(row.outcome) for row in rows]
    assert places == sorted(places)
    cells = [row.cell for row in rows if (row.outcome, row.scheme) == (Outcome.ACCURACY, "1.0")]
    single = ["learning_rate 0.005", "learning_rate 0.02"]
    assert cells == ["all", *single, "own best learning rate"] * 2
    assert read_verdicts({"verdicts": pd.DataFrame()}, study) == ()


def test_conditions_are_told_from_all_and_from_the_own_best_rate(study, tables):
    rows = read_verdicts(tables, study)
    whole, best = over_conditions(rows), at_own_best(rows)
    single = by_comparison(rows)
    assert len(whole) + len(best) + sum(map(len, single.values())) == len(rows)
    assert len({row.comparison for row in whole}) == len(whole)
    assert {row.outcome for row in best} == {Outcome.ACCURACY}
    assert {len(found) for found in single.values()} == {2}
