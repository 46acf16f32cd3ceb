"""Runs arranged by cell, seed and scheme: what is a complete seed, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from biasinit.errors import NotEstimableError, RunsTableError
from biasinit.statistics.paired.arrangement import arrange


def _table():
    rows = [
        {"seed": seed, "scheme": scheme, "cell": cell, "y": seed + 0.1 * len(scheme) * (seed % 3)}
        for seed in range(6)
        for scheme in ("zeros", "one")
        for cell in ("a", "b")
    ]
    return pd.DataFrame(rows)


def test_a_seed_without_one_of_the_cells_does_not_enter_the_mean_over_cells():
    table = _table()
    lost = table[~((table["seed"] == 2) & (table["scheme"] == "one") & (table["cell"] == "b"))]
    array = arrange(lost, "y")
    found = array.cell_mean(array.differences("one", "zeros"))
    assert np.flatnonzero(np.isnan(found)).tolist() == [2]


def test_rows_that_share_one_place_are_refused():
    with pytest.raises(RunsTableError, match=r"share one place \(scheme zeros, seed 0"):
        arrange(_table(), "y", cells=())


def test_an_unknown_level_lists_those_that_there_are():
    with pytest.raises(NotEstimableError, match="level 'none'; the table has one, zeros"):
        arrange(_table(), "y").differences("one", "none")


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(RunsTableError, match=r"no column 'cell'\. It has seed, scheme, y"):
        arrange(_table().drop(columns="cell"), "y")


def test_text_among_numbers_is_named():
    with pytest.raises(RunsTableError, match="'y' must hold numbers, but 1 rows hold 'ninety'"):
        arrange(_table().assign(y=["ninety", *range(23)]), "y")
