"""Runs arranged by cell, seed and scheme: what is a complete seed, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from biasinit.errors import NotEstimableError, RunsTableError
from biasinit.statistics.paired.contrasts import arrange


def _table():
    rows = [
        {"seed": seed, "scheme": scheme, "cell": cell, "y": seed + 0.1 * len(scheme) * (seed % 3)}
        for seed in range(6)
        for scheme in ("zeros", "one")
        for cell in ("a", "b")
    ]
    return pd.DataFrame(rows)


def _arranged(table, cells=("cell",)):
    return arrange(table, "y", "scheme", unit="seed", cells=list(cells), strata=[])


def test_a_seed_without_one_of_the_cells_does_not_enter_the_mean_over_cells():
    table = _table()
    lost = table[~((table["seed"] == 2) & (table["scheme"] == "one") & (table["cell"] == "b"))]
    array = _arranged(lost)
    found = array.cell_mean(array.differences("one", "zeros"))[0]
    assert np.flatnonzero(np.isnan(found)).tolist() == [2]


def test_rows_that_share_one_place_are_refused():
    with pytest.raises(RunsTableError, match=r"share one place \(scheme zeros, seed 0"):
        _arranged(_table(), cells=())


def test_an_unknown_level_lists_those_that_there_are():
    with pytest.raises(NotEstimableError, match="level 'none'; the table has one, zeros"):
        _arranged(_table()).differences("one", "none")


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(RunsTableError, match=r"no column 'cell'\. It has seed, scheme, y"):
        _arranged(_table().drop(columns="cell"))


def test_text_among_numbers_is_named():
    with pytest.raises(RunsTableError, match="'y' must hold numbers, but 1 rows hold 'ninety'"):
        _arranged(_table().assign(y=["ninety", *range(23)]))
