"""A row of the table of verdicts, for tests that change a part of it."""

import dataclasses
import math

from biasinit.reporting.verdicts.verdict_rows import VerdictRow
from biasinit.verdicts import Outcome, Verdict

BASE = VerdictRow(
    outcome=Outcome.ACCURACY, normalization="none", scheme="1.0", reference="zeros",
    verdict=Verdict.WORSE,
    estimate=-6.93, lower=-10.7, upper=-3.1, level=95.0,
    margin_lower=-0.5, margin_upper=0.5,
    p_adjusted=0.001, p_equivalence_adjusted=0.9, fragile=False, depends_on="",
    smallest_margin=10.1, seeds=20.0, seeds_needed=math.nan, failed=0.0, reference_failed=0.0,
    runs=40.0, new_test_set_lower=math.nan, new_test_set_upper=math.nan,
)  # fmt: skip


def row(**changes):
    """Return the row with some values changed."""
    return dataclasses.replace(BASE, **changes)
