"""A row of the table of verdicts, for tests that change a part of it."""

import dataclasses
import math

from biasinit.reporting.verdicts.verdict_rows import VerdictRow
from biasinit.verdicts import Outcome, Verdict

BASE = VerdictRow(
    outcome=Outcome.ACCURACY, normalization="none", scheme="1.0", reference="zeros",
    cell="all", conditions=1.0, verdict=Verdict.WORSE_BEYOND,
    estimate=-6.93, lower=-10.7, upper=-3.1, level=95.0, interval="difference",
    margin_lower=-0.5, margin_upper=0.5,
    p_adjusted=0.001, p_equivalence_adjusted=0.9, fragile=False, depends_on="",
    p_below=math.nan, p_inside=math.nan, p_above=math.nan,
    smallest_margin=10.1, seeds=20.0,
    seeds_needed=math.nan, seeds_needed_low=math.nan, seeds_needed_high=math.nan,
    runs=40.0, reference_runs=40.0, failed=0.0, reference_failed=0.0,
    events=math.nan, reference_events=math.nan, collapsed=0.0, reference_collapsed=0.0,
    stray=0.0, reference_stray=0.0, undetected=math.nan,
    new_test_set_lower=math.nan, new_test_set_upper=math.nan,
)  # fmt: skip


def row(**changes):
    """Return the row with some values changed."""
    return dataclasses.replace(BASE, **changes)


def opposite(**changes):
    """Return three rows of one scheme: worse at one rate, better at the other, so it depends."""
    whole = row(
        verdict=Verdict.DEPENDS, depends_on="learning_rate", conditions=2.0,
        estimate=-1.6, lower=math.nan, upper=math.nan, **changes,
    )  # fmt: skip
    high = row(cell="learning_rate 0.02", estimate=-4.0, lower=-4.8, upper=-3.2, **changes)
    low = row(
        cell="learning_rate 0.005", verdict=Verdict.BETTER,
        estimate=0.8, lower=0.1, upper=1.5, **changes,
    )  # fmt: skip
    return [whole, low, high]
