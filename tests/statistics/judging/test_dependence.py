"""Which factor an effect is said to depend on, and when."""

import itertools

import pandas as pd
import pytest
from biasinit.statistics.judging.contrast_row import ContrastRow
from biasinit.statistics.judging.dependence import depends_on, with_adjusted_cell_tests
from biasinit.statistics.judging.lookup import Lookup

from biasinit.verdicts import Verdict

CELLS = pd.DataFrame(
    list(itertools.product(["small", "deep", "wide"], [0.01, 0.1])),
    columns=["architecture", "learning_rate"],
    index=pd.Index([f"cell {number}" for number in range(6)], name="cell"),
)
BY_RATE = [1.0, 3.0, 1.1, 3.1, 0.9, 2.9]
BY_NETWORK = [1.0, 1.1, 3.0, 3.1, 5.0, 5.1]
MIXED_SIGNS = [-1.0, 3.0, -1.1, 3.1, -0.9, 2.9]
EVEN, UNEVEN = [1.0] * 6, [0.0, 0.0, 2.0, 2.0, 0.0, 0.0]


def found(effects, *, p=0.5, failed=EVEN, verdict=Verdict.BETTER, estimate=1.0, cells=CELLS):
    key = ("accuracy", "none", "one")
    lookup = Lookup(
        levels=["none"],
        cells=cells,
        effects={key: pd.Series(effects, index=cells.index)},
        failed={("none", "one"): pd.Series(failed, index=cells.index)},
        totals={},
        new_intervals={},
    )
    row = ContrastRow(
        family="accuracy",
        normalization="none",
        scheme="one",
        reference="zeros",
        numbers={"scheme_by_cell_p_adjusted": p, "estimate": estimate},
    )
    return depends_on(row, verdict, lookup, alpha=0.05)


@pytest.mark.parametrize(
    ("effects", "factor"), [(BY_RATE, "learning_rate"), (BY_NETWORK, "architecture")]
)
def test_where_the_test_over_cells_rejects_the_factor_that_explains_most_is_named(effects, factor):
    assert found(effects, p=0.01) == factor
    assert found(effects, p=0.05) == ""


def test_a_factor_with_more_levels_must_explain_more():
    """Networks explain 4 by three levels, rates 3 by two."""
    effects = [network + rate * 0.5**0.5 for network in (0, 1, 2) for rate in (-1, 1)]
    assert found(effects, p=0.01) == "learning_rate"


def test_an_established_effect_that_changes_its_sign_depends_on_something():
    assert found(MIXED_SIGNS) == "learning_rate"
    assert found(MIXED_SIGNS, verdict=Verdict.INCONCLUSIVE) == ""
    assert found(BY_RATE) == ""


def test_failures_in_some_cells_only_are_what_it_depends_on():
    assert found(BY_RATE, failed=UNEVEN) == "architecture"
    assert found(BY_RATE, failed=UNEVEN, p=0.01) == "learning_rate"


def test_with_one_cell_there_is_nothing_to_depend_on():
    assert found([1.0], failed=[1.0], p=0.01, cells=CELLS.head(1)) == ""


def test_tests_over_cells_are_adjusted_within_their_family():
    table = pd.DataFrame(
        {"family": ["a", "a", "b"], "scheme_by_cell_p": [0.01, 0.04, 0.02]}, index=[5, 7, 9]
    )
    adjusted = with_adjusted_cell_tests(table)["scheme_by_cell_p_adjusted"]
    assert adjusted.to_dict() == pytest.approx({5: 0.02, 7: 0.04, 9: 0.02})
