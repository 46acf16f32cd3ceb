import math

import pandas as pd
from rows import opposite, row

from biasinit.reporting.verdicts.table import verdict_tables
from biasinit.verdicts import Verdict


def test_what_depends_at_own_best_rates_is_not_told_by_the_conditions_of_common_rates(study):
    best = row(
        cell="own best learning rate", verdict=Verdict.DEPENDS, depends_on="architecture",
        conditions=2.0, lower=math.nan, upper=math.nan, collapsed=1.0, runs=40.0,
    )  # fmt: skip
    rows = [*opposite(), best]
    data = pd.DataFrame({"cell": [one.cell for one in rows]})
    whole, single = verdict_tables(rows, study, data=data)
    assert "depends on the learning rate: worse" in whole.rows[0][5].text
    assert single.rows[-1][5].text == (
        "depends on the architecture, and 1 of 40 runs collapsed (zeros: 0 of 40)."
    )
