"""Tests of one number per seed: single contrasts, and families adjusted by sign flips.

All schemes of a seed start from the same weights and see the same batches, so the difference
``d_s`` between two schemes in seed s, averaged over cells with equal weights, is one independent
observation. A one-sample t-test of d_1..d_S is exact under normality whatever the variances of
the schemes and however runs of one seed correlate; the family is adjusted by sign flips.
"""

import numpy as np
import pandas as pd
import scipy.stats

from biasinit.statistics.inference.arrays import Floats
from biasinit.statistics.inference.multiplicity import benjamini_hochberg
from biasinit.statistics.inference.sign_flips import (
    FlipFamily,
    FlipMethod,
    FlipPlan,
    flip_family,
    varies,
)
from biasinit.statistics.inference.typical_values import with_typical_intervals
from biasinit.statistics.paired.arms import ArmDifferences
from biasinit.streams import Purpose, stream

LEVEL = 0.95  # of plain intervals


def one_sample(differences: Floats) -> pd.DataFrame:
    """Return the one-sample t-test of each column.

    Args:
        differences: (units, contrasts), NaN where a unit does not enter.

    Returns:
        ``seeds, estimate, standard_error, df, t, p, lower, upper``, one row per column. Without
        variation, or with fewer than two units, there is an estimate but no test.

    """
    present = ~np.isnan(differences)
    units = present.sum(axis=0)
    values = np.where(present, differences, 0.0)
    estimate = np.where(units > 0, values.sum(axis=0) / np.maximum(units, 1), np.nan)
    # a mean of exact opposites is zero, not the rounding error of their sum
    estimate = np.where(
        np.abs(estimate) <= 1e-13 * np.abs(values).max(axis=0, initial=0.0), 0.0, estimate
    )
    usable = (units >= 2) & varies(differences)
    around = np.where(present, differences - estimate, 0.0)
    df = np.where(usable, units - 1.0, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.sqrt((around**2).sum(axis=0) / df / units)
        t = estimate / error
    half = error * scipy.stats.t.isf((1 - LEVEL) / 2, df)
    return pd.DataFrame(
        {
            "seeds": units,
            "estimate": estimate,
            "standard_error": error,
            "df": df,
            "t": t,
            "p": 2 * scipy.stats.t.sf(np.abs(t), df),
            "lower": estimate - half,
            "upper": estimate + half,
        }
    )


def family_table(
    differences: Floats, plan: FlipPlan, *, any_failed: bool, name: str
) -> pd.DataFrame:
    """Return one-sample tests with the family-adjusted p-values and simultaneous intervals.

    Args:
        differences: (units, contrasts); all columns form one family.
        plan: of the family.
        any_failed: whether a run of any arm failed, which calls for min-p.
        name: of the family; keys its flips.

    Returns:
        The columns of ``one_sample`` and ``p_adjusted, simultaneous_lower, simultaneous_upper``,
        where p_adjusted <= alpha exactly when the simultaneous interval excludes zero, and
        ``critical``, the |t| that it takes.

    """
    table = one_sample(differences)
    family = flips_of(differences, plan, any_failed=any_failed, name=name)
    half = table["standard_error"].to_numpy() * family.critical
    table["critical"] = family.critical
    table["p_adjusted"] = family.p_adjusted
    table["simultaneous_lower"] = table["estimate"] - half
    table["simultaneous_upper"] = table["estimate"] + half
    return table


def flips_of(differences: Floats, plan: FlipPlan, *, any_failed: bool, name: str) -> FlipFamily:
    """Return the sign-flip family; the arguments are those of ``family_table``."""
    return flip_family(
        differences,
        method=FlipMethod.SMALLEST_P if any_failed else FlipMethod.LARGEST_T,
        alpha=plan.alpha,
        resamples=plan.resamples,
        rng=stream(plan.analysis_seed, 0, Purpose.ANALYSIS, name=f"sign flips, {name}"),
    )


def family_and_cells(differences: ArmDifferences, plan: FlipPlan, *, name: str) -> pd.DataFrame:
    """Return tests of all columns: those over all cells as one family, single cells on their own.

    Single cells are exploratory: they get Benjamini-Hochberg p-values, and their plain interval
    as the simultaneous one. Columns that count failed runs have their plain p-value and interval
    from sign flips.
    """
    whole = differences.over_all_cells
    plain = with_typical_intervals(
        one_sample(differences.values), differences.values, differences.counted, plan, name=name
    )
    family = family_table(
        differences.values[:, whole],
        plan,
        any_failed=bool(differences.failed[whole].any()),
        name=name,
    )
    single = plain[~whole].copy()
    single["p_adjusted"] = benjamini_hochberg(single["p"].to_numpy())
    single["simultaneous_lower"] = single["lower"]
    single["simultaneous_upper"] = single["upper"]
    family.index = pd.Index(np.flatnonzero(whole))
    family[plain.columns] = plain[whole]
    parts = [part for part in (family, single) if len(part)]
    return pd.concat(parts).sort_index()
