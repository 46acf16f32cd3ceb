"""Ratios of restricted mean times to the threshold, compared within seeds.

A run that never reaches the threshold, or diverges before, counts with the whole length T of the
study. The mean over seeds is then the area under the share of runs still waiting (the restricted
mean survival time), which exists whatever is censored at T, and its paired difference needs no
assumption of proportional hazards. The ratio of two restricted means gets its standard error
from leaving out one seed at a time, on the log scale.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import scipy.stats

from biasinit.statistics.inference.arrays import Booleans, Floats
from biasinit.statistics.inference.equivalence import equivalence_columns
from biasinit.statistics.inference.sign_flips import FlipPlan
from biasinit.statistics.inference.study_runs import ALL_CELLS
from biasinit.statistics.inference.typical_values import typical_interval, typical_stream
from biasinit.statistics.paired.arms import ArmDifferences
from biasinit.statistics.paired.arrangement import PairedArray

COLUMNS = (
    *("ratio", "error", "df", "ratio_lower", "ratio_upper"),
    *("ratio_simultaneous_lower", "ratio_simultaneous_upper"),
)


def time_ratios(
    arrays: Mapping[str, PairedArray],
    differences: ArmDifferences,
    critical: Floats,
    plan: FlipPlan,
) -> pd.DataFrame:
    """Return the ratio of each contrast with its intervals.

    Args:
        arrays: restricted times by normalisation.
        differences: the contrasts, with whether a run of either arm failed.
        critical: |t| that each must exceed in its family, NaN for those in none.
        plan: of the family; draws the plain interval where a run failed.

    Returns:
        ``ratio``, its plain and its simultaneous interval, and ``error, df`` of its logarithm. The
        plain interval is by the jackknife, or by sign flips where a run failed; outside the
        family it is the simultaneous one too.

    """
    rows = []
    for place, row in enumerate(differences.labels.itertuples()):
        array = arrays[str(row.normalization)]
        first, second = _complete_pairs(array, str(row.scheme), str(row.reference), str(row.cell))
        ratio, error, df = jackknife_log_ratio(first, second)
        known = df > 0
        plain = _around(ratio, error * float(scipy.stats.t.isf(0.025, df)) if known else np.nan)
        if known and differences.failed[place]:
            interval = typical_interval(
                first,
                second,
                null=1.0,
                resamples=plan.resamples,
                rng=typical_stream(plan.analysis_seed, "speed"),
            )
            plain = max(interval.lower, 0.0), interval.upper
        in_family = not np.isnan(critical[place])
        simultaneous = _around(ratio, error * critical[place]) if in_family else plain
        rows.append((ratio, error, df, *plain, *simultaneous))
    return pd.DataFrame(rows, index=differences.labels.index, columns=list(COLUMNS))


def ratio_equivalence(
    ratios: pd.DataFrame, margin: tuple[float, float], *, family: Booleans
) -> pd.DataFrame:
    """Return two one-sided tests of each ratio against a margin, on the log scale.

    Args:
        ratios: from ``time_ratios``.
        margin: ratios between which two arms are equally fast. It may be asymmetric on the log
            scale, so that its own centre and half width are tested against.
        family: rows adjusted together.

    Returns:
        ``p_equivalence, p_equivalence_adjusted, smallest_margin``: the smallest m > 1 such that
        [1/m, m] would count as equivalence.

    """
    low, high = np.log(margin)
    logs = np.log(ratios["ratio"])
    columns = equivalence_columns(
        logs.to_numpy() - (high + low) / 2,
        ratios["error"].to_numpy(),
        ratios["df"].to_numpy(),
        np.full(len(ratios), (high - low) / 2),
        family=family,
    )
    half = ratios["error"] * scipy.stats.t.isf(0.05, ratios["df"])
    columns["smallest_margin"] = np.exp(np.abs(logs) + half)
    return columns


def jackknife_log_ratio(first: Floats, second: Floats) -> tuple[float, float, float]:
    """Return mean(first) / mean(second), the standard error of its logarithm, and the df.

    Args:
        first: positive values, one per unit.
        second: of the same units.

    """
    count = len(first)
    if count == 0 or first.sum() <= 0 or second.sum() <= 0:
        return float("nan"), float("nan"), float("nan")
    ratio = float(first.sum() / second.sum())
    if count < 2:
        return ratio, float("nan"), float("nan")
    left_out = (first.sum() - first) / (second.sum() - second)
    if not (left_out > 0).all():
        return ratio, float("nan"), float("nan")
    logs = np.log(left_out)
    error = float(np.sqrt((count - 1) / count * ((logs - logs.mean()) ** 2).sum()))
    if error <= 1e-12:
        return ratio, float("nan"), float("nan")
    return ratio, error, count - 1.0


def _complete_pairs(
    array: PairedArray, scheme: str, reference: str, cell: str
) -> tuple[Floats, Floats]:
    """Return the times of two arms in a cell, or over all, for the seeds that have both."""
    if not {scheme, reference} <= set(array.levels):
        return np.zeros(0), np.zeros(0)
    if cell == ALL_CELLS:
        first, second = (array.cell_mean(array.of(name)) for name in (scheme, reference))
    else:
        place = array.cells.index(cell)
        first, second = (array.of(name)[place] for name in (scheme, reference))
    both = np.isfinite(first) & np.isfinite(second)
    return first[both], second[both]


def _around(ratio: float, half: float) -> tuple[float, float]:
    """Return the interval of a ratio that reaches ``half`` to each side on the log scale."""
    with np.errstate(over="ignore"):
        return ratio * np.exp(-half), ratio * np.exp(half)
