"""What a table or a call gets wrong is named, with the value."""

import re

import pandas as pd
import pytest

from biasinit.errors import BiasinitError
from biasinit.statistics.inference.arrays import column_numbers
from biasinit.statistics.inference.study_runs import read_runs
from biasinit.statistics.mixed.fitting import fit_mixed
from biasinit.statistics.paired.arrangement import arrange
from biasinit.statistics.speed.analysis import analyse_speed
from biasinit.statistics.speed.hazard import discrete_hazard

TABLE = pd.DataFrame(
    {
        "scheme": ["zeros", "one"] * 4,
        "seed": [0, 0, 1, 1, 2, 2, 3, 3],
        "y": [1.0, 2.0, 1.5, 2.2, 0.9, 2.4, 1.1, 2.0],
        "time": [1, 2, 2, 3, 1, 2, 3, 3],
        "event": [1] * 8,
        "row": range(8),
        "same": ["a"] * 8,
    }
)


def mixed(table=TABLE, formula="y ~ scheme", random=("seed",), **options):
    return fit_mixed(table, formula, random, **options)


def arranged(outcome="y"):
    return arrange(TABLE, outcome, cells=())


CASES = {
    "a column that is not there": (
        lambda: column_numbers(TABLE, "z"),
        "The table has no column 'z'. It has scheme, seed, y",
    ),
    "text where numbers must be": (
        lambda: column_numbers(TABLE, "scheme"),
        "The column 'scheme' must hold numbers, but 8 rows hold",
    ),
    "runs without a scheme": (
        lambda: read_runs(TABLE.drop(columns="scheme")),
        "The table of runs has no column 'scheme'. It has seed, y",
    ),
    "a run without a seed": (
        lambda: read_runs(TABLE.assign(seed=[None, *TABLE["seed"][1:]])),
        "The table of runs lacks values in seed.",
    ),
    "a run twice": (
        lambda: read_runs(pd.concat([TABLE, TABLE.head(1)])),
        "1 runs stand in the table more than once (scheme zeros, seed 0",
    ),
    "what is no formula": (lambda: mixed(formula="y ~ ~ scheme"), "is not a formula. Write for"),
    "a formula without an outcome": (
        lambda: mixed(formula="scheme"),
        "'formula' must have an outcome before '~', got 'scheme'.",
    ),
    "a formula with a column that is not there": (
        lambda: mixed(formula="y ~ z"),
        "The table has no column 'z'. It has scheme",
    ),
    "no complete row": (lambda: mixed(TABLE.assign(y=None)), "No row has a value in all of"),
    "an outcome that is text": (
        lambda: mixed(formula="same ~ scheme"),
        "The column 'same' must hold numbers, but 8 rows hold 'a'. Mend them",
    ),
    "a random term twice": (
        lambda: mixed(random=["seed", "seed"]),
        "'random' names the term seed twice",
    ),
    "a random term of one level": (
        lambda: mixed(random=["same"]),
        "The random term 'same' has a single level",
    ),
    "a random term of a level for each row": (
        lambda: mixed(random=["row"]),
        "The random term 'row' has a level of its own for each of the 8 rows",
    ),
    "an outcome that does not vary": (
        lambda: mixed(TABLE.assign(y=1.0)),
        "The outcome does not vary around the fixed effects",
    ),
    "contrasts of a column that is not there": (
        lambda: arranged("z"),
        "The table has no column 'z'. It has scheme, seed, y",
    ),
    "contrasts with a level that is not there": (
        lambda: arranged().differences("one", "two"),
        "No run has the level 'two'; the table has one, zeros.",
    ),
    "times below 0": (
        lambda: analyse_speed(
            TABLE.assign(epochs_to_threshold=-1.0, reached=True),
            None,
            reference="zeros",
            schemes=("zeros", "one"),
            speed_margin=(0.8, 1.25),
            epochs=3,
            alpha=0.05,
            resamples=10,
            analysis_seed=0,
        ),
        "The column 'epochs_to_threshold' must hold times above 0, got -1.",
    ),
    "a hazard of a column that is not there": (
        lambda: discrete_hazard(TABLE, "z", "event", "scheme", "same", "seed"),
        "The table has no column 'z'. It has scheme, seed, y",
    ),
    "a hazard at broken times": (
        lambda: discrete_hazard(TABLE.assign(time=0.5), "time", "event", "scheme", "same", "seed"),
        "'time' must hold positive whole numbers, got [0.5, 0.5, 0.5, 0.5, 0.5]. Use the position",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_is_named_with_its_value(case):
    call, message = CASES[case]
    with pytest.raises(BiasinitError, match=re.escape(message)):
        call()
